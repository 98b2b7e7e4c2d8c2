package migrate_test

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/migrations"
	"github.com/axisor/axisor/pkg/migrate"
)

const (
	makeTable = "-- +goose Up\nCREATE TABLE t (a int, b int);\n-- +goose Down\nDROP TABLE t;\n"
	makeIndex = "-- +goose NO TRANSACTION\n-- +goose Up\n" +
		"CREATE INDEX CONCURRENTLY \"t_a\" ON \"t\" (\"a\");\nCREATE UNIQUE INDEX CONCURRENTLY \"t_b\" ON \"t\" (\"b\") WHERE b > 0;\n" +
		"-- +goose Down\nDROP INDEX CONCURRENTLY \"t_b\";\nDROP INDEX CONCURRENTLY \"t_a\";\n"
)

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func from(t *testing.T, db *sql.DB, files fs.FS, o migrate.Options) *migrate.Migrator {
	t.Helper()
	m, err := migrate.NewFrom(db, files, o)
	require.NoError(t, err)
	return m
}

func TestFailure_NamesFileLineAndColumn(t *testing.T) {
	t.Parallel()
	b := setupEmpty(t)
	m := from(t, b.db, fstest.MapFS{
		"00001_make_table.sql": file(makeTable),
		"00002_break_it.sql": file("-- +goose Up\nSET LOCAL lock_timeout = '5s';\n\n-- why\nCREATE TABLE u (\n    a int,\n" +
			"    -- a remark inside\n    b nosuchtype\n);\n-- +goose Down\nSET LOCAL lock_timeout = '5s';\n"),
	}, migrate.Options{})

	done, err := m.Up(b.ctx)
	require.Len(t, done, 1, "what came before stays")
	var failed *migrate.FailedError
	require.ErrorAs(t, err, &failed)
	require.Equal(t, migrate.FailedError{
		Version: 2, File: "00002_break_it.sql", Direction: "up", Line: 8, Column: 7, Err: failed.Err,
	}, *failed)
	require.Contains(t, err.Error(), `migrate up 00002_break_it.sql:8:7: ERROR: type "nosuchtype" does not exist (SQLSTATE 42704)`)
	require.NotContains(t, b.catalog(t).Tables, "u", "the transaction was rolled back")
}

func TestFailure_InTheDownPart(t *testing.T) {
	t.Parallel()
	b := setupEmpty(t)
	m := from(t, b.db, fstest.MapFS{
		"00001_make_table.sql": file("-- +goose Up\nSELECT 1;\n-- +goose Down\n\nSELECT 1;\nDROP TABLE nosuch;\n"),
	}, migrate.Options{})
	_, err := m.Up(b.ctx)
	require.NoError(t, err)
	_, err = m.Down(b.ctx, 0)
	var failed *migrate.FailedError
	require.ErrorAs(t, err, &failed)
	require.Equal(t, 6, failed.Line)
}

func TestIndexFile_ResumesAfterAnInvalidLeftover(t *testing.T) {
	t.Parallel()
	b := setupEmpty(t)
	files := fstest.MapFS{"00001_make_table.sql": file(makeTable), "00002_add_index.sql": file(makeIndex)}
	m := from(t, b.db, files, migrate.Options{})
	_, err := m.UpTo(b.ctx, 1)
	require.NoError(t, err)

	b.exec(t, `INSERT INTO t VALUES (1, 7), (2, 7)`)
	_, err = m.Up(b.ctx)
	var failed *migrate.FailedError
	require.ErrorAs(t, err, &failed)
	require.Contains(t, err.Error(), `00002_add_index.sql:4:1`, "the line of the index that failed")
	require.True(t, b.catalog(t).Tables["t"].Indexes["t_b"].Invalid, "the server leaves it behind")

	b.exec(t, `UPDATE t SET b = a`)
	_, err = m.Up(b.ctx)
	require.NoError(t, err)
	indexes := b.catalog(t).Tables["t"].Indexes
	require.False(t, indexes["t_b"].Invalid)
	require.Len(t, indexes, 2)

	b.exec(t, `DROP INDEX t_a`)
	_, err = m.Down(b.ctx, 1)
	require.NoError(t, err, "an index that is gone already does not stop the way down")
	require.Empty(t, b.catalog(t).Tables["t"].Indexes)
}

func TestIndexFile_TakesOverTheSameIndexAndRefusesAnother(t *testing.T) {
	t.Parallel()
	b := setupEmpty(t)
	files := fstest.MapFS{"00001_make_table.sql": file(makeTable), "00002_add_index.sql": file(makeIndex)}
	m := from(t, b.db, files, migrate.Options{})
	_, err := m.UpTo(b.ctx, 1)
	require.NoError(t, err)

	b.exec(t, `CREATE INDEX t_a ON t (a DESC)`)
	_, err = m.Up(b.ctx)
	require.ErrorContains(t, err, `index "t_a": exists with another definition: CREATE INDEX t_a ON public.t USING btree (a DESC)`)

	b.exec(t, `DROP INDEX t_a`)
	b.exec(t, `CREATE INDEX t_a ON t (a)`)
	b.exec(t, `CREATE UNIQUE INDEX t_b ON t (b) WHERE (b > 0)`)
	_, err = m.Up(b.ctx)
	require.NoError(t, err)
}

func TestIndexFile_HoldsIndexStatementsOnly(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"another statement": "UPDATE t SET a = 1;",
		"if not exists":     `CREATE INDEX CONCURRENTLY IF NOT EXISTS "i" ON "t" ("a");`,
		"not concurrent":    `CREATE INDEX "i" ON "t" ("a");`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := migrate.NewFrom(nil, fstest.MapFS{
				"00001_add_index.sql": file("-- +goose NO TRANSACTION\n-- +goose Up\n" + text + "\n-- +goose Down\n"),
			}, migrate.Options{})
			require.ErrorContains(t, err, "00001_add_index.sql: only CREATE and DROP INDEX CONCURRENTLY")
		})
	}
}

func TestUp_TriesAgainWhileATableIsBusy(t *testing.T) {
	t.Parallel()
	b := setupEmpty(t)
	files := fstest.MapFS{
		"00001_make_table.sql": file(makeTable),
		"00002_add_column.sql": file("-- +goose Up\nSET LOCAL lock_timeout = '50ms';\nALTER TABLE t ADD COLUMN c int;\n" +
			"-- +goose Down\nSET LOCAL lock_timeout = '50ms';\nALTER TABLE t DROP COLUMN c;\n"),
	}
	_, err := from(t, b.db, files, migrate.Options{}).UpTo(b.ctx, 1)
	require.NoError(t, err)
	reader, err := b.db.BeginTx(b.ctx, nil)
	require.NoError(t, err)
	defer reader.Rollback()
	_, err = reader.ExecContext(b.ctx, `SELECT * FROM t`)
	require.NoError(t, err)

	_, err = from(t, b.db, files, migrate.Options{LockTimeout: 200 * time.Millisecond}).Up(b.ctx)
	require.ErrorContains(t, err, "55P03", "it gives up in the end")

	var said []string
	m := from(t, b.db, files, migrate.Options{Progress: func(s string) {
		if said = append(said, s); len(said) == 2 {
			require.NoError(t, reader.Rollback())
		}
	}})
	done, err := m.Up(b.ctx)
	require.NoError(t, err)
	require.Len(t, done, 1)
	require.Regexp(t, `^00002_add_column.sql: a table is busy, trying again \(oldest transaction: server process \d+, "", idle in transaction, for `, said[0])
}

func TestRoleMigration_GoesOnWithoutTheRightToMakeRoles(t *testing.T) {
	t.Parallel()
	url := testdb.Empty(t).Reveal()
	b := setup(t, url)
	// Roles belong to the cluster: this one gets a name of the test's own, and the files are tried with
	// a name that nobody has created.
	var name string
	require.NoError(t, b.db.QueryRowContext(b.ctx, `SELECT current_database()`).Scan(&name))
	owner := name + "_owner"
	b.exec(t, `CREATE ROLE `+owner+` NOLOGIN`)
	b.exec(t, `GRANT CREATE ON SCHEMA public TO `+owner)
	t.Cleanup(func() {
		db, err := sql.Open("pgx", url)
		require.NoError(t, err)
		defer db.Close()
		_, err = db.Exec(`DROP OWNED BY ` + owner + ` CASCADE; DROP ROLE ` + owner)
		require.NoError(t, err)
	})
	files := fstest.MapFS{}
	names, err := fs.Glob(migrations.Files, "*.sql")
	require.NoError(t, err)
	for _, n := range names {
		raw, err := fs.ReadFile(migrations.Files, n)
		require.NoError(t, err)
		text := strings.ReplaceAll(string(raw), "= 'authenticated'", "= '"+name+"_api'")
		files[n] = file(strings.ReplaceAll(text, "ROLE authenticated ", "ROLE "+name+"_api "))
	}

	limited := setup(t, url+separator(url)+"role="+owner)
	var said []string
	m := from(t, limited.db, files, migrate.Options{Progress: func(s string) { said = append(said, s) }})
	_, err = m.Up(b.ctx)
	require.ErrorContains(t, err, "CREATE SCHEMA river AUTHORIZATION "+owner, "it says what is missing")
	b.exec(t, `CREATE SCHEMA river AUTHORIZATION `+owner)
	_, err = m.Up(b.ctx)
	require.ErrorContains(t, err, "CREATE SCHEMA axisor AUTHORIZATION "+owner, "and again")
	b.exec(t, `CREATE SCHEMA axisor AUTHORIZATION `+owner)
	_, err = m.Up(b.ctx)
	require.NoError(t, err)
	require.Len(t, said, 1, "one sentence for all of them")

	findings, err := limited.m.Verify(b.ctx)
	require.NoError(t, err)
	require.Greater(t, len(findings), 20)
	require.Contains(t, said[0], fmt.Sprintf("row security of %d tables has no policy", len(findings)))
	for _, f := range findings {
		require.Equal(t, "policy", f.Kind)
		require.Equal(t, migrate.Missing, f.Problem)
		require.Contains(t, f.FixSQL, "CREATE POLICY")
	}
}

// An operator interrupts an index build that waits for somebody's transaction: the next run finds the
// half-made index and builds it again.
func TestIndexFile_InterruptedAndRunAgain(t *testing.T) {
	t.Parallel()
	b := setupEmpty(t)
	files := fstest.MapFS{"00001_make_table.sql": file(makeTable), "00002_add_index.sql": file(makeIndex)}
	_, err := from(t, b.db, files, migrate.Options{}).UpTo(b.ctx, 1)
	require.NoError(t, err)
	writer, err := b.db.BeginTx(b.ctx, nil)
	require.NoError(t, err)
	defer writer.Rollback()
	_, err = writer.ExecContext(b.ctx, `INSERT INTO t VALUES (1, 1)`)
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(b.ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		m, err := migrate.NewFrom(b.db, files, migrate.Options{})
		if err == nil {
			_, err = m.Up(ctx)
		}
		ended <- err
	}()
	require.Eventually(t, func() bool {
		return len(b.list(t, `SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid`)) == 1
	}, 30*time.Second, 10*time.Millisecond)
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	require.NoError(t, writer.Rollback())

	_, err = from(t, b.db, files, migrate.Options{}).Up(b.ctx)
	require.NoError(t, err)
	for name, index := range b.catalog(t).Tables["t"].Indexes {
		require.False(t, index.Invalid, name)
	}
}

// Whoever comes after a statement that waits for a table waits with it, so what a file says of its patience does not
// count.
func TestFiles_WaitForATableAsLongAsTheMigratorSays(t *testing.T) {
	t.Parallel()
	b := setupEmpty(t)
	m := from(t, b.db, fstest.MapFS{
		"00001_make_table.sql": file("-- +goose Up\nSET LOCAL lock_timeout = '5s';\nCREATE TABLE t AS SELECT current_setting('lock_timeout') AS v;\n-- +goose Down\nDROP TABLE t;\n"),
	}, migrate.Options{})
	_, err := m.Up(b.ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"400ms"}, b.list(t, `SELECT v FROM t`))
}
