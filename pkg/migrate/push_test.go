package migrate_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/migrate"
)

// recordedPush is the SQL that Prisma's engine makes for `prisma db push` on a migrated database. `make interop` compares
// it with the real engine.
const recordedPush = "../../test/prisma/prisma_push.sql"

// push does to the database what `prisma db push` does, as far as it concerns what is there and not in the models: it
// drops every other table of the schema public with its keys, and every index of the models' tables that they do not
// name, or another one with the same columns. Partial indexes, checks, policies and views it does not see, and other schemas it
// does not look into.
func push(t *testing.T, b *testBundle) []string {
	t.Helper()
	tables := `('{"` + strings.Join(prismaNames(t, `CREATE TABLE "([^"]+)"`), `","`) + `"}')`
	indexes := `('{"` + strings.Join(prismaNames(t, `CREATE (?:UNIQUE )?INDEX "([^"]+)"`), `","`) + `"}')`
	script := b.list(t, `SELECT s FROM (
		SELECT 1, format('ALTER TABLE %I DROP CONSTRAINT %I', c.relname, k.conname) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
			WHERE k.contype = 'f' AND c.relnamespace = 'public'::regnamespace AND c.relname <> ALL `+tables+`
		UNION ALL SELECT 2, format('DROP INDEX "%s"', i.relname) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
			WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY `+tables+` AND i.relname <> ALL `+indexes+`
			AND x.indpred IS NULL AND x.indexprs IS NULL AND NOT x.indisprimary
			AND NOT EXISTS (SELECT FROM pg_index y JOIN pg_class j ON j.oid = y.indexrelid
				WHERE y.indrelid = x.indrelid AND y.indkey::text = x.indkey::text AND y.indisunique = x.indisunique AND j.relname = ANY `+indexes+`)
		UNION ALL SELECT 3, format('DROP TABLE %I', relname) FROM pg_class
			WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> ALL `+tables+`) AS p (n, s) ORDER BY n, s COLLATE "C"`)
	for _, s := range script {
		b.exec(t, s)
	}
	return script
}

// TestPush_TakesIndexesAndNothingOfOurs: the web application's deploy step runs on a database in use.
func TestPush_TakesIndexesAndNothingOfOurs(t *testing.T) {
	t.Parallel()
	b := setupMigrated(t)
	b.exec(t, `INSERT INTO axisor.guard_control (scope, disabled, reason, updated_at) VALUES ('global', true, 'stop', now())`)
	all := b.catalog(t)
	script := push(t, b)
	require.NotEmpty(t, script)
	recorded, err := os.ReadFile(recordedPush)
	require.NoError(t, err)
	var engine []string
	for line := range strings.Lines(string(recorded)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "--") {
			engine = append(engine, strings.TrimSuffix(line, ";"))
		}
	}
	require.ElementsMatch(t, engine, script, "this is what the engine does")

	require.NoError(t, b.m.Check(b.ctx), "the history is there")
	require.Equal(t, []string{"stop"}, b.list(t, `SELECT reason FROM axisor.guard_control WHERE disabled`), "the kill switch is there")
	findings, err := b.m.Verify(b.ctx)
	require.NoError(t, err)
	require.Len(t, findings, len(script))
	for _, f := range findings {
		require.Equal(t, migrate.Missing, f.Problem, f)
		require.Equal(t, "index", f.Kind, f)
		require.Contains(t, f.FixSQL, " CONCURRENTLY ")
	}
	_, err = b.m.Up(b.ctx)
	require.NoError(t, err)
	_, err = b.m.Repair(b.ctx, findings)
	require.NoError(t, err)
	require.Equal(t, all, b.catalog(t))

	require.Equal(t, script, push(t, b), "a further push takes the same and no more")
	require.NoError(t, b.m.Check(b.ctx))
}

// TestPush_BeforeTheMoveTookTables is why the tables moved.
func TestPush_BeforeTheMoveTookTables(t *testing.T) {
	t.Parallel()
	b := setupEmpty(t)
	_, err := b.m.UpTo(b.ctx, before)
	require.NoError(t, err)
	require.Contains(t, push(t, b), "DROP TABLE guard_control")
	require.ErrorIs(t, b.m.Check(b.ctx), migrate.ErrNoSchema)
}
