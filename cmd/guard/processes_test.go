package guard_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/cmd"
	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/secret"
)

// beAxisor tells this test binary to be the program, in a process of its own, and ahead by how much its clock is
// ahead of the machine's.
const (
	beAxisor = "AXISOR_TEST_BE_AXISOR"
	ahead    = "AXISOR_TEST_AHEAD"
)

func TestMain(m *testing.M) {
	if os.Getenv(beAxisor) == "" {
		os.Exit(m.Run())
	}
	by, err := time.ParseDuration(cmp.Or(os.Getenv(ahead), "0s"))
	if err != nil {
		panic(err)
	}
	os.Exit(cmd.Main(context.Background(), cmd.Process{
		Args: os.Args[1:], Env: os.Environ(), Dir: os.TempDir(), Stdin: strings.NewReader(""), Stdout: os.Stdout, Stderr: os.Stderr,
		Now: func() time.Time { return time.Now().Add(by) },
	}))
}

// process is a running program and what it says.
type process struct {
	*osexec.Cmd
	said *bytes.Buffer
}

func (s *stage) start(t *testing.T, args ...string) process {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	p := process{osexec.CommandContext(t.Context(), self, args...), &bytes.Buffer{}}
	p.Env, p.Stdout, p.Stderr = append(append([]string{}, s.Env...), beAxisor+"=1", "GORACE=atexit_sleep_ms=0"), p.said, p.said
	require.NoError(t, p.Start())
	return p
}

// exits waits for the end and returns the exit code; -1 for a process that was killed.
func (p process) exits(t *testing.T) int {
	t.Helper()
	err := p.Wait()
	var exit *osexec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(t, err, p.said.String())
	}
	return p.ProcessState.ExitCode()
}

// crowd makes n guarded users, each with one position near liquidation, and returns their trades.
func (s *stage) crowd(t *testing.T, n int) []string {
	t.Helper()
	trades, _ := s.crowdOf(t, n, func(int) int64 { return 210526 })
	s.sim.MustPrice(91700)
	return trades
}

// crowdOf makes n guarded users, "user-00000" and so on, each with one long position of 5000 USD opened at 95,000 with
// a margin in sats of its own, and returns their trades and keys.
func (s *stage) crowdOf(t *testing.T, n int, margin func(i int) int64) (trades []string, held []lnsim.Key) {
	t.Helper()
	keys, err := crypto.NewKeyring(secret.New(clitest.Key), nil)
	require.NoError(t, err)
	var exchange string
	g := s.db.Gorm(t.Context())
	require.NoError(t, g.Raw(`SELECT id FROM "Exchange" WHERE slug = 'lnmarkets'`).Scan(&exchange).Error)
	trades, held = make([]string, n), make([]lnsim.Key, n)
	users, accounts, configs := make([]map[string]any, n), make([]map[string]any, n), make([]map[string]any, n)
	at := time.Now().UTC().Add(-time.Hour)
	for i := range n {
		k := s.sim.NewUser(10_000_000)
		held[i] = k
		trades[i] = s.sim.MustOpen(lnsim.TradeSpec{AccountID: k.AccountID, Side: "buy", Quantity: 5000, Price: 95000, Margin: margin(i)}).ID
		sealed, err := keys.EncryptFields(crypto.Place{}, map[string]secret.Secret{
			"api_key": secret.New(k.Key), "api_secret": secret.New(k.Secret), "passphrase": secret.New(k.Passphrase),
		})
		require.NoError(t, err)
		text, err := json.Marshal(sealed)
		require.NoError(t, err)
		id := fmt.Sprintf("user-%05d", i)
		users[i] = map[string]any{"id": id, "email": id + "@example.com", "username": id, "updated_at": at}
		accounts[i] = map[string]any{"user_id": id, "exchange_id": exchange, "credentials": string(text), "is_active": true, "updated_at": at}
		configs[i] = map[string]any{"user_id": id, "is_active": true, "updated_at": at}
	}
	require.NoError(t, g.Table("User").CreateInBatches(users, 500).Error)
	require.NoError(t, g.Table("UserExchangeAccounts").CreateInBatches(accounts, 500).Error)
	require.NoError(t, g.Table("MarginGuardConfig").CreateInBatches(configs, 500).Error)
	return trades, held
}

// eachOnce asserts that every position got one addition, on the exchange and in the books.
func (s *stage) eachOnce(t *testing.T, trades []string) {
	t.Helper()
	for _, id := range trades {
		trade, ok := s.sim.Trade(id)
		require.True(t, ok)
		require.Equal(t, int64(252631), trade.Margin, "one addition of 42105 to 210526")
	}
	applied := 0
	for _, r := range s.sim.RequestsTo("POST", "/v3/futures/isolated/trade/add-margin") {
		if r.Applied {
			applied++
		}
	}
	require.Equal(t, len(trades), applied)
	var books struct{ Applied, Trades, Open, Logs int64 }
	require.NoError(t, s.db.Gorm(t.Context()).Raw(`
		SELECT count(*) FILTER (WHERE state = 'applied') AS applied, count(DISTINCT trade_id) FILTER (WHERE state = 'applied') AS trades,
		       count(*) FILTER (WHERE state IN ('planned', 'sent', 'unknown')) AS open,
		       (SELECT count(*) FROM "TradeLog" WHERE status = 'success') AS logs FROM axisor.guard_intent`).Scan(&books).Error)
	n := int64(len(trades))
	require.Equal(t, struct{ Applied, Trades, Open, Logs int64 }{n, n, 0, n}, books)
}

// TestProcesses_FourRunsAtOnce: cron on four machines at the same second.
func TestProcesses_FourRunsAtOnce(t *testing.T) {
	t.Parallel()
	s := setup(t)
	trades := s.crowd(t, 200)
	var runs []process
	for range 4 {
		runs = append(runs, s.start(t, "guard", "run"))
	}
	done := 0
	for _, r := range runs {
		code := r.exits(t)
		require.Contains(t, []int{0, 13}, code, r.said.String())
		if code == 0 {
			done++
		}
	}
	require.Positive(t, done)
	s.eachOnce(t, trades)
}

// TestProcesses_WorkersAndARunBesideThem: three workers, one of which is killed in the middle of its work and one of which
// is told to stop, while cron's run comes again and again.
func TestProcesses_WorkersAndARunBesideThem(t *testing.T) {
	t.Parallel()
	s := setup(t)
	trades := s.crowd(t, 200)
	s.sim.MustFail(lnsim.Fault{Path: "/v3/futures/isolated/trade/add-margin", Count: -1, Apply: true, DelayBefore: 20 * time.Millisecond})
	doomed := s.start(t, "guard", "worker", "--interval", "2s")
	sent := func() int { return len(s.sim.RequestsTo("POST", "/v3/futures/isolated/trade/add-margin")) }
	require.Eventually(t, func() bool { return sent() > 10 }, 20*time.Second, time.Millisecond)
	polite, other := s.start(t, "guard", "worker", "--interval", "2s"), s.start(t, "guard", "worker", "--interval", "2s")
	require.NoError(t, doomed.Process.Kill())
	require.Equal(t, -1, doomed.exits(t))
	require.NoError(t, s.db.Gorm(t.Context()).Exec(
		`UPDATE river.river_job SET attempted_at = attempted_at - interval '31 seconds' WHERE state = 'running'`).Error)
	require.Eventually(t, func() bool {
		code := s.start(t, "guard", "run").exits(t)
		require.Contains(t, []int{0, 7, 13}, code)
		return sent() >= len(trades)-20
	}, 30*time.Second, 50*time.Millisecond)
	for _, p := range []process{polite, other} {
		require.NoError(t, p.Process.Signal(syscall.SIGTERM))
		require.Equal(t, 0, p.exits(t), p.said.String())
	}
	// A minute later: what the killed one had sent and was not made is certain to be so, and made by the next run.
	require.NoError(t, s.db.Gorm(t.Context()).Exec(`UPDATE axisor.guard_intent SET sent_at = sent_at - interval '61 seconds',
		planned_at = planned_at - interval '61 seconds' WHERE state IN ('planned', 'sent', 'unknown')`).Error)
	for range 2 {
		require.Equal(t, 0, s.start(t, "guard", "run").exits(t))
	}
	s.eachOnce(t, trades)
}
