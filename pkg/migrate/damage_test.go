package migrate_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestVerify_NamesEachDamage damages one thing at a time, all in one database, and wants it named.
func TestVerify_NamesEachDamage(t *testing.T) {
	t.Parallel()
	b := setupMigrated(t)
	for _, d := range []struct{ damage, kind, object string }{
		{`DROP TABLE "Simulation"`, "table", "Simulation"},
		{`ALTER TABLE "User" DROP COLUMN preferences`, "column", "User.preferences"},
		{`ALTER TABLE "User" ADD COLUMN extra text`, "column", "User.extra"},
		{`ALTER TABLE "User" RENAME COLUMN last_login_ip TO ip`, "column", "User.last_login_ip"},
		{`ALTER TABLE "Payment" ALTER COLUMN amount_sats TYPE bigint`, "column", "Payment.amount_sats"},
		{`ALTER TABLE "User" ALTER COLUMN locked_until TYPE timestamp(3)`, "column", "User.locked_until"},
		{`ALTER TABLE "TradeLog" ALTER COLUMN executed_at TYPE timestamptz`, "column", "TradeLog.executed_at"},
		{`ALTER TABLE "User" ALTER COLUMN email DROP NOT NULL`, "column", "User.email"},
		{`ALTER TABLE "User" ALTER COLUMN social_id SET NOT NULL`, "column", "User.social_id"},
		{`ALTER TABLE "User" ALTER COLUMN plan_type DROP DEFAULT`, "column", "User.plan_type"},
		{`ALTER TABLE "User" ALTER COLUMN is_active SET DEFAULT false`, "column", "User.is_active"},
		{`ALTER TABLE "User" ALTER COLUMN id DROP DEFAULT`, "column", "User.id"},
		{`ALTER TYPE "PlanType" ADD VALUE 'gold'`, "enum", "PlanType"},
		{`ALTER TYPE "PlanType" RENAME VALUE 'pro' TO 'expert'`, "enum", "PlanType"},
		{`ALTER TABLE "Payment" DROP CONSTRAINT chk_payment_amount_positive`, "constraint", "Payment: chk_payment_amount_positive"},
		{`ALTER TABLE "MarginGuardConfig" DROP CONSTRAINT chk_margin_threshold_range,
			ADD CONSTRAINT chk_margin_threshold_range CHECK (margin_threshold >= 0)`, "constraint", "MarginGuardConfig: chk_margin_threshold_range"},
		{`ALTER TABLE "User" DROP CONSTRAINT chk_user_username_length, ADD CONSTRAINT chk_user_username_length
			CHECK (char_length(username) >= 3 AND char_length(username) <= 50) NOT VALID`, "constraint", "User: chk_user_username_length"},
		{`ALTER TABLE "TradeLog" DROP CONSTRAINT "TradeLog_user_id_fkey"`, "constraint", "TradeLog: TradeLog_user_id_fkey"},
		{`ALTER TABLE "RefreshToken" DROP CONSTRAINT "RefreshToken_user_id_fkey", ADD CONSTRAINT "RefreshToken_user_id_fkey"
			FOREIGN KEY (user_id) REFERENCES "User"(id) ON DELETE RESTRICT ON UPDATE CASCADE`, "constraint", "RefreshToken: RefreshToken_user_id_fkey"},
		{`ALTER TABLE "AuditLog" DROP CONSTRAINT "AuditLog_pkey"`, "constraint", "AuditLog: AuditLog_pkey"},
		{`ALTER TABLE "TradeLog" ADD CONSTRAINT mine CHECK (pnl < 1e9)`, "constraint", "TradeLog: mine"},
		{`DROP INDEX "User_email_key"`, "index", "User: User_email_key"},
		{`DROP INDEX idx_tradelog_successful`, "index", "TradeLog: idx_tradelog_successful"},
		{
			`DROP INDEX idx_payment_pending; CREATE INDEX idx_payment_pending ON "Payment" (user_id, created_at) WHERE status = 'paid'`,
			"index", "Payment: idx_payment_pending",
		},
		{`DROP INDEX idx_user_created_at; CREATE INDEX idx_user_created_at ON "User" (created_at DESC)`, "index", "User: idx_user_created_at"},
		{`DROP INDEX "User_username_key"; CREATE INDEX "User_username_key" ON "User" (username)`, "index", "User: User_username_key"},
		{`UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_user_plan_type'::regclass`, "index", "User: idx_user_plan_type"},
		{`CREATE INDEX mine ON "User" (social_id)`, "index", "User: mine"},
		{`ALTER TABLE "TradeLog" DISABLE ROW LEVEL SECURITY`, "row_security", "TradeLog"},
		{`ALTER TABLE "User" FORCE ROW LEVEL SECURITY`, "row_security", "User"},
		{`DROP POLICY own_rows ON "UserExchangeAccounts"`, "policy", "UserExchangeAccounts: own_rows"},
		{`ALTER POLICY own_rows ON "Automation" USING (true)`, "policy", "Automation: own_rows"},
		{`ALTER POLICY own_rows ON "TradeLog" TO public`, "policy", "TradeLog: own_rows"},
		{`CREATE POLICY all_rows ON "User" USING (true)`, "policy", "User: all_rows"},
		{`GRANT SELECT ON "User" TO PUBLIC`, "grant", "User"},
		{`GRANT SELECT (credentials) ON "UserExchangeAccounts" TO PUBLIC`, "grant", "UserExchangeAccounts.credentials"},
		{makeStranger + `; ALTER TABLE "Plan" OWNER TO axisor_test_other`, "owner", "Plan"},
	} {
		b.exec(t, d.damage)
		findings, err := b.m.Verify(b.ctx)
		require.NoError(t, err)
		var named []string
		for _, f := range findings {
			named = append(named, f.Kind+" "+f.Object)
		}
		require.Contains(t, named, d.kind+" "+d.object, d.damage)
	}
	b.exec(t, `DROP OWNED BY axisor_test_other CASCADE`)
}
