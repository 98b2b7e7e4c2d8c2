package backup

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/secret"
)

func (b *bundle) count(t *testing.T, url secret.Secret, query string) int64 {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url.Reveal())
	require.NoError(t, err)
	defer conn.Close(t.Context())
	var n int64
	require.NoError(t, conn.QueryRow(t.Context(), query).Scan(&n))
	return n
}

func TestRestore_BesideADatabaseInUse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(t, `ALTER TABLE other.empty ADD PRIMARY KEY (n); CREATE TABLE child (n int REFERENCES other.empty);
		CREATE FUNCTION superusers_only(int) RETURNS int LANGUAGE internal AS 'int4up'`)
	e := b.create(t, b.request())
	name := "axisor_swap_" + randomName(t)
	clerk := name + "_clerk"
	b.exec(t, "CREATE ROLE "+clerk)
	defer b.execAfter(t, "DROP ROLE "+clerk)
	restore := func(o Restore) (Restored, error) {
		o.Server, o.Database = b.url, name
		return b.repo.RestoreTo(t.Context(), e, o)
	}
	defer b.dropAfter(t, name)
	d, err := restore(Restore{Jobs: 2})
	require.NoError(t, err)
	require.True(t, d.Created)
	require.EqualValues(t, 2102, d.Rows)
	require.EqualValues(t, 2000, b.count(t, d.Target, `SELECT count(*) FROM "User"`))
	require.EqualValues(t, 1, b.count(t, d.Target, `SELECT count(*) FROM pg_constraint WHERE contype = 'f'`))

	_, err = restore(Restore{})
	require.ErrorIs(t, err, ErrTargetNotEmpty)

	// Somebody works in it while it is swapped away.
	session, err := pgx.Connect(t.Context(), d.Target.Reveal())
	require.NoError(t, err)
	_, err = session.Exec(t.Context(), `DELETE FROM "User"`)
	require.NoError(t, err)
	plan, err := restore(Restore{Existing: Swap, DryRun: true})
	require.NoError(t, err)
	require.NotEmpty(t, plan.Previous)
	require.Empty(t, b.databases(t, plan.Previous))
	d, err = restore(Restore{Existing: Swap})
	require.NoError(t, err)
	defer b.dropAfter(t, d.Previous)
	require.False(t, d.Dropped)
	require.EqualValues(t, 2000, b.count(t, d.Target, `SELECT count(*) FROM "User"`))
	require.EqualValues(t, 0, b.count(t, b.repo.urlOf(b.url, d.Previous), `SELECT count(*) FROM "User"`), "the old one is all there")
	require.Error(t, session.Ping(t.Context()), "its sessions are gone")

	d, err = restore(Restore{Existing: Replace})
	require.NoError(t, err)
	require.True(t, d.Dropped)
	require.Empty(t, b.databases(t, d.Previous))
	require.Empty(t, b.databases(t, besideName(name, "restoring_")))

	// A backup that does not load leaves the database in use alone.
	_, err = restore(Restore{Existing: Replace, Role: clerk})
	require.ErrorIs(t, err, ErrToolFailed)
	require.EqualValues(t, 2000, b.count(t, d.Target, `SELECT count(*) FROM "User"`))
	require.Empty(t, b.databases(t, besideName(name, "restoring_")))
}

func TestRestore_Parts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(t, `CREATE INDEX ON "User" (email); CREATE TABLE child (id text REFERENCES "User"); INSERT INTO child SELECT id FROM "User" LIMIT 5`)
	e := b.create(t, b.request())
	for _, test := range []struct {
		name  string
		o     Restore
		rows  int64
		users int64
		fail  string
	}{
		{name: "one table", o: Restore{Tables: []string{"child"}}, rows: 5},
		{name: "two tables with workers", o: Restore{Tables: []string{"public.User", "secrets"}, Jobs: 2}, rows: 2002, users: 2000},
		{name: "schema only", o: Restore{SchemaOnly: true}},
		{name: "unknown table", o: Restore{Tables: []string{"user"}}, fail: "case-sensitive"},
		{name: "another owner", o: Restore{Role: "axisor_owner"}, rows: 2107, users: 2000},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.o.Role != "" {
				b.exec(t, `DO $$ BEGIN CREATE ROLE axisor_owner SUPERUSER; EXCEPTION WHEN duplicate_object THEN NULL; END $$`)
			}
			test.o.Server, test.o.Database = b.url, "axisor_part_"+randomName(t)
			defer b.dropAfter(t, test.o.Database)
			d, err := b.repo.RestoreTo(t.Context(), e, test.o)
			if test.fail != "" {
				require.ErrorContains(t, err, test.fail)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.rows, d.Rows)
			require.Equal(t, test.users, b.count(t, d.Target, `SELECT count(*) FROM "User"`))
			require.EqualValues(t, 2, b.count(t, d.Target, `SELECT count(*) FROM pg_indexes WHERE tablename = 'User'`), "indexes come along")
			if test.o.Role != "" {
				require.EqualValues(t, 1, b.count(t, d.Target, `SELECT count(*) FROM pg_tables WHERE tablename = 'User' AND tableowner = 'axisor_owner'`))
			}
		})
	}
	require.Empty(t, hidden(t, b.dir), "no temporary file is left")
}

func hidden(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, ".axisor_restore_*"))
	require.NoError(t, err)
	return found
}

func randomName(t *testing.T) string {
	t.Helper()
	name, err := randomScratch()
	require.NoError(t, err)
	return strings.TrimPrefix(name, scratchPrefix)
}

func TestVerify_HashesAndSchema(t *testing.T) {
	t.Parallel()
	b := setup(t)
	plain := b.create(t, b.request())
	_, err := b.repo.Verify(t.Context(), plain, Check{Level: LevelDeep, Server: b.url, Hash: true})
	require.ErrorContains(t, err, "made without --hash")
	q := b.request()
	q.Hash = true
	e := b.create(t, q)
	report, err := b.repo.Verify(t.Context(), e, Check{Level: LevelDeep, Server: b.url, Hash: true})
	require.NoError(t, err)
	require.True(t, report.OK, report.Problem)
	// The same number of rows with another content.
	require.NoError(t, amend(t.Context(), e, func(m *Manifest) { m.Tables[1].Hash = "1" }))
	report, err = b.repo.Verify(t.Context(), e.inspect(), Check{Level: LevelDeep, Server: b.url, Hash: true})
	require.NoError(t, err)
	require.Contains(t, report.Problem, "another content")
}

func TestCatAndPin(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	q := b.request()
	q.Recipients = []string{key.Recipient().String()}
	e := b.create(t, q)
	var out bytes.Buffer
	require.ErrorIs(t, b.repo.Cat(t.Context(), e, nil, &out, nil), ErrNoIdentity)
	require.NoError(t, b.repo.Cat(t.Context(), e, func() ([]age.Identity, error) { return []age.Identity{key}, nil }, &out, nil))
	archive := filepath.Join(t.TempDir(), "plain.dump")
	require.NoError(t, os.WriteFile(archive, out.Bytes(), 0o600))
	tools, err := b.repo.o.Tools.Find(t.Context(), 0)
	require.NoError(t, err)
	list, err := exec.CommandContext(t.Context(), tools.Restore, "--list", archive).Output()
	require.NoError(t, err, "plain pg_restore reads it")
	require.Contains(t, string(list), "TABLE DATA public User")

	for _, want := range []bool{true, false} {
		changed, err := b.repo.Pin(t.Context(), e, want)
		require.NoError(t, err)
		require.True(t, changed)
		changed, err = b.repo.Pin(t.Context(), e, want)
		require.NoError(t, err)
		require.False(t, changed)
		require.Equal(t, want, e.inspect().Manifest.Pinned)
	}
}
