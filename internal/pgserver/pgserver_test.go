package pgserver_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/pgserver"
)

// childDir makes the test binary start a server and exit: TestMain is the only
// way to have a parent process that ends.
const childDir = "AXISOR_PGSERVER_TEST_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(scratchDir); dir != "" {
		ownScratch(dir)
	}
	if dir := os.Getenv(childDir); dir != "" {
		_, err := pgserver.Start(context.Background(), pgserver.Options{Dir: dir, Port: pgserver.AnyPort})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// openDir is a directory that the server's account can reach, also as root.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "axpg")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return filepath.Join(dir, "pg")
}

func stopAtEnd(t *testing.T, s *pgserver.Server) {
	t.Helper()
	t.Cleanup(func() {
		if s.Running(context.Background()) {
			require.NoError(t, s.Stop(context.Background()))
		}
		require.NoError(t, s.Purge(context.Background()))
	})
}

func queryOne(t *testing.T, url, query string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	var got string
	err = conn.QueryRow(ctx, query).Scan(&got)
	return got, err
}

func TestStart_SurvivesTheStarterAndStops(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childDir+"="+dir)
	out, err := child.CombinedOutput()
	require.NoError(t, err, string(out))

	s, err := pgserver.New(pgserver.Options{Dir: dir, Port: pgserver.AnyPort})
	require.NoError(t, err)
	stopAtEnd(t, s)
	require.True(t, s.Running(t.Context()))
	require.Positive(t, s.Port())

	got, err := queryOne(t, s.URL("postgres").Reveal(), "show timezone")
	require.NoError(t, err)
	require.Equal(t, "UTC", got)

	_, err = queryOne(t, s.URL("postgres").Reveal(), "create table kept as select 1 as n; select 'x'")
	require.Error(t, err, "two statements are refused by the extended protocol")
	_, err = queryOne(t, s.URL("postgres").Reveal(), "create table kept as select 1 as n")
	require.ErrorIs(t, err, pgx.ErrNoRows)

	require.NoError(t, s.Stop(t.Context()))
	require.False(t, s.Running(t.Context()))
	require.ErrorIs(t, s.Stop(t.Context()), pgserver.ErrNotRunning)

	port := s.Port()
	require.NoError(t, s.Start(t.Context()))
	require.Equal(t, port, s.Port(), "the port survives a restart")
	got, err = queryOne(t, s.URL("postgres").Reveal(), "select count(*)::text from kept")
	require.NoError(t, err)
	require.Equal(t, "1", got)
}

func TestStart_TCPNeedsThePassword(t *testing.T) {
	t.Parallel()
	s, err := pgserver.Start(t.Context(), pgserver.Options{Dir: openDir(t), Port: pgserver.AnyPort})
	require.NoError(t, err)
	stopAtEnd(t, s)
	u, err := s.TCPURL("postgres")
	require.NoError(t, err)
	_, err = queryOne(t, u.Reveal(), "select 'in'")
	require.NoError(t, err)
	pw, err := s.Password()
	require.NoError(t, err)
	_, err = queryOne(t, strings.Replace(u.Reveal(), pw.Reveal(), "wrong", 1), "select 'in'")
	require.ErrorContains(t, err, "password authentication failed")

	info, err := os.Stat(s.SocketDir())
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
}

func TestStart_ConcurrentCallersShareOneServer(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	errs := make(chan error, 3)
	for range cap(errs) {
		go func() {
			_, err := pgserver.Start(context.Background(), pgserver.Options{Dir: dir})
			errs <- err
		}()
	}
	for range cap(errs) {
		require.NoError(t, <-errs)
	}
	s, err := pgserver.New(pgserver.Options{Dir: dir})
	require.NoError(t, err)
	stopAtEnd(t, s)
	_, err = queryOne(t, s.URL("postgres").Reveal(), "select 'up'")
	require.NoError(t, err)
}

func TestStart_LongPathAndStaleLockFile(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), strings.Repeat("deep-directory-name/", 6))
	require.NoError(t, os.MkdirAll(filepath.Dir(dir), 0o755))
	s, err := pgserver.Start(t.Context(), pgserver.Options{Dir: dir})
	require.NoError(t, err)
	stopAtEnd(t, s)
	require.Less(t, len(s.SocketDir()), 60)
	require.NoError(t, s.Stop(t.Context()))

	// The machine died and the server's process number now belongs to another program of the same account.
	other := sleepAs(t, s.SocketDir())
	stale := fmt.Sprintf("%d\n%s\n1\n5432\n%s\n\n", other, s.DataDir(), s.SocketDir())
	for _, file := range []string{filepath.Join(s.DataDir(), "postmaster.pid"), filepath.Join(s.SocketDir(), ".s.PGSQL.5432.lock")} {
		require.NoError(t, os.WriteFile(file, []byte(stale), 0o644))
	}
	require.False(t, s.Running(t.Context()))
	require.NoError(t, s.Start(t.Context()))
	require.True(t, s.Running(t.Context()))
}

// sleepAs runs a program that has nothing to do with the server, as the owner of a directory.
func sleepAs(t *testing.T, dir string) int {
	t.Helper()
	info, err := os.Stat(dir)
	require.NoError(t, err)
	owner, ok := info.Sys().(*syscall.Stat_t)
	require.True(t, ok)
	c := exec.Command("sleep", "60")
	if os.Geteuid() == 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}}
	}
	require.NoError(t, c.Start())
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	return c.Process.Pid
}

func TestStart_FailureShowsTheLog(t *testing.T) {
	t.Parallel()
	s, err := pgserver.New(pgserver.Options{Dir: openDir(t), Settings: map[string]string{"shared_buffers": "nonsense"}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Purge(context.Background())) })
	err = s.Start(t.Context())
	var failed *pgserver.CommandError
	require.ErrorAs(t, err, &failed)
	require.Contains(t, failed.Tail, "shared_buffers")
	require.Equal(t, s.LogFile(), failed.LogFile)
}

func TestStart_TakenPortIsNamed(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	_, err = pgserver.Start(t.Context(), pgserver.Options{Dir: openDir(t), Port: port})
	require.ErrorContains(t, err, fmt.Sprintf("127.0.0.1:%d", port))
}

func TestNew_UnreachableDirectoryMovesAway(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "axpg")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o700))
	wanted := filepath.Join(dir, "pg")
	s, err := pgserver.New(pgserver.Options{Dir: wanted})
	require.NoError(t, err)
	if os.Geteuid() != 0 { // an ordinary user is the server's account and reaches its own directories
		require.False(t, s.Moved())
		require.Equal(t, wanted, s.Dir())
		return
	}
	require.True(t, s.Moved())
	require.NotEmpty(t, s.Account())
	require.NoError(t, s.Start(t.Context()))
	stopAtEnd(t, s)
	require.NoFileExists(t, filepath.Join(wanted, "data"))
	require.FileExists(t, filepath.Join(wanted, "moved-to"))
	again, err := pgserver.New(pgserver.Options{Dir: wanted})
	require.NoError(t, err)
	require.True(t, again.Running(t.Context()))
}

func TestFind(t *testing.T) {
	fake := func(t *testing.T, dir string) string {
		t.Helper()
		require.NoError(t, os.MkdirAll(dir, 0o755))
		for _, p := range []string{"initdb", "pg_ctl", "postgres"} {
			require.NoError(t, os.WriteFile(filepath.Join(dir, p), []byte("#!/bin/sh\necho 'postgres (PostgreSQL) 17.4'\n"), 0o755))
		}
		return dir
	}
	t.Run("a hint may be an unpacked copy, newest version first", func(t *testing.T) {
		root := t.TempDir()
		fake(t, filepath.Join(root, "usr/lib/postgresql/9/bin"))
		want := fake(t, filepath.Join(root, "usr/lib/postgresql/17/bin"))
		require.NoError(t, os.MkdirAll(filepath.Join(root, "usr/lib/x86_64-linux-gnu"), 0o755))
		b, err := pgserver.Find(t.Context(), root)
		require.NoError(t, err)
		require.Equal(t, want, b.Dir)
		require.Contains(t, b.Libraries, filepath.Join(root, "usr/lib/x86_64-linux-gnu"))
		require.Equal(t, 17, b.Major(t.Context()))
	})
	t.Run("the variable wins", func(t *testing.T) {
		want := fake(t, t.TempDir())
		t.Setenv(pgserver.EnvBin, want)
		b, err := pgserver.Find(t.Context(), fake(t, t.TempDir()))
		require.NoError(t, err)
		require.Equal(t, want, b.Dir)
	})
	t.Run("a wrong variable is an error", func(t *testing.T) {
		t.Setenv(pgserver.EnvBin, t.TempDir())
		_, err := pgserver.Find(t.Context())
		require.ErrorIs(t, err, pgserver.ErrNoBinaries)
		require.ErrorContains(t, err, pgserver.EnvBin)
	})
}
