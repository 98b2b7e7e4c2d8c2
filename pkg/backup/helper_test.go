package backup

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/secret"
)

// testPassword is recognisable wherever it should not be.
const testPassword = "hunter2-s3cr3t"

// bundle is one repository and one database of a test's own.
type bundle struct {
	repo *Repository
	url  secret.Secret
	dir  string
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{url: withPassword(t, testdb.Empty(t)), dir: filepath.Join(t.TempDir(), "backups")}
	b.repo = newRepository(b.dir)
	b.exec(t, `CREATE TABLE "User" (id text PRIMARY KEY, email text);
		INSERT INTO "User" SELECT md5(i::text), 'user' || i || '@example.com' FROM generate_series(1, 2000) i;
		CREATE SCHEMA other; CREATE TABLE other.empty (n int);
		CREATE TABLE parted (n int) PARTITION BY RANGE (n);
		CREATE TABLE parted_low PARTITION OF parted FOR VALUES FROM (0) TO (50);
		CREATE TABLE parted_high PARTITION OF parted FOR VALUES FROM (50) TO (1000);
		INSERT INTO parted SELECT generate_series(0, 99);
		CREATE TABLE secrets (n int); INSERT INTO secrets VALUES (1), (2);
		ALTER TABLE secrets ENABLE ROW LEVEL SECURITY`)
	return b
}

// as addresses the same database as another role.
func (b *bundle) as(t *testing.T, role string) secret.Secret {
	t.Helper()
	u, err := url.Parse(b.url.Reveal())
	require.NoError(t, err)
	u.User = url.UserPassword(role, testPassword)
	q := u.Query()
	q.Del("user")
	u.RawQuery = q.Encode()
	return secret.New(u.String())
}

func newRepository(dir string) *Repository {
	return Open(Options{
		Directory: dir, Tools: Finder{Path: filepath.SplitList(os.Getenv("PATH")), Globs: DefaultGlobs()},
		Environ: os.Environ(), Now: time.Now, Host: "testhost", Program: "axisor test",
	})
}

// withPassword adds a password that the test server does not ask for; it must travel to the
// client programs all the same, and nowhere else.
func withPassword(t *testing.T, raw secret.Secret) secret.Secret {
	t.Helper()
	u, err := url.Parse(raw.Reveal())
	require.NoError(t, err)
	if _, has := u.User.Password(); has {
		return raw
	}
	name := u.User.Username()
	if name == "" {
		name = u.Query().Get("user")
	}
	u.User = url.UserPassword(name, testPassword)
	return secret.New(u.String())
}

func (b *bundle) exec(t *testing.T, sql string) {
	t.Helper()
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, b.url.Reveal())
	require.NoError(t, err)
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	require.NoError(t, err)
}

func (b *bundle) databases(t *testing.T, prefix string) []string {
	t.Helper()
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, b.url.Reveal())
	require.NoError(t, err)
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, "SELECT datname FROM pg_database WHERE starts_with(datname, $1)", prefix)
	require.NoError(t, err)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return names
}

func (b *bundle) request() Request { return Request{URL: b.url} }

func (b *bundle) create(t *testing.T, q Request) Entry {
	t.Helper()
	e, err := b.repo.Create(t.Context(), q)
	require.NoError(t, err)
	require.Equal(t, StateGood, e.State)
	return e
}

// files lists the repository without its locks.
func files(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if os.IsNotExist(err) {
		return nil
	}
	require.NoError(t, err)
	var out []string
	for _, f := range list {
		if !strings.HasSuffix(f.Name(), ".lock") {
			out = append(out, f.Name())
		}
	}
	return out
}

// fakeTools is a directory with scripts in place of the client programs.
func fakeTools(t *testing.T, dump string) string {
	t.Helper()
	dir := t.TempDir()
	installed, err := Finder{Globs: DefaultGlobs(), Path: filepath.SplitList(os.Getenv("PATH"))}.Find(t.Context(), 0)
	require.NoError(t, err)
	for name, body := range map[string]string{
		"pg_dump":    dump,
		"pg_restore": fmt.Sprintf("exec %s \"$@\"", installed.Restore),
		"pg_dumpall": fmt.Sprintf("exec %s \"$@\"", installed.DumpAll),
	} {
		script := "#!/bin/sh\nREAL=" + installed.Dump + "\n" + body + "\n"
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755))
	}
	return dir
}

// eventually polls a condition; nothing here sleeps for a fixed time.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for !ok() {
		select {
		case <-ctx.Done():
			require.Fail(t, "never happened: "+what)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

func (b *bundle) sessions(t *testing.T, application string) []int {
	t.Helper()
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, b.url.Reveal())
	require.NoError(t, err)
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, "SELECT pid FROM pg_stat_activity WHERE application_name = $1", application)
	require.NoError(t, err)
	pids, err := pgx.CollectRows(rows, pgx.RowTo[int])
	require.NoError(t, err)
	return pids
}

func (b *bundle) connect(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), b.url.Reveal())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func signalContext() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
}

// dropAfter removes a database a test has made, after the test's own context has ended.
func (b *bundle) dropAfter(t *testing.T, name string) {
	t.Helper()
	b.execAfter(t, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
}

// execAfter cleans up after the test's own context has ended.
func (b *bundle) execAfter(t *testing.T, sql string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, b.url.Reveal())
	require.NoError(t, err)
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	require.NoError(t, err)
}

// amend changes anything in a manifest on disk, as a stranger or a faulty disk would who also makes the checksum fit.
func amend(ctx context.Context, e Entry, change func(*Manifest)) error {
	m, err := readManifest(e.manifestPath(), e.ID, nil)
	if err != nil {
		return err
	}
	signature := m.Signature
	change(m)
	m.Signature = signature
	text, err := encodeChecked(m, &m.Checksum)
	if err != nil {
		return err
	}
	return replaceFile(ctx, e.dir, filepath.Base(e.manifestPath()), text)
}
