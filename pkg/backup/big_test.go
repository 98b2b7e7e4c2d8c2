package backup

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/pgserver"
	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/secret"
)

// smallLocks starts a server whose lock table is small, so that a catalogue of ordinary size is a big one.
func smallLocks(t *testing.T) secret.Secret {
	t.Helper()
	dir, err := os.MkdirTemp("", "axisor-locks-*")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	bin, err := pgserver.Find(t.Context())
	require.NoError(t, err)
	s, err := pgserver.Start(t.Context(), pgserver.Options{Dir: filepath.Join(dir, "s"), Binaries: bin, Settings: map[string]string{
		"max_locks_per_transaction": "10", "max_connections": "20", "shared_buffers": "16MB", "max_worker_processes": "2", "max_wal_senders": "0",
	}})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, s.Stop(context.Background()))
		require.NoError(t, os.RemoveAll(dir))
	})
	return s.URL("postgres")
}

// TestCount_WaitsForLocks: somebody else may hold, for moments, the locks that a dump has left.
func TestCount_WaitsForLocks(t *testing.T) {
	t.Parallel()
	url := smallLocks(t)
	b := &bundle{url: url}
	b.exec(t, `DO $$ BEGIN FOR i IN 1..60 LOOP EXECUTE format('CREATE TABLE t%s (id int)', i); END LOOP; END $$`)
	connect := func() *pgx.Conn {
		c, err := pgx.Connect(t.Context(), url.Reveal())
		require.NoError(t, err)
		t.Cleanup(func() { _ = c.Close(context.Background()) })
		return c
	}
	other, conn := connect(), connect()
	for _, c := range []*pgx.Conn{other, conn} {
		_, err := c.Exec(t.Context(), "BEGIN; SELECT count(*) FROM pg_class")
		require.NoError(t, err)
	}
	for n, full := 0, false; !full; n++ { // advisory locks are in the same table
		require.Less(t, n, 10_000)
		_, err := other.Exec(t.Context(), "SAVEPOINT one; SELECT pg_advisory_xact_lock($1)", pgx.QueryExecModeSimpleProtocol, n)
		if full = noLockLeft(err); !full {
			require.NoError(t, err)
		}
	}
	_, err := other.Exec(t.Context(), "ROLLBACK TO SAVEPOINT one")
	require.NoError(t, err)
	target, err := newEndpoint(url, "postgres", nil)
	require.NoError(t, err)
	freed := time.AfterFunc(10*countPause, func() { _, _ = other.Exec(context.Background(), "ROLLBACK") })
	defer freed.Stop()
	tables, err := countTables(t.Context(), target, conn, false)
	require.NoError(t, err)
	require.Len(t, tables, 60)
	require.EqualValues(t, 'T', conn.PgConn().TxStatus())
}

// TestBigCatalogue: what pg_dump can dump, a backup, a deep check and a restore can do too, with the locks there are.
func TestBigCatalogue(t *testing.T) {
	t.Parallel()
	url := smallLocks(t)
	b := &bundle{url: url, dir: filepath.Join(t.TempDir(), "backups")}
	b.repo = newRepository(b.dir)
	for part := range 5 {
		b.exec(t, fmt.Sprintf(`DO $$ BEGIN FOR i IN %d..%d LOOP
			EXECUTE format('CREATE TABLE t%%s (id serial PRIMARY KEY, v text UNIQUE)', i); EXECUTE format('INSERT INTO t%%s (v) VALUES (''x'')', i);
			END LOOP; END $$`, part*20, part*20+19))
	}
	for range 40 {
		b.exec(t, "SELECT lo_from_bytea(0, 'x') FROM generate_series(1, 50)")
	}
	e := b.create(t, b.request())
	require.EqualValues(t, 100, e.Manifest.Rows())
	require.EqualValues(t, 2000, *e.Manifest.LargeObjects)
	report, err := b.repo.Verify(t.Context(), e, Check{Level: LevelDeep, Server: url})
	require.NoError(t, err)
	require.True(t, report.OK, report.Problem)
	require.Empty(t, report.Warnings)
	b.exec(t, "CREATE DATABASE there")
	for _, o := range []Restore{{Database: "made"}, {Database: "there"}, {Database: "workers", Jobs: 2}, {Database: "made", Existing: Replace}} {
		o.Server = url
		done, err := b.repo.RestoreTo(t.Context(), e, o)
		require.NoError(t, err)
		require.EqualValues(t, 100, done.Rows)
		require.EqualValues(t, 2000, b.count(t, done.Target, "SELECT count(*) FROM pg_largeobject_metadata"))
	}
	// The premise: one transaction around it all does not fit.
	target, err := newEndpoint(url, "one", nil)
	require.NoError(t, err)
	b.exec(t, "CREATE DATABASE one")
	tools, err := b.repo.o.Tools.Find(t.Context(), 0)
	require.NoError(t, err)
	err = b.repo.load(t.Context(), e, tools, target, loading{}, nil)
	var tool *ToolError
	require.ErrorAs(t, err, &tool)
	require.True(t, tool.NeedsLocks(), tool.Stderr)
}

// TestRestore_GoesOnAfterErrors restores a dump that PostgreSQL cannot restore in one piece: rows that a check no longer
// takes.
func TestRestore_GoesOnAfterErrors(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(t, `CREATE FUNCTION fine(x int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true';
		CREATE TABLE aa_uses (n int CHECK (fine(n)), secret text); INSERT INTO aa_uses VALUES (1, 'hunter2');
		CREATE OR REPLACE FUNCTION fine(x int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT false'`)
	e := b.create(t, b.request())
	name := "part_" + randomName(t)
	t.Cleanup(func() { b.dropAfter(t, name); b.dropAfter(t, name+"_2") })
	_, err := b.repo.RestoreTo(t.Context(), e, Restore{Server: b.url, Database: name})
	require.ErrorIs(t, err, ErrToolFailed)
	require.NotContains(t, err.Error(), "hunter2")
	require.Empty(t, b.databases(t, name))
	for i, jobs := range []int{1, 2} {
		o := Restore{Server: b.url, Database: []string{name, name + "_2"}[i], Jobs: jobs, GoOn: true}
		done, err := b.repo.RestoreTo(t.Context(), e, o)
		require.NoError(t, err)
		require.Equal(t, 1, done.Failed)
		require.Equal(t, "TABLE DATA public.aa_uses", done.Failures[0].Entry)
		require.Contains(t, done.Failures[0].Message, "violates check constraint")
		require.Equal(t, "table public.aa_uses has 0 rows instead of 1", done.Failures[1].String())
		require.NotContains(t, fmt.Sprint(done.Failures), "hunter2")
		require.EqualValues(t, 2000, b.count(t, done.Target, `SELECT count(*) FROM "User"`))
	}
	_, err = b.repo.RestoreTo(t.Context(), e, Restore{Server: b.url, Database: name, GoOn: true, Existing: Replace})
	require.ErrorContains(t, err, "cannot be replaced")

	// The same dump: a deep check cannot prove it, and says why, and does not call it damaged.
	_, err = b.repo.Verify(t.Context(), e, Check{Level: LevelDeep, Server: b.url})
	require.ErrorIs(t, err, ErrToolFailed)
	require.ErrorContains(t, err, "TABLE DATA public.aa_uses: ")
	require.NotNil(t, b.repo.entry(e.ID).Manifest.LastGood(LevelDecode))
}

// TestRestore_WholeNames chooses tables whose names are parts of other names, and whole trees of partitions.
func TestRestore_WholeNames(t *testing.T) {
	t.Parallel()
	url := testdb.Empty(t)
	b := &bundle{url: url, dir: filepath.Join(t.TempDir(), "backups")}
	b.repo = newRepository(b.dir)
	b.exec(t, `CREATE SCHEMA "x public"; CREATE TABLE b (n int); CREATE TABLE "a b" (n int); CREATE TABLE "public b" (n int); CREATE TABLE "x public".b (n int); CREATE TABLE bb (n int);
		INSERT INTO b VALUES (1); INSERT INTO "a b" VALUES (1); INSERT INTO "public b" VALUES (1); INSERT INTO "x public".b VALUES (1); INSERT INTO bb VALUES (1);
		CREATE TABLE "Par ted" (n int, k text) PARTITION BY RANGE (n); CREATE TABLE low PARTITION OF "Par ted" FOR VALUES FROM (0) TO (10) PARTITION BY LIST (k);
		CREATE TABLE low_a PARTITION OF low FOR VALUES IN ('a'); CREATE TABLE low_rest PARTITION OF low DEFAULT; CREATE TABLE high PARTITION OF "Par ted" DEFAULT;
		INSERT INTO "Par ted" VALUES (1, 'a'), (2, 'b'), (99, 'c')`)
	e := b.create(t, b.request())
	for _, test := range []struct {
		tables []string
		rows   map[string]int64
		fail   string
	}{
		{tables: []string{"public.b"}, rows: map[string]int64{"public.b": 1}},
		{tables: []string{"a b", "x public.b"}, rows: map[string]int64{`"a b"`: 1, `"x public".b`: 1}},
		{tables: []string{"Par ted"}, rows: map[string]int64{`low_a`: 1, `low_rest`: 1, `high`: 1}},
		{tables: []string{"public.low", "high"}, rows: map[string]int64{`low_a`: 1, `low_rest`: 1, `high`: 1}},
		{tables: []string{"low", "low_a"}, rows: map[string]int64{`low_a`: 1, `low_rest`: 1}},
		{tables: []string{"b"}, fail: "several schemas"},
		{tables: []string{"ted"}, fail: "is not in the backup"},
	} {
		name := "whole_" + randomName(t)
		t.Cleanup(func() { b.dropAfter(t, name) })
		done, err := b.repo.RestoreTo(t.Context(), e, Restore{Server: url, Database: name, Tables: test.tables})
		if test.fail != "" {
			require.ErrorContains(t, err, test.fail)
			continue
		}
		require.NoError(t, err)
		require.EqualValues(t, len(test.rows), done.Rows)
		for _, table := range []string{"public.b", `"a b"`, `"public b"`, `"x public".b`, "bb", "low_a", "low_rest", "high"} {
			require.Equal(t, test.rows[table], b.count(t, done.Target, "SELECT count(*) FROM "+table), "%v: %s", test.tables, table)
		}
	}
}
