package migrate_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/migrate"
)

// unproven are rules that are there, under other names, and that hold for new rows only or for none; with the rows that break
// them, and what removes these.
var unproven = []struct{ name, damage, object, rows, clean string }{
	{
		"foreign key", `ALTER TABLE "Simulation" DROP CONSTRAINT "Simulation_user_id_fkey"; INSERT INTO "Simulation" (id, user_id, name, config) VALUES ('s1', 'nobody', 'n', '{}');
			ALTER TABLE "Simulation" ADD CONSTRAINT theirs FOREIGN KEY (user_id) REFERENCES "User" (id) ON UPDATE CASCADE ON DELETE CASCADE NOT VALID`,
		"Simulation: Simulation_user_id_fkey", "1 row breaks it: s1", `DELETE FROM "Simulation"`,
	},
	{
		"check", `ALTER TABLE "MarginGuardConfig" DROP CONSTRAINT chk_margin_threshold_range;
			INSERT INTO "MarginGuardConfig" (id, user_id, margin_threshold) SELECT 'm' || n, 'v' || n, 99 FROM generate_series(1, 7) n;
			ALTER TABLE "MarginGuardConfig" ADD CONSTRAINT theirs CHECK (margin_threshold >= 1 AND margin_threshold <= 50) NOT VALID`,
		"MarginGuardConfig: chk_margin_threshold_range", "7 rows break it: m1, m2, m3, m4, m5", `UPDATE "MarginGuardConfig" SET margin_threshold = 9`,
	},
	{
		"unique index", `DROP INDEX "Plan_slug_key"; CREATE UNIQUE INDEX theirs ON "Plan" (slug); UPDATE pg_index SET indisvalid = false, indisready = false WHERE indexrelid = 'theirs'::regclass;
			INSERT INTO "Plan" (id, name, slug) VALUES ('p1', 'A', 'twice'), ('p2', 'B', 'twice')`,
		"Plan: Plan_slug_key", "2 rows break it: p1, p2", `DELETE FROM "Plan" WHERE slug = 'twice'`,
	},
}

// A rule that is not proven is not the rule, whatever it is called: its rows are counted and named, nothing is changed
// while they are there, and it is proven once they are gone.
func TestVerify_WhatIsNotProvenIsNotThere(t *testing.T) {
	t.Parallel()
	b := setupMigrated(t)
	b.exec(t, `INSERT INTO "User" (id, email, username) SELECT 'v' || n, 'v' || n || '@example.com', 'user' || n FROM generate_series(1, 7) n`)
	for _, u := range unproven {
		b.exec(t, u.damage)
	}
	before := b.catalog(t)
	findings, err := b.m.Verify(b.ctx)
	require.NoError(t, err)
	require.Len(t, findings, len(unproven), "%v", findings)
	for _, u := range unproven {
		f := finding(findings, u.object)
		require.Equal(t, migrate.Invalid, f.Problem, u.object)
		require.Contains(t, f.Actual, "named theirs")
		require.Contains(t, f.Actual, u.rows)
	}
	done, err := b.m.Repair(b.ctx, findings)
	var rows *migrate.ViolationsError
	require.ErrorAs(t, err, &rows)
	require.ErrorIs(t, err, migrate.ErrViolations)
	require.Len(t, rows.Violations, len(unproven))
	require.Empty(t, done)
	require.Equal(t, before, b.catalog(t), "what was there stays")
	for _, u := range unproven {
		b.exec(t, u.clean)
	}
	_, err = b.m.Repair(b.ctx, findings)
	require.NoError(t, err)
	noDrift(t, b)
}

func TestBaseline_AdoptsNothingThatIsNotProven(t *testing.T) {
	t.Parallel()
	b := setupPrisma(t)
	b.exec(t, `ALTER TABLE "MarginGuardConfig" ADD CONSTRAINT chk_margin_threshold_range CHECK (true); INSERT INTO "User" (id, email, username)
		SELECT 'v' || n, 'v' || n || '@example.com', 'user' || n FROM generate_series(1, 7) n`)
	for _, u := range unproven {
		b.exec(t, u.damage)
	}
	a, err := b.m.Baseline(b.ctx, false)
	require.ErrorIs(t, err, migrate.ErrViolations)
	require.Len(t, a.Violations, len(unproven))
	for _, u := range unproven {
		b.exec(t, u.clean)
	}
	_, err = b.m.Baseline(b.ctx, false)
	require.NoError(t, err)
	noDrift(t, b)
}

// PostgreSQL 18 has a NOT NULL that old rows may break.
func TestVerify_ANotNullThatIsNotProven(t *testing.T) {
	t.Parallel()
	b := setupMigrated(t)
	if b.list(t, `SELECT (current_setting('server_version_num')::int >= 180000)::text`)[0] != "true" {
		t.Skip("needs PostgreSQL 18")
	}
	b.exec(t, `ALTER TABLE "AuditLog" ALTER action DROP NOT NULL; INSERT INTO "AuditLog" (id) VALUES ('a1'); ALTER TABLE "AuditLog" ADD CONSTRAINT theirs NOT NULL action NOT VALID`)
	findings, err := b.m.Verify(b.ctx)
	require.NoError(t, err)
	require.Len(t, findings, 1, "%v", findings)
	require.Equal(t, []string{"AuditLog.action", migrate.Invalid}, []string{findings[0].Object, findings[0].Problem})
	require.Contains(t, findings[0].Actual, "1 row breaks it: a1")
	_, err = b.m.Repair(b.ctx, findings)
	require.ErrorIs(t, err, migrate.ErrViolations)
	b.exec(t, `DELETE FROM "AuditLog"`)
	_, err = b.m.Repair(b.ctx, findings)
	require.NoError(t, err)
	noDrift(t, b)
}

// A repair that the rows forbid after all leaves what was there: nobody else's rule is taken away for one that cannot be made.
func TestRepair_ThatFailsLeavesTheOldRule(t *testing.T) {
	t.Parallel()
	b := setupMigrated(t)
	b.exec(t, `ALTER TABLE "Payment" DROP CONSTRAINT chk_payment_amount_positive, ADD CONSTRAINT chk_payment_amount_positive CHECK (amount_sats >= 0)`)
	b.exec(t, `DROP INDEX "Exchange_name_key"; CREATE INDEX "Exchange_name_key" ON "Exchange" (name)`)
	findings, err := b.m.Verify(b.ctx)
	require.NoError(t, err)
	require.Len(t, findings, 2, "%v", findings)
	for _, f := range findings {
		drop, add := strings.Index(f.FixSQL, "_axisor_new"), strings.LastIndex(f.FixSQL, "DROP ")
		require.Less(t, drop, add, "the new one is there before the old one goes: %s", f.FixSQL)
	}
	b.exec(t, `INSERT INTO "Exchange" (id, name, slug) VALUES ('e', 'LN Markets', 'other')`)
	b.exec(t, `INSERT INTO "User" (id, email, username) VALUES ('v', 'v@example.com', 'vic')`)
	b.exec(t, `INSERT INTO "Payment" (id, user_id, amount_sats, lightning_invoice, status, plan_type) VALUES ('p', 'v', 0, 'ln', 'pending', 'basic')`)
	before := b.catalog(t)
	_, err = b.m.Repair(b.ctx, findings)
	require.ErrorIs(t, err, migrate.ErrViolations)
	require.ErrorContains(t, err, `1 row of "Payment" breaks chk_payment_amount_positive: p`)
	require.Equal(t, before, b.catalog(t))
	b.exec(t, `DELETE FROM "Payment"; DELETE FROM "Exchange" WHERE id = 'e'`)
	_, err = b.m.Repair(b.ctx, findings)
	require.NoError(t, err)
	noDrift(t, b)
}

func finding(findings []migrate.Finding, object string) migrate.Finding {
	for _, f := range findings {
		if f.Object == object {
			return f
		}
	}
	return migrate.Finding{}
}
