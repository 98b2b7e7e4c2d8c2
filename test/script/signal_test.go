package script

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/devenv"
	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/lnmarkets/futures"
	"github.com/axisor/axisor/pkg/store"
)

// installation is a database with processes of the program on it, which get real signals.
type installation struct {
	t   *testing.T
	dir string
	env []string
	db  *store.DB
}

func install(t *testing.T, env ...string) *installation {
	t.Helper()
	url, dir := testdb.NewURL(t), t.TempDir()
	db, err := store.Open(store.Options{URL: url, AppName: "test"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return &installation{t: t, dir: dir, db: db, env: append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "DATABASE_URL=" + url.Reveal(), "ENCRYPTION_KEY=" + clitest.Key, "GORACE=atexit_sleep_ms=0",
	}, env...)}
}

// process is one running invocation.
type process struct {
	*exec.Cmd
	t      *testing.T
	stdout bytes.Buffer
	mu     sync.Mutex
	stderr bytes.Buffer
}

// Write takes what the process writes to stderr.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stderr.Write(b)
}

func (p *process) errors() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stderr.String()
}

func (i *installation) start(stdin io.Reader, args ...string) *process {
	i.t.Helper()
	p := &process{Cmd: exec.CommandContext(i.t.Context(), "axisor", args...), t: i.t}
	p.Env, p.Dir, p.Stdin, p.Stdout, p.Stderr = i.env, i.dir, stdin, &p.stdout, p
	require.NoError(i.t, p.Start())
	return p
}

func (i *installation) run(args ...string) *process {
	i.t.Helper()
	p := i.start(nil, args...)
	require.NoError(i.t, p.Wait(), "%v: %s", args, p.errors())
	return p
}

// ends waits for the end and compares the exit code.
func (p *process) ends(code int) {
	p.t.Helper()
	err := p.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(p.t, err)
	}
	require.Equal(p.t, code, p.ProcessState.ExitCode(), "%s\n%s", p.stdout.String(), p.errors())
}

// interrupt sends SIGINT and waits until the process has said that it heard it.
func (p *process) interrupt() {
	p.t.Helper()
	require.NoError(p.t, p.Process.Signal(syscall.SIGINT))
	p.until("it says that it stops", func() bool { return strings.Contains(p.errors(), "stopping after") })
}

func (p *process) until(what string, is func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			require.FailNow(p.t, "waited too long until "+what, p.errors())
		}
	}
}

func (i *installation) count(sql string, args ...any) int {
	i.t.Helper()
	var n int
	require.NoError(i.t, i.db.Gorm(i.t.Context()).Raw(sql, args...).Scan(&n).Error)
	return n
}

// One signal: what was read is written, the report is exact, and the same file goes on where it stopped.
func TestSignal_ImportWritesWhatItRead(t *testing.T) {
	t.Parallel()
	i := install(t)
	pipe, feed := io.Pipe()
	p := i.start(pipe, "user", "import", "-", "--format", "csv")
	const rows = 12_000
	line := func(n int) string { return fmt.Sprintf("u%05d@example.com,u%05d\n", n, n) }
	fed := make(chan int, 1)
	stop := make(chan struct{})
	go func() { // the file never ends: only the signal can end the import
		n := 0
		_, err := io.WriteString(feed, "email,username\n")
		for ; err == nil; n++ {
			if n >= rows {
				select {
				case <-stop:
					err = io.EOF
				case <-time.After(time.Millisecond):
				}
			}
			if err == nil {
				_, err = io.WriteString(feed, line(n))
			}
		}
		fed <- n
	}()
	p.until("the first batch is written", func() bool { return i.count(`SELECT count(*) FROM "User"`) > 0 })
	p.interrupt()
	go func() { // Wait waits for the copying of stdin, too
		p.until("it ends", func() bool { return strings.Contains(p.errors(), "stopped after") })
		close(stop)
		pipe.Close()
	}()
	p.ends(130)
	<-fed
	require.Empty(t, p.stdout.String())
	require.Contains(t, p.errors(), "hint: import the same file again with --on-conflict skip")
	written := i.count(`SELECT count(*) FROM "User"`)
	require.Contains(t, p.errors(), fmt.Sprintf("stopped after %d rows: %d created", written, written))
	require.NotZero(t, i.count(`SELECT count(*) FROM "AuditLog" WHERE resource = 'user'`))

	var file strings.Builder
	file.WriteString("email,username\n")
	for n := range written + 100 {
		file.WriteString(line(n))
	}
	require.NoError(t, os.WriteFile(filepath.Join(i.dir, "users.csv"), []byte(file.String()), 0o600))
	i.run("user", "import", "users.csv", "--on-conflict", "skip")
	require.Equal(t, written+100, i.count(`SELECT count(*) FROM "User"`))
}

// sealAgain stores n accounts under an older key and makes the installation rotate to its own.
func (i *installation) sealAgain(n int) {
	i.t.Helper()
	old := "an-older-" + clitest.Key
	env := i.env
	i.env = append(slices.Clip(env), "ENCRYPTION_KEY="+old)
	i.run("user", "create", "--email", "ana@example.com", "--username", "ana", "--no-password")
	secret := `{"API Key":"k","API Secret":"s","Passphrase":"p"}`
	require.NoError(i.t, os.WriteFile(filepath.Join(i.dir, "c.json"), []byte(secret), 0o600))
	i.run("account", "create", "ana", "--exchange", "lnmarkets", "--name", "main", "--from-file", "c.json")
	require.NoError(i.t, i.db.Gorm(i.t.Context()).Exec(`INSERT INTO "UserExchangeAccounts" (id, user_id, exchange_id, account_name, credentials)
		SELECT 'row-' || lpad(g::text, 5, '0'), a.user_id, a.exchange_id, 'n' || g, a.credentials FROM "UserExchangeAccounts" a, generate_series(1, ?) g`, n).Error)
	i.env = append(slices.Clip(env), `AXISOR_ENCRYPTION_PREVIOUS_KEYS=["`+old+`"]`)
}

// hold locks the first row of a rotation and returns when the rotation waits for it.
func (i *installation) hold(p func() *process) (*process, func()) {
	i.t.Helper()
	free, held := make(chan struct{}), make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		err := i.db.Transaction(i.t.Context(), func(tx *store.DB) error {
			if err := tx.Gorm(i.t.Context()).Exec(`SELECT 1 FROM "UserExchangeAccounts" WHERE id = 'row-00001' FOR UPDATE`).Error; err != nil {
				return err
			}
			close(held)
			<-free
			return nil
		})
		if err != nil {
			i.t.Errorf("hold a row: %v", err)
		}
	})
	<-held
	running := p()
	running.until("it waits for the row", func() bool {
		return i.count(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) > 0
	})
	return running, sync.OnceFunc(func() {
		close(free)
		done.Wait()
	})
}

// One signal: the batch that waits for a lock is completed, no other is begun, and the next run does the rest.
func TestSignal_RekeyCompletesItsBatch(t *testing.T) {
	t.Parallel()
	i := install(t)
	const rows = 1500
	i.sealAgain(rows)
	p, free := i.hold(func() *process { return i.start(nil, "credential", "rekey", "-o", "json") })
	defer free()
	p.interrupt()
	require.NoError(t, p.Process.Signal(syscall.Signal(0)), "it is still at its batch")
	free()
	p.ends(130)
	lines := strings.Split(strings.TrimSpace(p.errors()), "\n")
	var failure struct {
		Error struct{ Kind, Message string }
	}
	require.NoError(t, json.Unmarshal([]byte(lines[len(lines)-1]), &failure), p.errors())
	require.Equal(t, "interrupted", failure.Error.Kind)
	require.Regexp(t, `stopped: [1-9]\d* values of [1-9]\d* rows`, failure.Error.Message)
	require.Equal(t, 1, i.count(`SELECT count(*) FROM "AuditLog" WHERE action = 'credential.rekey.batch'`))

	i.run("credential", "rekey")
	i.env = append(i.env, "AXISOR_ENCRYPTION_PREVIOUS_KEYS=[]")
	i.run("credential", "check", "--summary")
}

// Two signals: it stops at once, whatever it waits for, and what was in flight is taken back.
func TestSignal_TwiceStopsNow(t *testing.T) {
	t.Parallel()
	i := install(t)
	i.sealAgain(10)
	p, free := i.hold(func() *process { return i.start(nil, "credential", "rekey") })
	defer free()
	p.interrupt()
	require.NoError(t, p.Process.Signal(syscall.SIGINT))
	p.ends(130)
	require.Contains(t, p.errors(), "error: interrupted")
	require.Zero(t, i.count(`SELECT count(*) FROM "AuditLog" WHERE action = 'credential.rekey.batch'`))
}

// A guard run sees the addition through that it has sent, looks at nobody else, and says so.
func TestSignal_GuardSeesItsAdditionThrough(t *testing.T) {
	t.Parallel()
	sim := lnsim.NewServer(t, func(o *lnsim.Options) { o.Price = 95000 })
	i := install(t, "AXISOR_LNMARKETS_BASE_URL="+sim.URL, "AXISOR_LNMARKETS_PRIVATE_RPS=500", "AXISOR_LNMARKETS_PUBLIC_RPS=500",
		"AXISOR_GUARD_CONCURRENCY=1")
	for _, name := range []string{"ana", "bob"} {
		who := devenv.NewTrader(name, 1_000_000)
		_, err := sim.AddAccount(who.Account())
		require.NoError(t, err)
		_, err = sim.AddKey(who.Key())
		require.NoError(t, err)
		sim.MustOpen(lnsim.TradeSpec{AccountID: who.AccountID(), Side: futures.Buy, Quantity: 5000, Leverage: 25})
		raw, err := json.Marshal(who.Credentials())
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(i.dir, name+".json"), raw, 0o600))
		i.run("user", "create", "--email", name+"@example.com", "--username", name, "--no-password")
		i.run("account", "create", name, "--exchange", "lnmarkets", "--name", "main", "--activate", "--from-file", name+".json")
		i.run("guard", "config", "set", name, "--threshold", "10", "--add", "20")
		i.run("guard", "config", "enable", name)
	}
	require.NoError(t, sim.SetPrice(91700))
	sim.MustFail(lnsim.Fault{Method: "POST", Path: "/v3/futures/isolated/trade/add-margin", DelayAfter: 700 * time.Millisecond})
	p := i.start(nil, "guard", "run", "-o", "json")
	p.until("the addition is sent", func() bool { return i.count(`SELECT count(*) FROM axisor.guard_intent WHERE state = 'sent'`) > 0 })
	p.interrupt()
	p.ends(130)
	require.Equal(t, 1, i.count(`SELECT count(*) FROM axisor.guard_intent`), "nobody else was looked at")
	require.Equal(t, 1, i.count(`SELECT count(*) FROM axisor.guard_intent WHERE state = 'applied'`))
	require.Contains(t, p.stdout.String(), `"added":1`)
	require.Contains(t, p.errors(), "stopped: 1 additions made, 0 unknown")

	i.run("guard", "run")
	require.Equal(t, 2, i.count(`SELECT count(*) FROM axisor.guard_intent WHERE state = 'applied'`), "the next run goes on")
}

// Trade logs are taken in by one transaction: a signal takes all of it back at once, and the report says so.
func TestSignal_TradeImportLeavesNothing(t *testing.T) {
	t.Parallel()
	i := install(t)
	id := strings.TrimSpace(i.run("user", "create", "--email", "ana@example.com", "--username", "ana", "--no-password", "-q").stdout.String())
	pipe, feed := io.Pipe()
	p := i.start(pipe, "trade", "import", "-", "--format", "jsonl")
	go func() { // until the other side is closed
		var err error
		for n := 0; err == nil; n++ {
			if n > 20_000 {
				time.Sleep(time.Millisecond)
			}
			_, err = fmt.Fprintf(feed, `{"user_id":%q,"trade_id":"t%d","status":"success","executed_at":"2026-01-01T00:00:00Z"}`+"\n", id, n)
		}
	}()
	p.until("it copies", func() bool {
		return i.count(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query ILIKE 'copy%'`) > 0
	})
	require.NoError(t, p.Process.Signal(syscall.SIGINT))
	go func() {
		p.until("it ends", func() bool { return strings.Contains(p.errors(), "error:") })
		pipe.Close()
	}()
	p.ends(130)
	require.Contains(t, p.errors(), "error: interrupted; nothing was imported")
	require.Zero(t, i.count(`SELECT count(*) FROM "TradeLog"`))
}
