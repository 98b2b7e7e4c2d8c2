// Prints what `axisor user list -o json` prints, through the generated client: the rival of bench/prisma.
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '@prisma/client';

const client = new PrismaClient({ adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL }) });
const items = await client.user.findMany({
  take: 50,
  orderBy: [{ created_at: 'desc' }, { id: 'desc' }],
  select: {
    id: true, email: true, username: true, plan_type: true, is_active: true, email_verified: true, two_factor_enabled: true,
    login_attempts: true, locked_until: true, last_login_at: true, last_login_ip: true, social_provider: true,
    preferences: true, created_at: true, updated_at: true,
  },
});
console.log(JSON.stringify({ items }));
await client.$disconnect();
