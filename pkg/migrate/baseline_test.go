package migrate_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/migrate"
)

// setupPrisma gives a database as Prisma makes it, with two users and a payment.
func setupPrisma(t *testing.T) *testBundle {
	t.Helper()
	raw, err := os.ReadFile("../../test/prisma/prisma_schema.sql")
	require.NoError(t, err)
	b := setupEmpty(t)
	b.exec(t, string(raw))
	b.exec(t, `INSERT INTO "User" (id, email, username) VALUES ('u1', 'ana@example.com', 'ana'), ('u2', 'bob@example.com', 'bob')`)
	b.exec(t, `INSERT INTO "Payment" (id, user_id, plan_type, amount_sats, lightning_invoice, payment_hash, status, expires_at)
		VALUES ('p1', 'u1', 'pro', 500, 'lnbc1', 'h', 'pending', now())`)
	b.exec(t, `INSERT INTO "Exchange" (id, name, slug) VALUES ('mine', 'LN Markets', 'lnmarkets')`)
	return b
}

// files tells which file each table of the design is in: a table that is written anew gets another.
func (b *testBundle) filesOfTables(t *testing.T) []string {
	t.Helper()
	return b.list(t, `SELECT relname || ' ' || pg_relation_filenode(oid) FROM pg_class
		WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname ~ '^[A-Z]' ORDER BY 1`)
}

func noDrift(t *testing.T, b *testBundle) {
	t.Helper()
	findings, err := b.m.Verify(b.ctx)
	require.NoError(t, err)
	require.Empty(t, findings)
}

const prismaTable = `CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz,
	migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz, started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count int NOT NULL DEFAULT 0);
	INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at) VALUES ('1', 'x', 'init', now());
	INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('2', 'x', 'broken')`

func TestBaseline_AdoptsWhatPrismaMade(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]string{
		"as it is":           ``,
		"with its history":   prismaTable,
		"with some indexes":  `CREATE INDEX idx_user_username ON "User" (username); CREATE INDEX of_mine ON "User" (created_at)`,
		"with an unfinished": `CREATE INDEX idx_user_username ON "User" (username); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_user_username'::regclass`,
		"with checks":        `ALTER TABLE "Payment" ADD CONSTRAINT chk_payment_amount_positive CHECK (amount_sats > 0) NOT VALID`,
		"with row security":  `ALTER TABLE "User" ENABLE ROW LEVEL SECURITY`,
		"models only": `DROP TABLE "AuditLog", "Simulation", "Notification", "BacktestReport", "ExchangeCredentialType";
			ALTER TABLE "User" DROP COLUMN email_verification_token, DROP COLUMN password_reset_token, DROP COLUMN preferences`,
		"a default and a null": `ALTER TABLE "User" ALTER COLUMN plan_type DROP DEFAULT, ALTER COLUMN is_active DROP NOT NULL`,
		"an enum too short": `ALTER TYPE "PlanType" RENAME TO old; CREATE TYPE "PlanType" AS ENUM ('free', 'basic', 'advanced', 'pro');
			DO $$ DECLARE c record; BEGIN
				FOR c IN SELECT attrelid::regclass AS t, attname FROM pg_attribute WHERE atttypid = 'old'::regtype AND attrelid IN (SELECT oid FROM pg_class WHERE relkind = 'r') LOOP
					EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT, ALTER COLUMN %I TYPE "PlanType" USING %I::text::"PlanType"', c.t, c.attname, c.attname, c.attname);
				END LOOP; END $$; DROP TYPE old; ALTER TABLE "User" ALTER COLUMN plan_type SET DEFAULT 'free'`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setupPrisma(t)
			b.exec(t, prepare)
			before := b.filesOfTables(t)
			plan, err := b.m.Baseline(b.ctx, true)
			require.NoError(t, err)
			require.NotEmpty(t, plan.Steps)
			require.NotEmpty(t, plan.Pending)
			require.Equal(t, before, b.filesOfTables(t), "a dry run changes nothing")
			current, _, err := b.m.Version(b.ctx)
			require.NoError(t, err)
			require.Zero(t, current)

			done, err := b.m.Baseline(b.ctx, false)
			require.NoError(t, err)
			require.Equal(t, plan.Steps, done.Steps)
			require.EqualValues(t, 12, done.Applied[0].Version, "rows come after the tables")
			noDrift(t, b)
			require.Subset(t, b.filesOfTables(t), before, "no table was written anew")
			require.Equal(t, []string{"mine"}, b.list(t, `SELECT id FROM "Exchange"`), "rows stay as they are")
			require.Equal(t, strings.Contains(prepare, "_prisma_migrations"), done.Prisma.Present)
			if done.Prisma.Present {
				require.Equal(t, []int{1, 1}, []int{done.Prisma.Applied, done.Prisma.Failed})
			}

			again, err := b.m.Baseline(b.ctx, false)
			require.NoError(t, err)
			require.Empty(t, again.Steps)
			require.Empty(t, again.Applied)
			up, err := b.m.Up(b.ctx)
			require.NoError(t, err)
			require.Empty(t, up)
		})
	}
}

func TestBaseline_CountsTheRowsThatBreakARuleAndStops(t *testing.T) {
	t.Parallel()
	b := setupPrisma(t)
	b.exec(t, `INSERT INTO "User" (id, email, username) VALUES ('u3', 'no address', 'x')`)
	b.exec(t, `UPDATE "Payment" SET amount_sats = 0`)
	b.exec(t, `DROP INDEX "Plan_slug_key"`)
	b.exec(t, `INSERT INTO "Plan" (id, name, slug) VALUES ('a', 'A', 'twice'), ('b', 'B', 'twice')`)
	b.exec(t, `ALTER TABLE "Payment" DROP CONSTRAINT "Payment_user_id_fkey"; INSERT INTO "Payment" (id, user_id, plan_type, amount_sats, lightning_invoice, payment_hash, status, expires_at)
		VALUES ('orphan', 'nobody', 'pro', 500, 'lnbc1', 'h', 'paid', now())`)
	before := b.catalog(t)
	a, err := b.m.Baseline(b.ctx, false)
	require.ErrorIs(t, err, migrate.ErrViolations)
	require.ElementsMatch(t, []migrate.Violation{
		{Table: "Payment", Rule: "Payment_user_id_fkey", Rows: 1, Examples: []string{"orphan"}},
		{Table: "Payment", Rule: "chk_payment_amount_positive", Rows: 1, Examples: []string{"p1"}},
		{Table: "User", Rule: "chk_user_email_format", Rows: 1, Examples: []string{"u3"}},
		{Table: "User", Rule: "chk_user_username_length", Rows: 1, Examples: []string{"u3"}},
		{Table: "Plan", Rule: "Plan_slug_key", Rows: 2, Examples: []string{"a", "b"}},
	}, a.Violations)
	require.Equal(t, before, b.catalog(t), "nothing was changed")

	b.exec(t, `DELETE FROM "User" WHERE id = 'u3'; DELETE FROM "Payment" WHERE id = 'orphan'; UPDATE "Payment" SET amount_sats = 1; DELETE FROM "Plan"`)
	_, err = b.m.Baseline(b.ctx, false)
	require.NoError(t, err)
	noDrift(t, b)
}

func TestBaseline_Refuses(t *testing.T) {
	t.Parallel()
	b := setupEmpty(t)
	_, err := b.m.Baseline(b.ctx, false)
	require.ErrorIs(t, err, migrate.ErrNothingToAdopt)
	b.exec(t, `CREATE TABLE "User" (id text)`)
	_, err = b.m.Baseline(b.ctx, false)
	require.ErrorIs(t, err, migrate.ErrNothingToAdopt, "a table of that name alone is anybody's")

	b = setupEmpty(t)
	_, err = b.m.UpTo(b.ctx, 5)
	require.NoError(t, err)
	_, err = b.m.Baseline(b.ctx, false)
	require.ErrorIs(t, err, migrate.ErrOwnSchema)

	b = setupPrisma(t)
	b.exec(t, `ALTER TABLE "Payment" ALTER COLUMN amount_sats TYPE bigint; ALTER TABLE "TradeLog" DROP COLUMN status`)
	a, err := b.m.Baseline(b.ctx, false)
	require.ErrorIs(t, err, migrate.ErrCannotAdopt)
	require.Len(t, a.Blocking, 2)
	require.Equal(t, "Payment.amount_sats", a.Blocking[0].Object)

	b = setupPrisma(t)
	b.exec(t, `ALTER TABLE "Payment" DROP CONSTRAINT "Payment_user_id_fkey",
		ADD CONSTRAINT "Payment_user_id_fkey" FOREIGN KEY (user_id) REFERENCES "User"(id) ON DELETE CASCADE; ALTER TABLE "User" ADD COLUMN role text`)
	a, err = b.m.Baseline(b.ctx, false)
	require.NoError(t, err)
	require.Len(t, a.Kept, 2, "another action and a further column are told and left")
}

// mappedNames are the names of the web application's own schema.
const mappedNames = `ALTER TABLE "AuditLog" RENAME TO audit_logs; ALTER TABLE "Exchange" RENAME TO exchanges;
	ALTER TABLE "ExchangeCredentialType" RENAME TO exchange_credential_types; ALTER TABLE "UserExchangeCredentials" RENAME TO user_exchange_credentials;
	ALTER TABLE "UserExchangeAccounts" RENAME TO user_exchange_accounts; ALTER TABLE "MarginGuardConfig" RENAME TO margin_guard_configs;
	ALTER TABLE "Plan" RENAME TO plans; ALTER TABLE "PlanLimits" RENAME TO plan_limits; ALTER TABLE "Simulation" RENAME TO simulations`

func TestBaseline_RefusesTheApplicationsNamesAndVerifyListsThem(t *testing.T) {
	t.Parallel()
	b := setupPrisma(t)
	b.exec(t, mappedNames)
	before := b.catalog(t)
	_, err := b.m.Baseline(b.ctx, false)
	require.ErrorIs(t, err, migrate.ErrApplicationNames)
	require.ErrorContains(t, err, "user_exchange_accounts")
	require.Equal(t, before, b.catalog(t))

	findings, err := b.m.VerifyApplication(b.ctx)
	require.NoError(t, err)
	require.Equal(t, migrate.Finding{Kind: "table", Object: "AuditLog", Problem: migrate.Different, Expected: "AuditLog", Actual: "audit_logs"}, findings[0])
	require.Equal(t, "table", findings[8].Kind)
	for _, f := range findings[9:] {
		require.NotEqual(t, "table", f.Kind, f)
		require.NotEqual(t, "column", f.Kind, f)
		require.False(t, f.Kind == "constraint" && !strings.Contains(f.Object, "chk_"), "keys are compared under the design's names: %v", f)
		require.Empty(t, f.FixSQL, "nothing is guessed")
	}
}
