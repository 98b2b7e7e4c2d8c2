package devenv

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/store"
)

// TestMain doubles as the exchange's process: the environment starts this test binary.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == "serve" {
		os.Exit(serve(os.Args[2], os.Args[3]))
	}
	os.Exit(m.Run())
}

// testNode is what the test's node calls itself.
const testNode = "02aa"

func serve(address, dir string) int {
	release, err := Claim(dir, address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer release()
	stop, done := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer done()
	handler, err := Guarded(dir, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"node_id":"` + testNode + `"}`))
	}))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	server := &http.Server{Addr: address, ReadHeaderTimeout: time.Second, Handler: handler}
	go func() { _ = server.ListenAndServe() }()
	<-stop.Done()
	_ = server.Close() // before the lock goes: who sees us gone may want the port
	return 0
}

func open(t *testing.T, dir string) *Env {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	args := func(address, state string) []string { return []string{"serve", address, state} }
	e, err := Open(Options{Dir: dir, Program: program, Serve: args, ServeNode: args})
	require.NoError(t, err)
	t.Cleanup(func() { //nolint:contextcheck // the test's own context has ended by then
		require.NoError(t, e.Down(context.Background()))
		require.NoError(t, e.Purge(context.Background()))
	})
	return e
}

func TestUp_StartsKeepsAndStops(t *testing.T) {
	t.Parallel()
	ctx, dir := t.Context(), t.TempDir()
	e := open(t, dir)

	absent, err := e.Status(ctx)
	require.NoError(t, err)
	require.False(t, absent.Up())
	require.Equal(t, Absent, absent.Parts[0].State)
	require.NoDirExists(t, e.Home(), "looking creates nothing")

	first, err := e.Up(ctx)
	require.NoError(t, err)
	require.True(t, first.Up())
	require.True(t, first.ConfigOurs)
	for _, file := range []string{e.keyFile(), first.ConfigFile, first.Parts[1].Log} {
		info, err := os.Stat(file)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), file)
	}
	require.NotContains(t, fmt.Sprint(first), password(t, e), "addresses carry no password")
	query(t, e, "CREATE TABLE kept (n int)")
	config := read(t, first.ConfigFile)

	again, err := e.Up(ctx)
	require.NoError(t, err)
	require.Equal(t, first, again, "a second up changes nothing")
	require.Equal(t, config, read(t, first.ConfigFile))

	require.NoError(t, e.Down(ctx))
	down, err := e.Status(ctx)
	require.NoError(t, err)
	for _, p := range down.Parts {
		require.Equal(t, Stopped, p.State, p.Name)
	}
	require.NoError(t, e.Down(ctx), "down is repeatable")

	back, err := e.Up(ctx)
	require.NoError(t, err)
	for i, name := range []string{"exchange", "lightning"} {
		require.Equal(t, name, first.Parts[1+i].Name)
		require.Equal(t, first.Parts[1+i].Address, back.Parts[1+i].Address, "%s keeps its address", name)
	}
	require.Contains(t, config, "\n  node_id: \""+testNode+"\"")
	require.Contains(t, config, "\n  lnbits_url: \""+first.Parts[2].Address+"\"")

	// A configuration that was made before there was a node gets its part.
	before, _, _ := strings.Cut(config, "payments:")
	require.NoError(t, os.WriteFile(first.ConfigFile, []byte(before), 0o600))
	_, err = e.Up(ctx)
	require.NoError(t, err)
	require.Equal(t, config, read(t, first.ConfigFile))
	query(t, e, "DROP TABLE kept")
}

func TestUp_NeverTouchesTheUsersConfiguration(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mine := "database:\n  url: \"postgres://prod.example.com/axisor\" # kept up to date by axisor dev up\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".axisor.yaml"), []byte(mine), 0o600))
	e := open(t, dir)
	s, err := e.Up(t.Context())
	require.NoError(t, err)
	require.False(t, s.ConfigOurs)
	require.Equal(t, filepath.Join(e.Home(), "config.yaml"), s.ConfigFile)
	require.Equal(t, mine, read(t, filepath.Join(dir, ".axisor.yaml")))
	require.NoError(t, e.Down(t.Context()))
	require.NoError(t, e.Purge(t.Context()))
	require.Equal(t, mine, read(t, filepath.Join(dir, ".axisor.yaml")), "nor does purge")
}

// After the machine was restarted somebody else may have the port of last time.
func TestUp_FollowsAChangedPortAndKeepsEdits(t *testing.T) {
	t.Parallel()
	e := open(t, t.TempDir())
	_, err := e.Up(t.Context())
	require.NoError(t, err)
	require.NoError(t, e.Down(t.Context()))
	config := read(t, e.configFile()) + "guard:\n  cooldown: 30s\n"
	require.NoError(t, os.WriteFile(e.configFile(), []byte(config), 0o600))

	was := e.ExchangeURL()
	squatter := httptest.NewUnstartedServer(http.NotFoundHandler())
	squatter.Listener.Close()
	squatter.Listener = listen(t, strings.TrimPrefix(e.sim.url(), "http://"))
	squatter.Start()
	defer squatter.Close()

	s, err := e.Up(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, was, s.Parts[1].Address)
	now := read(t, e.configFile())
	require.Contains(t, now, `base_url: "`+s.Parts[1].Address+`"`)
	require.NotContains(t, now, was)
	require.Contains(t, now, "cooldown: 30s")
}

func TestUp_SaysWhyTheExchangeDoesNotStart(t *testing.T) {
	t.Parallel()
	e := open(t, t.TempDir())
	e.sim.program, e.sim.args = "/bin/sh", func(string, string) []string { return []string{"-c", "echo state file is broken >&2; exit 3"} }
	_, err := e.Up(t.Context())
	require.ErrorContains(t, err, "state file is broken")
	require.ErrorContains(t, err, "exchange.log")
}

func TestClaim_RefusesASecondExchange(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	release, err := Claim(dir, "127.0.0.1:1")
	require.NoError(t, err)
	_, err = Claim(dir, "127.0.0.1:2")
	require.ErrorIs(t, err, ErrSimulatorRuns)
	pid, ok := process{dir: dir}.running()
	require.True(t, ok)
	require.Equal(t, os.Getpid(), pid)
	release()
	_, ok = process{dir: dir}.running()
	require.False(t, ok)
}

func TestPurge_DeletesEverythingButTheServerPrograms(t *testing.T) {
	t.Parallel()
	e := open(t, t.TempDir())
	_, err := e.Up(t.Context())
	require.NoError(t, err)
	programs := filepath.Join(e.Home(), privateServer)
	require.NoError(t, os.Mkdir(programs, 0o700))
	require.NoError(t, e.Down(t.Context()))
	require.NoError(t, e.Purge(t.Context()))
	entries, err := os.ReadDir(e.Home())
	require.NoError(t, err)
	require.Len(t, entries, 1)
	require.DirExists(t, programs)
	require.NoFileExists(t, e.configFile())
	require.False(t, e.Exists())
}

func query(t *testing.T, e *Env, sql string) {
	t.Helper()
	url, err := e.DatabaseURL()
	require.NoError(t, err)
	db, err := store.Open(store.Options{URL: url, MaxConnections: 1})
	require.NoError(t, err)
	defer db.Close()
	_, err = db.SQL().ExecContext(t.Context(), sql)
	require.NoError(t, err)
}

func password(t *testing.T, e *Env) string {
	t.Helper()
	pw, err := e.pg.Password()
	require.NoError(t, err)
	return pw.Reveal()
}

func read(t *testing.T, file string) string {
	t.Helper()
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(raw)
}

func listen(t *testing.T, address string) net.Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address)
	require.NoError(t, err)
	return l
}
