package migrate_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/migrate"
)

// damage is one thing that is wrong and what verify has to say of it: "kind object problem".
type damage struct{ sql, says string }

// TestVerify_EveryThingOfEveryTable damages each thing of each table, in the schemas of the shared tables, of our own and of
// the queue: one kind of thing at a time, so that verify has to name exactly all of that kind, and its repair has to give
// exactly the schema that was.
func TestVerify_EveryThingOfEveryTable(t *testing.T) {
	t.Parallel()
	b := setupMigrated(t)
	b.exec(t, makeStranger)
	want := b.catalog(t)
	count := 0
	kinds := map[string]func(name, sql string, table *migrate.Table) []damage{
		"indexes": indexDamages, "checks": checkDamages, "keys": keyDamages, "primary keys": primaryDamages, "defaults": defaultDamages,
		"nulls": nullDamages, "policies": policyDamages, "row security": securityDamages, "grants": grantDamages, "rights of others": strangerDamages, "names": renameDamages,
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		var says []string
		var script strings.Builder
		for _, name := range slices.Sorted(maps.Keys(want.Tables)) {
			if name == "axisor.axisor_migrations" && kind == "names" {
				continue // without its columns nothing is known
			}
			for _, d := range kinds[kind](name, sqlName(name), want.Tables[name]) {
				says = append(says, d.says)
				script.WriteString(d.sql + ";\n")
			}
		}
		count += len(says)
		b.exec(t, script.String())
		findings, err := b.m.Verify(b.ctx)
		require.NoError(t, err, kind)
		require.ElementsMatch(t, says, saying(findings), kind)
		_, err = b.m.Repair(b.ctx, findings)
		require.NoError(t, err, kind)
		if kind == "names" {
			require.Empty(t, changed(want, b.catalog(t), says), "no empty twin: %s", kind)
			for _, f := range findings {
				if f.ByHand != "" {
					statement, _, _ := strings.Cut(f.ByHand, "\n")
					b.exec(t, statement)
				}
			}
		}
		noDrift(t, b)
	}
	require.Equal(t, want, b.catalog(t))
	require.Greater(t, count, 300)
}

func sqlName(table string) string {
	if schema, name, ok := strings.Cut(table, "."); ok {
		return schema + "." + name
	}
	return `"` + table + `"`
}

func saying(findings []migrate.Finding) []string {
	said := make([]string, 0, len(findings))
	for _, f := range findings {
		said = append(said, fmt.Sprintf("%s %s %s", f.Kind, f.Object, f.Problem))
	}
	return said
}

// changed lists columns that were to be missing and are there again.
func changed(want, got *migrate.Catalog, says []string) []string {
	var twins []string
	for name, t := range want.Tables {
		for _, c := range t.Columns {
			renamed := slices.Contains(says, "column "+name+"."+c.Name+" missing")
			if renamed && slices.ContainsFunc(got.Tables[name].Columns, func(g migrate.Column) bool { return g.Name == c.Name }) {
				twins = append(twins, name+"."+c.Name)
			}
		}
	}
	return twins
}

func indexDamages(name, sql string, t *migrate.Table) []damage {
	schema := sql[:strings.LastIndex(sql, ".")+1]
	var all []damage
	for _, index := range slices.Sorted(maps.Keys(t.Indexes)) {
		if index == "AutomationType_slug_key" {
			continue // a foreign key refers to it
		}
		all = append(all, damage{fmt.Sprintf(`DROP INDEX %s"%s"`, schema, index), fmt.Sprintf("index %s: %s missing", name, index)})
	}
	return all
}

func constraintDamages(kind, name, sql string, t *migrate.Table) []damage {
	var all []damage
	for _, c := range slices.Sorted(maps.Keys(t.Constraints)) {
		if t.Constraints[c].Kind == kind {
			all = append(all, damage{fmt.Sprintf(`ALTER TABLE %s DROP CONSTRAINT "%s"`, sql, c), fmt.Sprintf("constraint %s: %s missing", name, c)})
		}
	}
	return all
}

func checkDamages(name, sql string, t *migrate.Table) []damage {
	return constraintDamages("c", name, sql, t)
}

func keyDamages(name, sql string, t *migrate.Table) []damage {
	return constraintDamages("f", name, sql, t)
}

// primaryDamages take the keys away that nothing refers to.
func primaryDamages(name, sql string, t *migrate.Table) []damage {
	switch name {
	case "User", "Plan", "Payment", "Exchange", "Automation", "AutomationType", "UserExchangeAccounts", "axisor.guard_run", "axisor.guard_intent":
		return nil
	}
	return constraintDamages("p", name, sql, t)
}

func defaultDamages(name, sql string, t *migrate.Table) []damage {
	var all []damage
	for _, c := range t.Columns {
		if c.Default != "" && c.Identity == "" {
			all = append(all, damage{fmt.Sprintf(`ALTER TABLE %s ALTER "%s" DROP DEFAULT`, sql, c.Name), fmt.Sprintf("column %s.%s different", name, c.Name)})
		}
	}
	return all
}

var referenceTables = map[string]struct{}{"Plan": {}, "PlanLimits": {}, "Exchange": {}, "ExchangeCredentialType": {}, "AutomationType": {}}

// nullDamages damage the first column of a table that may be NULL, and the first that may not and that no key needs.
func nullDamages(name, sql string, t *migrate.Table) []damage {
	var all []damage
	keys := ""
	for _, c := range t.Constraints {
		if c.Kind == "p" {
			keys += c.Definition
		}
	}
	for _, null := range []bool{true, false} {
		if _, reference := referenceTables[name]; reference && null {
			continue // they have rows, with NULLs
		}
		for _, c := range t.Columns {
			if c.NotNull == null || c.Identity != "" || strings.Contains(keys, c.Name) {
				continue
			}
			verb := "DROP"
			if null {
				verb = "SET"
			}
			all = append(all, damage{fmt.Sprintf(`ALTER TABLE %s ALTER "%s" %s NOT NULL`, sql, c.Name, verb), fmt.Sprintf("column %s.%s different", name, c.Name)})
			break
		}
	}
	return all
}

func policyDamages(name, sql string, t *migrate.Table) []damage {
	var all []damage
	for _, p := range slices.Sorted(maps.Keys(t.Policies)) {
		all = append(all, damage{fmt.Sprintf(`ALTER POLICY "%s" ON %s USING (true)`, p, sql), fmt.Sprintf("policy %s: %s different", name, p)})
	}
	return all
}

func securityDamages(name, sql string, t *migrate.Table) []damage {
	if !t.RowSecurity {
		return nil
	}
	return []damage{{fmt.Sprintf(`ALTER TABLE %s DISABLE ROW LEVEL SECURITY`, sql), fmt.Sprintf("row_security %s different", name)}}
}

func grantDamages(name, sql string, _ *migrate.Table) []damage {
	return []damage{{fmt.Sprintf(`GRANT SELECT ON %s TO PUBLIC`, sql), fmt.Sprintf("grant %s different", name)}}
}

// renameDamages rename a column of each table that no rule or policy mentions.
func renameDamages(name, sql string, t *migrate.Table) []damage {
	var rules strings.Builder
	for _, c := range t.Constraints {
		rules.WriteString(c.Definition)
	}
	for _, i := range t.Indexes {
		rules.WriteString(i.Definition)
	}
	for _, c := range t.Columns {
		if c.Name != "id" && !strings.Contains(rules.String(), c.Name) && c.Name != "user_id" {
			return []damage{
				{fmt.Sprintf(`ALTER TABLE %s RENAME "%s" TO theirs`, sql, c.Name), fmt.Sprintf("column %s.%s missing", name, c.Name)},
				{"", fmt.Sprintf("column %s.theirs extra", name)},
			}
		}
	}
	return nil
}

// Rules in another spelling are the same, and a column whose type widens is repaired once.
func TestVerify_AnotherSpellingIsNoDifference(t *testing.T) {
	t.Parallel()
	b := setupMigrated(t)
	b.exec(t, `ALTER TABLE "Payment" DROP CONSTRAINT chk_payment_amount_positive, ADD CONSTRAINT theirs CHECK (0 < amount_sats);
		DROP INDEX "Plan_slug_key"; ALTER TABLE "Plan" ADD CONSTRAINT theirs UNIQUE (slug);
		ALTER TABLE "MarginGuardConfig" DROP CONSTRAINT chk_margin_threshold_range, ADD CHECK (1::double precision <= margin_threshold AND 50 >= margin_threshold);
		ALTER TABLE axisor.guard_watch DROP CONSTRAINT chk_guard_watch_side, ADD CHECK (side IN ('buy', 'sell'))`)
	noDrift(t, b)
	b.exec(t, `DROP INDEX idx_payment_pending; CREATE INDEX pending ON "Payment" (user_id, created_at) WHERE status = 'pending'::varchar`)
	b.exec(t, `ALTER TABLE "User" ALTER username TYPE varchar(255); ALTER TABLE "Payment" ALTER status TYPE varchar(20); ALTER TABLE "Payment" ALTER expires_at TYPE timestamp(3)`)
	findings, err := b.m.Verify(b.ctx)
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"column User.username different", "column Payment.status different", "column Payment.expires_at different"}, saying(findings))
	_, err = b.m.Repair(b.ctx, findings)
	require.NoError(t, err)
	noDrift(t, b)
	for _, other := range []string{
		`DROP INDEX "Exchange_slug_key"; ALTER TABLE "Exchange" ADD CONSTRAINT late UNIQUE (slug) DEFERRABLE`,
		`ALTER TABLE axisor.guard_intent DROP CONSTRAINT chk_guard_intent_amount, ADD CHECK (0 <= amount_sats)`,
	} {
		b.exec(t, other)
		findings, err := b.m.Verify(b.ctx)
		require.NoError(t, err)
		require.NotEmpty(t, findings, "this means something else: %s", other)
	}
}

// What is missing beside something that nobody knows is asked for and not made.
func TestRepair_MakesNoEmptyTwin(t *testing.T) {
	t.Parallel()
	b := setupMigrated(t)
	b.exec(t, `ALTER TABLE "Simulation" RENAME TO sims; ALTER TYPE "PlanType" RENAME VALUE 'pro' TO 'expert'; ALTER TABLE axisor.guard_rate RENAME TO rate;
		ALTER TABLE "Notification" RENAME channel_config TO settings; ALTER TABLE "Notification" ALTER settings TYPE json`)
	before := b.catalog(t)
	findings, err := b.m.Verify(b.ctx)
	require.NoError(t, err)
	_, err = b.m.Repair(b.ctx, findings)
	require.NoError(t, err)
	require.Equal(t, before, b.catalog(t), "%v", findings)
	b.exec(t, `ALTER TABLE "Notification" ALTER settings TYPE jsonb`)
	findings, err = b.m.Verify(b.ctx)
	require.NoError(t, err)
	for _, f := range findings {
		if f.ByHand != "" {
			statement, _, _ := strings.Cut(f.ByHand, "\n")
			b.exec(t, statement)
		}
	}
	noDrift(t, b)
}
