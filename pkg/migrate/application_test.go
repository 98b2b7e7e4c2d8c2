package migrate_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/migrate"
)

// A database in the web application's naming becomes one that verify has nothing to say about: indexes, checks, policies
// and tables of our own are added, and nothing of the application's is renamed, written anew, or dropped.
func TestBaseline_InTheWebApplicationsNaming(t *testing.T) {
	t.Parallel()
	b := setupEmpty(t)
	b.exec(t, testdb.Webapp)
	b.exec(t, `INSERT INTO "User" (id, email, username) VALUES ('u1', 'ana@example.com', 'ana'), ('u2', 'bob@example.com', 'bob');
		INSERT INTO exchanges (id, name, slug) VALUES ('mine', 'LN Markets', 'lnmarkets');
		INSERT INTO user_exchange_accounts (id, user_id, exchange_id, credentials) VALUES ('a1', 'u1', 'mine', '{}'), ('a2', 'u2', 'mine', '{}');
		INSERT INTO margin_guard_configs (id, user_id, margin_threshold) VALUES ('g1', 'u1', 60)`)
	const tables = `SELECT relname || ' ' || pg_relation_filenode(oid) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1`
	before := b.list(t, tables)

	_, err := b.m.Baseline(b.ctx, false)
	require.ErrorIs(t, err, migrate.ErrApplicationNames, "values have another meaning there")
	require.ErrorContains(t, err, "user_exchange_accounts")
	m, err := migrate.New(b.db, migrate.Options{ApplicationNames: true})
	require.NoError(t, err)
	a, err := m.Baseline(b.ctx, true)
	require.ErrorIs(t, err, migrate.ErrViolations)
	require.Equal(t, []migrate.Violation{{Table: "MarginGuardConfig", Rule: "chk_margin_threshold_range", Rows: 1, Examples: []string{"g1"}}}, a.Violations)
	b.exec(t, `UPDATE margin_guard_configs SET margin_threshold = 12`)
	a, err = m.Baseline(b.ctx, false)
	require.NoError(t, err)
	require.Greater(t, len(a.Steps), 50)
	for _, f := range a.Kept {
		require.Equal(t, "column", f.Kind, "only the application's own columns differ: %v", f)
	}
	noDrift(t, b)
	require.NoError(t, m.Check(b.ctx))
	require.Equal(t, before, b.list(t, tables), "the same tables with the same files")
	require.Equal(t, []string{"own_rows"}, b.list(t, `SELECT polname FROM pg_policy WHERE polrelid = 'user_exchange_accounts'::regclass`))

	// Whoever writes past the policy of what a row refers to is stopped here, too.
	tx, err := b.db.BeginTx(b.ctx, nil)
	require.NoError(t, err)
	defer tx.Rollback()
	_, err = tx.ExecContext(b.ctx, `INSERT INTO "AutomationType" (name, slug) VALUES ('T', 't') ON CONFLICT DO NOTHING; SET LOCAL app.current_user_id = 'u1';
		GRANT ALL ON ALL TABLES IN SCHEMA public TO authenticated; SET LOCAL ROLE authenticated`)
	require.NoError(t, err)
	_, err = tx.ExecContext(b.ctx, `INSERT INTO "Automation" (user_id, user_exchange_account_id, type, config) VALUES ('u1', 'a1', 't', '{}')`)
	require.NoError(t, err)
	_, err = tx.ExecContext(b.ctx, `INSERT INTO "Automation" (user_id, user_exchange_account_id, type, config) VALUES ('u1', 'a2', 't', '{}')`)
	require.ErrorContains(t, err, "row-level security")
	require.NoError(t, tx.Rollback())

	// What is damaged under the application's names is found and repaired under them.
	b.exec(t, `DROP INDEX idx_user_exchange_accounts_user_id; ALTER TABLE plans ALTER name DROP NOT NULL; ALTER TABLE exchanges DROP COLUMN website;
		ALTER TABLE "User" ADD role text NOT NULL DEFAULT 'x', ADD tenant text`)
	findings, err := b.m.Verify(b.ctx)
	require.NoError(t, err)
	var objects []string
	for _, f := range findings {
		objects = append(objects, f.Kind+" "+f.Object)
	}
	require.ElementsMatch(t, []string{
		"index UserExchangeAccounts: idx_user_exchange_accounts_user_id", "column Plan.name", "column Exchange.website",
	}, objects)
	require.Contains(t, findings[0].FixSQL+findings[1].FixSQL+findings[2].FixSQL, `"public"."exchanges"`, "what is shown can be run")
	for _, f := range findings {
		b.exec(t, f.FixSQL)
	}
	noDrift(t, b)
}

// What was there before axisor is not its own to drop, in whatever naming; what it made beside it is.
func TestDown_LeavesAdoptedTablesAlone(t *testing.T) {
	t.Parallel()
	b := setupEmpty(t)
	b.exec(t, testdb.Webapp)
	m, err := migrate.New(b.db, migrate.Options{ApplicationNames: true})
	require.NoError(t, err)
	_, err = m.Baseline(b.ctx, false)
	require.NoError(t, err)
	const tables = `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'axisor_migrations' ORDER BY 1`
	before := b.list(t, tables)
	for _, to := range []int64{0, 4, migrate.BaselineVersion - 1} {
		_, err = m.Down(b.ctx, to)
		require.ErrorIs(t, err, migrate.ErrAdopted, to)
	}
	_, err = m.Down(b.ctx, migrate.BaselineVersion)
	require.NoError(t, err)
	require.Equal(t, before, b.list(t, tables))
	require.Equal(t, []string{"false"}, b.list(t, `SELECT to_regclass('axisor.guard_run') IS NOT NULL`))
	_, err = m.Down(b.ctx, 0)
	require.ErrorIs(t, err, migrate.ErrAdopted)
	_, err = m.Up(b.ctx)
	require.NoError(t, err)

	own := setupEmpty(t) // and what it made itself goes
	_, err = own.m.Up(own.ctx)
	require.NoError(t, err)
	_, err = own.m.Down(own.ctx, 0)
	require.NoError(t, err)
	require.Empty(t, own.list(t, tables))
}
