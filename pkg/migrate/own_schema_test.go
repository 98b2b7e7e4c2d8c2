package migrate_test

import (
	"database/sql"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/migrations"
	"github.com/axisor/axisor/pkg/migrate"
	"github.com/axisor/axisor/pkg/namespace"
)

// moved is the migration that gives axisor's own tables a schema of their own, and before the one before it.
const moved, before = 900, 826

// shape describes what belongs to axisor's own tables, wherever they are: columns, keys, indexes, triggers, grants,
// policies, the sequence, comments and rows.
const shape = `WITH t AS (SELECT c.oid, c.relname, c.relacl, c.relrowsecurity, c.relowner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'r' AND n.nspname IN ('public', 'axisor') AND c.relname ~ '^(guard|payment|axisor)_')
	SELECT format('table %s %s %s %s %s', relname, relowner, relacl, relrowsecurity, obj_description(oid, 'pg_class')) FROM t
	UNION ALL SELECT format('column %s %s %s %s %s', t.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attacl)
		FROM t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0
	UNION ALL SELECT format('constraint %s %s %s', t.relname, k.conname, replace(pg_get_constraintdef(k.oid), 'axisor.', '')) FROM t JOIN pg_constraint k ON k.conrelid = t.oid
	UNION ALL SELECT format('index %s %s', t.relname, regexp_replace(pg_get_indexdef(i.indexrelid), ' ON \w+\.', ' ON ')) FROM t JOIN pg_index i ON i.indrelid = t.oid
	UNION ALL SELECT format('trigger %s %s', t.relname, g.tgname) FROM t JOIN pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal
	UNION ALL SELECT format('policy %s %s %s', t.relname, p.polname, pg_get_expr(p.polqual, p.polrelid)) FROM t JOIN pg_policy p ON p.polrelid = t.oid
	UNION ALL SELECT format('sequence %s', substring(pg_get_serial_sequence(t.oid::regclass::text, 'id') FROM '[^.]+$')) FROM t WHERE relname = 'axisor_migrations'
	UNION ALL SELECT format('rows %s %s', relname, (xpath('/row/h/text()', query_to_xml(format(
		'SELECT md5(COALESCE(string_agg(r::text, chr(10) ORDER BY r::text), '''')) AS h FROM %s r', oid::regclass), false, true, '')))[1]) FROM t WHERE relname <> 'axisor_migrations'
	ORDER BY 1`

func TestOwnSchema_MovesEverythingAndComesBack(t *testing.T) {
	t.Parallel()
	b := setupEmpty(t)
	_, err := b.m.UpTo(b.ctx, before)
	require.NoError(t, err)
	b.exec(t, `INSERT INTO "User" (id, email, username) VALUES ('u1', 'a@example.com', 'ann');
		INSERT INTO guard_run (id, state, reading, started_at, finished_at) VALUES ('r1', 'finished', 'price', now(), now());
		INSERT INTO guard_intent (id, run_id, user_id, trade_id, side, amount_sats, margin_before, liquidation_before, entry_price, price, threshold, planned_at, updated_at)
			VALUES ('i1', 'r1', 'u1', 't1', 'buy', 42, 1, 1, 1, 1, 10, now(), now());
		INSERT INTO guard_control (scope, disabled, reason, updated_at) VALUES ('global', true, 'stop', now());
		INSERT INTO payment_intent (id, user_id, plan_type, amount_sats, expiry_seconds, description, backend, created_at, updated_at)
			VALUES ('p1', 'u1', 'pro', 1, 1, 'd', 'lnd', now(), now());
		COMMENT ON TABLE axisor_migrations IS 'a choice';
		GRANT SELECT, INSERT ON guard_run TO authenticated; GRANT SELECT (id, state) ON guard_intent TO authenticated; GRANT SELECT ON guard_look TO PUBLIC;
		CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
		CREATE TRIGGER theirs BEFORE INSERT ON guard_event FOR EACH ROW EXECUTE FUNCTION note()`)
	old, catalog := b.list(t, shape), b.catalog(t)
	require.Greater(t, len(old), 300)

	done, err := b.m.UpTo(b.ctx, moved)
	require.NoError(t, err)
	require.Len(t, done, 1)
	require.Equal(t, old, b.list(t, shape), "nothing is lost and nothing is new")
	require.Empty(t, b.list(t, `SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S') AND relname ~ '^(guard|payment|axisor)_'`))
	require.Equal(t, []string{"i1 42"}, b.list(t, `SELECT id || ' ' || amount_sats FROM axisor.guard_intent`))
	require.Equal(t, []string{"true"}, b.list(t, `SELECT has_schema_privilege('authenticated', 'axisor', 'USAGE')::text`), "a granted table can be reached")
	b.exec(t, `DELETE FROM "User"`)
	require.Equal(t, []string{"i1"}, b.list(t, `SELECT id FROM axisor.guard_intent WHERE user_id IS NULL`), "the keys still work")
	require.Empty(t, b.list(t, `SELECT id FROM axisor.payment_intent`))

	old = b.list(t, shape)
	done, err = b.m.Down(b.ctx, before)
	require.NoError(t, err)
	require.EqualValues(t, moved, done[len(done)-1].Version)
	require.Equal(t, old, b.list(t, shape))
	require.Equal(t, catalog, b.catalog(t))
	require.Equal(t, []string{"false"}, b.list(t, `SELECT (to_regnamespace('axisor') IS NOT NULL)::text`))
	_, err = b.m.UpTo(b.ctx, moved)
	require.NoError(t, err)
	require.Equal(t, old, b.list(t, shape))
}

// A schema that somebody else made, or filled, is used and left.
func TestOwnSchema_AnAdministratorMayMakeIt(t *testing.T) {
	t.Parallel()
	b := setupEmpty(t)
	b.exec(t, `CREATE SCHEMA axisor; CREATE TABLE axisor.theirs ()`)
	_, err := b.m.Up(b.ctx)
	require.NoError(t, err)
	findings, err := b.m.Verify(b.ctx)
	require.NoError(t, err)
	require.Empty(t, findings)
	b.exec(t, `DROP TABLE axisor.theirs; CREATE VIEW axisor.theirs AS SELECT 1`)
	_, err = b.m.Down(b.ctx, 0)
	require.NoError(t, err)
	require.Equal(t, []string{"true"}, b.list(t, `SELECT (to_regclass('axisor.theirs') IS NOT NULL)::text`))
}

// Whoever adds a table of axisor's own makes it in the schema axisor: in the shared one it would be dropped one day.
func TestOwnSchema_HoldsEveryTableThatTheDesignHasNot(t *testing.T) {
	t.Parallel()
	b := setupMigrated(t)
	models := prismaNames(t, `CREATE TABLE "([^"]+)"`)
	require.Empty(t, b.list(t, `SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
		AND relname <> ALL ('{`+strings.Join(models, ",")+`}')`))
	for _, name := range b.list(t, `SELECT relname::text FROM pg_class WHERE relnamespace = 'axisor'::regnamespace AND relkind = 'r'`) {
		require.True(t, namespace.IsOwn(name), "%s: statements would look for it in the shared schema", name)
	}
	require.False(t, namespace.IsOwn("User"))
}

// releasedBefore are the migrations of an axisor that knows no schema of its own.
func releasedBefore(t *testing.T) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	names, err := fs.Glob(migrations.Files, "*.sql")
	require.NoError(t, err)
	for _, name := range names {
		if name < "00900" {
			raw, err := fs.ReadFile(migrations.Files, name)
			require.NoError(t, err)
			files[name] = &fstest.MapFile{Data: raw}
		}
	}
	return files
}

// What an older axisor asks the database before it does anything answers it that it is too old: it neither takes the
// database for an empty one nor finds the history.
func TestOwnSchema_AnOlderProgramIsToldThatItIsOld(t *testing.T) {
	t.Parallel()
	b := setupMigrated(t)
	current := b.list(t, `SELECT COALESCE(max(version_id), 0)::text FROM axisor_migrations WHERE is_applied`)
	require.Equal(t, b.list(t, `SELECT max(version_id)::text FROM axisor.axisor_migrations`), current)
	require.Equal(t, []string{"true"}, b.list(t, `SELECT (to_regclass('axisor_migrations') IS NOT NULL)::text`), "so it makes no table")
	m := from(t, b.db, releasedBefore(t), migrate.Options{})
	require.ErrorIs(t, m.Check(b.ctx), migrate.ErrSchemaNew)
	_, err := m.Up(b.ctx)
	require.ErrorIs(t, err, migrate.ErrSchemaNew)
	_, err = m.Down(b.ctx, 12)
	require.ErrorIs(t, err, migrate.ErrSchemaNew)
}

func TestOwnSchema_IsVerifiedAndRepaired(t *testing.T) {
	t.Parallel()
	b := setupMigrated(t)
	b.exec(t, `DROP TABLE axisor.guard_rate; DROP INDEX axisor.idx_guard_run_started_at; ALTER TABLE axisor.guard_intent DROP CONSTRAINT chk_guard_intent_amount;
		ALTER TABLE axisor.payment_intent DROP CONSTRAINT payment_intent_user_id_fkey; ALTER TABLE axisor.guard_look DISABLE ROW LEVEL SECURITY;
		DROP POLICY own_rows ON axisor.payment_refund; GRANT SELECT ON axisor.guard_event TO PUBLIC`)
	findings, err := b.m.Verify(b.ctx)
	require.NoError(t, err)
	var named []string
	for _, f := range findings {
		named = append(named, f.Problem+" "+f.Kind+" "+f.Object)
	}
	require.ElementsMatch(t, []string{
		"missing table axisor.guard_rate", "missing constraint axisor.guard_rate: guard_rate_pkey", "missing index axisor.guard_run: idx_guard_run_started_at",
		"missing constraint axisor.guard_intent: chk_guard_intent_amount", "missing constraint axisor.payment_intent: payment_intent_user_id_fkey",
		"different row_security axisor.guard_look", "missing policy axisor.payment_refund: own_rows", "different grant axisor.guard_event",
	}, named)
	_, err = b.m.Repair(b.ctx, findings)
	require.NoError(t, err)
	findings, err = b.m.Verify(b.ctx)
	require.NoError(t, err)
	require.Empty(t, findings)
}

// Two installations in one database have their own tables and their own queue.
func TestOwnSchema_TwoInstallationsSideBySide(t *testing.T) {
	t.Parallel()
	url := testdb.Empty(t).Reveal()
	b := setup(t, url)
	b.exec(t, `CREATE SCHEMA a; CREATE SCHEMA "B"`)
	for _, schema := range []string{"a", "%22B%22"} {
		one := setup(t, url+separator(url)+"search_path="+schema)
		_, err := one.m.Up(one.ctx)
		require.NoError(t, err, schema)
		findings, err := one.m.Verify(one.ctx)
		require.NoError(t, err)
		require.Empty(t, findings)
	}
	require.Equal(t, []string{"axisor_B", "axisor_a", "river_B", "river_a"},
		b.list(t, `SELECT nspname::text FROM pg_namespace WHERE nspname ~ '^(axisor|river)' ORDER BY nspname COLLATE "C"`))
	one := setup(t, url+separator(url)+"search_path=a")
	one.exec(t, `DROP INDEX axisor_a.idx_guard_run_started_at; DROP TABLE axisor_a.guard_rate`)
	findings, err := one.m.Verify(one.ctx)
	require.NoError(t, err)
	require.Len(t, findings, 3)
	require.Contains(t, findings[0].FixSQL, `"axisor_a"."guard_rate"`)
	_, err = one.m.Repair(one.ctx, findings)
	require.NoError(t, err)
	require.Equal(t, one.catalog(t), setup(t, url+separator(url)+"search_path=%22B%22").catalog(t))
	_, err = one.m.Down(one.ctx, 0)
	require.NoError(t, err)
	require.NoError(t, setup(t, url+separator(url)+"search_path=%22B%22").m.Check(b.ctx))
}

// Whoever writes while the tables move waits for half a second at most, however many tables others hold: the locks have
// one deadline together. Each table held one after the other would be as many half seconds.
func TestOwnSchema_NobodyWaitsLongWhileItMoves(t *testing.T) {
	t.Parallel()
	b := setupEmpty(t)
	_, err := b.m.UpTo(b.ctx, before)
	require.NoError(t, err)
	// Tables that are locked late are given back one by one, each shortly before a half second of its own would be over.
	hold := func(table string) *sql.Tx {
		tx, err := b.db.BeginTx(b.ctx, nil)
		require.NoError(t, err)
		_, err = tx.ExecContext(b.ctx, `LOCK TABLE `+table+` IN ROW EXCLUSIVE MODE`)
		require.NoError(t, err)
		return tx
	}
	var held []*sql.Tx
	for _, table := range []string{"guard_notice", "guard_watch", "guard_rate", "guard_event", "payment_refund", "payment_reconcile"} {
		held = append(held, hold(table))
	}
	waits := make(chan time.Duration, 1000)
	stop := make(chan struct{})
	go func() { // a writer to a table that is locked early
		defer close(waits)
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
			begin := time.Now()
			if _, err := b.db.ExecContext(b.ctx, `INSERT INTO guard_run (state, reading, started_at, finished_at) VALUES ('finished', 'price', now(), now())`); err != nil {
				return // moved
			}
			waits <- time.Since(begin)
		}
	}()
	go func() {
		for _, tx := range held {
			<-time.After(400 * time.Millisecond) // the time itself is what is tested
			_ = tx.Rollback()
		}
	}()
	_, err = b.m.UpTo(b.ctx, moved)
	close(stop)
	require.NoError(t, err)
	longest := time.Duration(0)
	for w := range waits {
		longest = max(longest, w)
	}
	t.Logf("the longest wait of a writer: %s", longest)
	require.Less(t, longest, 1800*time.Millisecond, "six tables of 0.4 s each, one after the other, would be 2.4 s")
}

// prismaNames lists what a pattern's first group finds in the SQL that Prisma makes of the design's models.
func prismaNames(t *testing.T, pattern string) (names []string) {
	t.Helper()
	raw, err := os.ReadFile("../../test/prisma/prisma_schema.sql")
	require.NoError(t, err)
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(raw), -1) {
		names = append(names, m[1])
	}
	require.NotEmpty(t, names)
	return names
}
