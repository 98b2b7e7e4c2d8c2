package migrate_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestVerify_NamesEachDamage damages one thing at a time, all in one database, and wants exactly that named beside what was
// named before.
func TestVerify_NamesEachDamage(t *testing.T) {
	t.Parallel()
	b := setupMigrated(t)
	var before []string
	for _, d := range []struct{ damage, says string }{
		{`DROP TABLE "Simulation"`, "table Simulation missing|constraint Simulation: Simulation_pkey missing|index Simulation: idx_simulation_user_id missing|constraint Simulation: Simulation_user_id_fkey missing|policy Simulation: own_rows missing|row_security Simulation different"},
		{`ALTER TABLE "User" DROP COLUMN preferences`, "column User.preferences missing"},
		{`ALTER TABLE "User" ADD COLUMN extra text`, "column User.extra extra"},
		{`ALTER TABLE "User" RENAME COLUMN last_login_ip TO ip`, "column User.last_login_ip missing|column User.ip extra"},
		{`ALTER TABLE "Payment" ALTER COLUMN amount_sats TYPE bigint`, "column Payment.amount_sats different"},
		{`ALTER TABLE "User" ALTER COLUMN locked_until TYPE timestamp(3)`, "column User.locked_until different"},
		{`ALTER TABLE "TradeLog" ALTER COLUMN executed_at TYPE timestamptz`, "column TradeLog.executed_at different"},
		{`ALTER TABLE "User" ALTER COLUMN email DROP NOT NULL`, "column User.email different"},
		{`ALTER TABLE "User" ALTER COLUMN social_id SET NOT NULL`, "column User.social_id different"},
		{`ALTER TABLE "User" ALTER COLUMN plan_type DROP DEFAULT`, "column User.plan_type different"},
		{`ALTER TABLE "User" ALTER COLUMN is_active SET DEFAULT false`, "column User.is_active different"},
		{`ALTER TABLE "User" ALTER COLUMN id DROP DEFAULT`, "column User.id different"},
		{`ALTER TYPE "PlanType" ADD VALUE 'gold'`, "enum PlanType different"},
		{`ALTER TYPE "PlanType" RENAME VALUE 'pro' TO 'expert'`, "enum PlanType different"},
		{`ALTER TABLE "Payment" DROP CONSTRAINT chk_payment_amount_positive`, "constraint Payment: chk_payment_amount_positive missing"},
		{`ALTER TABLE "MarginGuardConfig" DROP CONSTRAINT chk_margin_threshold_range,
			ADD CONSTRAINT chk_margin_threshold_range CHECK (margin_threshold >= 0)`, "constraint MarginGuardConfig: chk_margin_threshold_range different"},
		{`ALTER TABLE "User" DROP CONSTRAINT chk_user_username_length, ADD CONSTRAINT chk_user_username_length
			CHECK (char_length(username) >= 3 AND char_length(username) <= 50) NOT VALID`, "constraint User: chk_user_username_length invalid"},
		{`ALTER TABLE "TradeLog" DROP CONSTRAINT "TradeLog_user_id_fkey"`, "constraint TradeLog: TradeLog_user_id_fkey missing"},
		{`ALTER TABLE "RefreshToken" DROP CONSTRAINT "RefreshToken_user_id_fkey", ADD CONSTRAINT "RefreshToken_user_id_fkey"
			FOREIGN KEY (user_id) REFERENCES "User"(id) ON DELETE RESTRICT ON UPDATE CASCADE`, "constraint RefreshToken: RefreshToken_user_id_fkey different"},
		{`ALTER TABLE "AuditLog" DROP CONSTRAINT "AuditLog_pkey"`, "constraint AuditLog: AuditLog_pkey missing"},
		{`ALTER TABLE "TradeLog" ADD CONSTRAINT mine CHECK (pnl < 1e9)`, "constraint TradeLog: mine extra"},
		{`DROP INDEX "User_email_key"`, "index User: User_email_key missing"},
		{`DROP INDEX idx_tradelog_successful`, "index TradeLog: idx_tradelog_successful missing"},
		{
			`DROP INDEX idx_payment_pending; CREATE INDEX idx_payment_pending ON "Payment" (user_id, created_at) WHERE status = 'paid'`,
			"index Payment: idx_payment_pending different",
		},
		{`DROP INDEX idx_user_created_at; CREATE INDEX idx_user_created_at ON "User" (created_at DESC)`, "index User: idx_user_created_at different"},
		{`DROP INDEX "User_username_key"; CREATE INDEX "User_username_key" ON "User" (username)`, "index User: User_username_key different"},
		{`UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_user_plan_type'::regclass`, "index User: idx_user_plan_type invalid"},
		{`CREATE INDEX mine ON "User" (social_id)`, "index User: mine extra"},
		{`ALTER TABLE "TradeLog" DISABLE ROW LEVEL SECURITY`, "row_security TradeLog different"},
		{`ALTER TABLE "User" FORCE ROW LEVEL SECURITY`, "row_security User different"},
		{`DROP POLICY own_rows ON "UserExchangeAccounts"`, "policy UserExchangeAccounts: own_rows missing"},
		{`ALTER POLICY own_rows ON "Automation" USING (true)`, "policy Automation: own_rows different"},
		{`ALTER POLICY own_rows ON "TradeLog" TO public`, "policy TradeLog: own_rows different"},
		{`CREATE POLICY all_rows ON "User" USING (true)`, "policy User: all_rows extra"},
		{`GRANT SELECT ON "User" TO PUBLIC`, "grant User different"},
		{`GRANT SELECT (credentials) ON "UserExchangeAccounts" TO PUBLIC`, "grant UserExchangeAccounts.credentials different"},
		{makeStranger + `; ALTER TABLE "Plan" OWNER TO axisor_test_other`, "owner Plan different"},
	} {
		b.exec(t, d.damage)
		findings, err := b.m.Verify(b.ctx)
		require.NoError(t, err)
		now := saying(findings)
		says := strings.Split(d.says, "|")
		require.Subset(t, now, says, d.damage)
		require.ElementsMatch(t, minus(says, before), minus(now, before), d.damage)
		require.Subset(t, now, before, d.damage)
		before = now
	}
	b.exec(t, `DROP OWNED BY axisor_test_other CASCADE`)
}

// minus gives what is in a list and not in another.
func minus(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}
