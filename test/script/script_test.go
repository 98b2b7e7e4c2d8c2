// Package script runs whole invocations of the program as scripts: arguments, environment, stdin and files in,
// stdout, stderr and exit code out, each in a process of its own against a real database and a simulated exchange.
package script

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/axisor/axisor/cmd"
	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/devenv"
	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/lnmarkets/futures"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"axisor": axisor})
}

// axisor is main.go's main: the scripts run this test binary under the program's name.
func axisor() {
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	os.Exit(cmd.Main(context.Background(), cmd.Process{
		Args: os.Args[1:], Env: os.Environ(), Dir: dir, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	}))
}

type testKey struct{}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, parameters("testdata"))
}

// parameters are what the scripts of a directory are run with.
func parameters(dir string) testscript.Params {
	return testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			tb, ok := env.T().(testing.TB)
			if !ok {
				return errors.New("this runner gives no testing.TB")
			}
			env.Values[testKey{}] = tb
			env.Values[simKey{}] = &holder{}
			env.Values[nodeKey{}] = &nodeHolder{}
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("USER", "tester")
			// The race detector makes every process wait a second at its end, and there are hundreds.
			env.Setenv("GORACE", "atexit_sleep_ms=0")
			env.Defer(func() { stopEnvironment(tb, env.WorkDir) })
			if dir == abuseScripts {
				return surround(tb, env)
			}
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"added":     added,
			"database":  database,
			"elsewhere": elsewhere,
			"exits":     exits,
			"fault":     fault,
			"fragile":   fragile,
			"identity":  identity,
			"impostor":  impostor,
			"lightning": lightning,
			"node":      node,
			"nottold":   nottold,
			"overdue":   overdue,
			"price":     price,
			"simulator": simulator,
			"sql":       statements,
			"touched":   touched,
			"trader":    trader,
		},
	}
}

func tb(ts *testscript.TestScript) testing.TB { return ts.Value(testKey{}).(testing.TB) }

// database gives the script a database of its own, migrated unless the argument is "empty", and an encryption key.
func database(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 1 {
		ts.Fatalf("usage: database [empty]")
	}
	address := testdb.NewURL
	if len(args) == 1 && args[0] == "empty" {
		address = testdb.Empty
	}
	ts.Setenv("DATABASE_URL", address(tb(ts)).Reveal())
	ts.Setenv("ENCRYPTION_KEY", clitest.Key)
	ts.Setenv("AXISOR_BACKUP_DIRECTORY", filepath.Join(ts.MkAbs("."), "backups"))
}

// exits runs a command that has to end with exactly this code: exits 3 axisor user show nobody.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	if neg || err != nil || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARG …]")
	}
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("run %s: %v", args[1], err)
	}
	if got != want {
		ts.Fatalf("%s ended with %d, not %d", strings.Join(args[1:], " "), got, want)
	}
}

// stopEnvironment ends what a script that failed in the middle left running.
func stopEnvironment(tb testing.TB, dir string) {
	tb.Helper()
	env, err := devenv.Open(devenv.Options{Dir: dir})
	if err == nil && env.Exists() {
		err = errors.Join(env.Down(context.Background()), env.Purge(context.Background()))
	}
	if err != nil {
		tb.Errorf("stop development environment: %v", err)
	}
}

type simKey struct{}

// simulator gives the script an exchange of its own, at a price of 95000.
func simulator(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: simulator")
	}
	sim := lnsim.NewServer(tb(ts), func(o *lnsim.Options) { o.Price = 95000 })
	ts.Value(simKey{}).(*holder).sim = sim
	ts.Setenv("AXISOR_LNMARKETS_BASE_URL", sim.URL)
	ts.Setenv("AXISOR_LNMARKETS_PRIVATE_RPS", "500")
	ts.Setenv("AXISOR_LNMARKETS_PUBLIC_RPS", "500")
}

// holder carries what a command of a script makes to later ones.
type holder struct{ sim *lnsim.Server }

func exchange(ts *testscript.TestScript) *lnsim.Server {
	sim := ts.Value(simKey{}).(*holder).sim
	if sim == nil {
		ts.Fatalf("run simulator first")
	}
	return sim
}

// price moves the market: price 91700.
func price(ts *testscript.TestScript, neg bool, args []string) {
	value, err := strconv.ParseFloat(strings.Join(args, " "), 64)
	if neg || err != nil {
		ts.Fatalf("usage: price PRICE")
	}
	ts.Check(exchange(ts).SetPrice(value))
}

// trader makes an account on the exchange with an open long and writes its key to NAME.json: trader ana 5000 25.
func trader(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: trader NAME USD LEVERAGE")
	}
	quantity, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	leverage, err := strconv.ParseFloat(args[2], 64)
	ts.Check(err)
	sim, who := exchange(ts), devenv.NewTrader(args[0], 1_000_000)
	_, err = sim.AddAccount(who.Account())
	ts.Check(err)
	_, err = sim.AddKey(who.Key())
	ts.Check(err)
	sim.MustOpen(lnsim.TradeSpec{AccountID: who.AccountID(), Side: futures.Buy, Quantity: quantity, Leverage: leverage})
	raw, err := json.Marshal(who.Credentials())
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".json"), raw, 0o600))
}

// fragile puts a connection in front of the database that breaks for good when the program sends this text.
func fragile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: fragile TEXT")
	}
	u, err := url.Parse(ts.Getenv("DATABASE_URL"))
	ts.Check(err)
	ts.Setenv("REAL_DATABASE_URL", u.String())
	network, address := "tcp", u.Host
	if dir := u.Query().Get("host"); strings.HasPrefix(dir, "/") {
		network, address = "unix", fmt.Sprintf("%s/.s.PGSQL.%s", dir, u.Query().Get("port"))
	}
	l, err := new(net.ListenConfig).Listen(tb(ts).Context(), "tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { l.Close() })
	p := &breaking{network: network, address: address, text: args[0]}
	go p.serve(l)
	user := u.User
	if user == nil {
		user = url.User(u.Query().Get("user"))
	}
	ts.Setenv("DATABASE_URL", (&url.URL{Scheme: "postgres", User: user, Host: l.Addr().String(), Path: u.Path, RawQuery: "sslmode=disable"}).String())
}

// breaking is a proxy that loses its server when a text passes.
type breaking struct {
	network, address, text string
	broken                 atomic.Bool
}

func (b *breaking) serve(l net.Listener) {
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		go b.pass(client)
	}
}

func (b *breaking) pass(client net.Conn) {
	defer client.Close()
	if b.broken.Load() {
		return
	}
	server, err := net.Dial(b.network, b.address)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		defer client.Close()
		_, _ = io.Copy(client, server) // ends when either side closes
	}()
	buf := make([]byte, 64<<10)
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		if strings.Contains(string(buf[:n]), b.text) {
			b.broken.Store(true)
			return
		}
		if _, err := server.Write(buf[:n]); err != nil {
			return
		}
	}
}
