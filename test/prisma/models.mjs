// Writes and reads every model through a generated client.
import assert from 'node:assert/strict';
import { PrismaPg } from '@prisma/adapter-pg';
import { Prisma, PrismaClient } from '@prisma/client';

// In this order every row finds the rows it refers to.
const order = ['User', 'Exchange', 'AutomationType', 'Plan', 'RefreshToken', 'SecurityAuditLog', 'AuditLog',
  'ExchangeCredentialType', 'UserExchangeCredentials', 'UserExchangeAccounts', 'Automation', 'TradeLog',
  'MarginGuardConfig', 'Payment', 'PlanLimits', 'Notification', 'BacktestReport', 'Simulation'];

// Columns whose value the database checks, and columns that refer to another row.
const special = {
  'User.email': () => 'prisma@example.com',
  'User.username': () => 'prisma',
  'MarginGuardConfig.margin_threshold': () => 12.5,
  'MarginGuardConfig.selected_positions': () => ['a', 'b "quoted", {c}'],
  'Automation.type': (rows) => rows.AutomationType.slug,
};
const reference = {
  user_id: 'User', exchange_id: 'Exchange', automation_id: 'Automation', plan_id: 'Plan',
  user_exchange_account_id: 'UserExchangeAccounts',
};

function value(model, field, rows) {
  const name = `${model}.${field.name}`;
  if (special[name]) return special[name](rows);
  if (reference[field.name]) return rows[reference[field.name]].id;
  if (field.kind === 'enum') return 'advanced';
  switch (field.type) {
    case 'String': return `${name} ünïcødé 'quoted'`;
    case 'Int': return 2147483647;
    case 'Float': return 0.1 + 0.2;
    case 'Boolean': return true;
    case 'DateTime': return new Date('2026-08-12T09:30:00.123Z');
    case 'Json': return { n: 12345678901.5, list: [1, null, 'x'], nested: { yes: true } };
    default: throw new Error(`${name}: no value for type ${field.type}`);
  }
}

// create writes every column of every model and reads it back.
async function create(client) {
  const rows = {};
  let columns = 0;
  for (const model of order) {
    const { fields } = Prisma.dmmf.datamodel.models.find((m) => m.name === model);
    const delegate = client[model[0].toLowerCase() + model.slice(1)];
    const data = {};
    for (const field of fields) {
      if (field.kind !== 'object' && field.name !== 'id') data[field.name] = value(model, field, rows);
    }
    const made = await delegate.create({ data });
    assert.match(made.id, /^[0-9a-f-]{36}$/, `${model}: the database makes the id`);
    const read = await delegate.findUniqueOrThrow({ where: { id: made.id } });
    assert.deepEqual(read, { id: made.id, ...data }, model);
    const touched = data.updated_at ? 'updated_at' : 'created_at';
    const later = new Date('2026-08-13T00:00:00Z');
    const updated = await delegate.update({ where: { id: made.id }, data: { [touched]: later } });
    assert.deepEqual(updated[touched], later, model);
    rows[model] = read;
    columns += fields.filter((f) => f.kind !== 'object').length;
  }
  return { rows, columns };
}

// defaults: what the design leaves to the database, the database fills in.
async function defaults(client) {
  const user = await client.user.create({ data: { email: 'bare@example.com', username: 'bare' } });
  assert.deepEqual([user.plan_type, user.is_active, user.email_verified, user.login_attempts], ['free', true, false, 0]);
  assert.ok(Math.abs(user.created_at - Date.now()) < 10 * 60 * 1000, 'created_at is now, in UTC');
  const guard = await client.marginGuardConfig.create({ data: { user_id: user.id } });
  assert.deepEqual([guard.mode, guard.margin_threshold, guard.add_margin_percentage, guard.selected_positions],
    ['global', 10, 20, []]);
  await client.user.delete({ where: { id: user.id } });
  assert.equal(await client.marginGuardConfig.count({ where: { user_id: user.id } }), 0, 'deletes cascade');
}

// queries are those the design shows, and the errors its application relies on.
async function queries(client, rows) {
  const user = await client.user.findUnique({
    where: { id: rows.User.id },
    include: { automations: { where: { is_active: true }, include: { user_exchange_account: { include: { exchange: true } } } } },
  });
  assert.equal(user.automations[0].user_exchange_account.exchange.id, rows.Exchange.id);
  const log = { user_id: rows.User.id, trade_id: 't', status: 'success', executed_at: new Date() };
  const { count } = await client.tradeLog.createMany({
    data: [{ id: 'fixed', ...log }, { id: 'fixed', ...log }, log], skipDuplicates: true,
  });
  assert.equal(count, 2);
  const page = await client.tradeLog.findMany({
    where: { user_id: rows.User.id }, orderBy: { executed_at: 'desc' }, take: 2, skip: 1,
    select: { id: true, trade_id: true, status: true, pnl: true },
  });
  assert.equal(page.length, 2);
  const code = (expected) => (error) => error.code === expected;
  await assert.rejects(client.user.create({ data: { email: rows.User.email, username: 'other' } }), code('P2002'));
  await assert.rejects(client.userExchangeAccounts.delete({ where: { id: rows.UserExchangeAccounts.id } }), code('P2003'));
  await assert.rejects(client.payment.update({ where: { id: rows.Payment.id }, data: { amount_sats: 0 } }));
  await client.user.delete({ where: { id: rows.User.id } });
  assert.equal((await client.auditLog.findUnique({ where: { id: rows.AuditLog.id } })).user_id, null);
  assert.equal(await client.automation.count(), 0);
}

export async function models(url) {
  assert.deepEqual([...order].sort(), Object.keys(Prisma.ModelName).sort(), 'every model is covered');
  const client = new PrismaClient({ adapter: new PrismaPg({ connectionString: url }) });
  const { rows, columns } = await create(client);
  await defaults(client);
  await queries(client, rows);
  await client.$disconnect();
  return `Prisma's client wrote and read ${order.length} models, ${columns} columns`;
}
