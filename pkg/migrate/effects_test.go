package migrate_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/migrate"
)

// What changes a write is named exactly, repaired when that takes nothing from anybody, and left to a person otherwise:
// repair is then what the person does.
func TestVerify_NamesWhatChangesAWrite(t *testing.T) {
	t.Parallel()
	b := setupMigrated(t)
	b.exec(t, `CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`)
	for _, d := range []struct{ damage, kind, object, problem, repair string }{
		{`ALTER TABLE "Simulation" DISABLE TRIGGER ALL`, "constraint", "Simulation: Simulation_user_id_fkey", migrate.Invalid, ""},
		{`ALTER TABLE axisor.guard_watch DISABLE TRIGGER ALL`, "constraint", "axisor.guard_watch: guard_watch_account_id_fkey", migrate.Invalid, ""},
		{`ALTER TABLE "Plan" DISABLE TRIGGER ALL`, "constraint", "PlanLimits: PlanLimits_plan_id_fkey", migrate.Invalid, ""},
		{`ALTER TABLE "Automation" ENABLE REPLICA TRIGGER "RI_ConstraintTrigger_c_%"`, "constraint", "Automation: Automation_type_fkey", migrate.Invalid, ""},
		{`CREATE TRIGGER theirs BEFORE INSERT ON "Payment" FOR EACH ROW EXECUTE FUNCTION note()`, "trigger", "Payment: theirs", migrate.Extra, `DROP TRIGGER theirs ON "Payment"`},
		{
			`CREATE TRIGGER theirs AFTER UPDATE ON axisor.guard_intent EXECUTE FUNCTION note()`, "trigger", "axisor.guard_intent: theirs", migrate.Extra,
			`DROP TRIGGER theirs ON axisor.guard_intent`,
		},
		{`CREATE RULE theirs AS ON DELETE TO "AuditLog" DO INSTEAD NOTHING`, "rule", "AuditLog: theirs", migrate.Extra, `DROP RULE theirs ON "AuditLog"`},
		{`CREATE TABLE child () INHERITS ("TradeLog")`, "inheritance", "TradeLog", migrate.Extra, `DROP TABLE child`},
		{`ALTER TABLE "BacktestReport" SET UNLOGGED`, "table", "BacktestReport", migrate.Different, ""},
		{`ALTER TABLE axisor.guard_rate SET UNLOGGED`, "table", "axisor.guard_rate", migrate.Different, ""},
		{`ALTER TABLE "User" ALTER email TYPE text COLLATE "C"`, "column", "User.email", migrate.Different, ""},
		{
			`ALTER TABLE "User" RENAME last_login_ip TO login_ip`, "column", "User.last_login_ip", migrate.Missing,
			`ALTER TABLE "User" RENAME login_ip TO last_login_ip`,
		},
	} {
		if d.object == "Automation: Automation_type_fkey" {
			d.damage = b.list(t, `SELECT format('ALTER TABLE "Automation" ENABLE REPLICA TRIGGER %I', tgname) FROM pg_trigger
				WHERE tgrelid = '"Automation"'::regclass AND tgconstraint = (SELECT oid FROM pg_constraint WHERE conname = 'Automation_type_fkey') LIMIT 1`)[0]
		}
		b.exec(t, d.damage)
		findings, err := b.m.Verify(b.ctx)
		require.NoError(t, err)
		var found *migrate.Finding
		for i, f := range findings {
			if f.Kind == d.kind && f.Object == d.object && f.Problem == d.problem {
				found = &findings[i]
			}
		}
		require.NotNil(t, found, "%s: %v", d.damage, findings)
		require.Equal(t, d.repair == "", found.FixSQL != "", found.FixSQL)
		_, err = b.m.Repair(b.ctx, findings)
		require.NoError(t, err, d.damage)
		if d.repair != "" {
			left, err := b.m.Verify(b.ctx)
			require.NoError(t, err)
			require.Len(t, left, len(findings), "a repair takes nothing from anybody: %s", d.damage)
			b.exec(t, d.repair)
		}
		findings, err = b.m.Verify(b.ctx)
		require.NoError(t, err)
		require.Empty(t, findings, d.damage)
	}
}

// A foreign key that was off is not believed: the rows that came meanwhile stop it, and nothing is changed.
func TestRepair_DoesNotBelieveWhatCameMeanwhile(t *testing.T) {
	t.Parallel()
	b := setupMigrated(t)
	b.exec(t, `ALTER TABLE "Simulation" DISABLE TRIGGER ALL; INSERT INTO "Simulation" (id, user_id, name, config) VALUES ('s', 'nobody', 'n', '{}')`)
	findings, err := b.m.Verify(b.ctx)
	require.NoError(t, err)
	_, err = b.m.Repair(b.ctx, findings)
	require.ErrorContains(t, err, "Simulation_user_id_fkey")
	findings, err = b.m.Verify(b.ctx)
	require.NoError(t, err)
	require.Len(t, findings, 1, "the rule holds for new rows, and is named until the old ones are gone")
	b.exec(t, `DELETE FROM "Simulation"`)
	_, err = b.m.Repair(b.ctx, findings)
	require.NoError(t, err)
	findings, err = b.m.Verify(b.ctx)
	require.NoError(t, err)
	require.Empty(t, findings)
}
