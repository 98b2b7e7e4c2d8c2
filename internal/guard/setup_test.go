package guard_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/lnmarkets/futures"
	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/namespace"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

const (
	addMargin = "/v3/futures/isolated/trade/add-margin"
	running   = "/v3/futures/isolated/trades/running"
)

// stage is a database, an exchange and a clock that both share.
type stage struct {
	db   *store.DB
	sim  *lnsim.Server
	keys *crypto.Keyring

	mu  sync.Mutex
	now time.Time
}

func setup(t *testing.T) *stage {
	t.Helper()
	s := &stage{now: time.Date(2026, 8, 12, 12, 0, 0, 0, time.UTC), db: testdb.New(t)}
	s.sim = lnsim.NewServer(t, func(o *lnsim.Options) { o.Now, o.Price = s.clock, 95000 })
	var err error
	s.keys, err = crypto.NewKeyring(secret.New(strings.Repeat("k", 32)), nil)
	require.NoError(t, err)
	return s
}

func (s *stage) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *stage) advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

type person struct {
	id, account, exchange, trade string
}

type personOptions struct {
	balance     int64
	credentials func(lnsim.Key) map[string]string
	config      string // columns = values of the configuration row
	side        futures.Side
	cross       int64 // collateral of a short cross position
}

// person makes a user with an account, a global configuration (10 %, add 20 %)
// and one position of 25x, opened at 95000.
func (s *stage) person(t *testing.T, name string, change ...func(*personOptions)) person {
	t.Helper()
	w := personOptions{balance: 10_000_000, side: futures.Buy, credentials: func(k lnsim.Key) map[string]string {
		return map[string]string{"api_key": k.Key, "api_secret": k.Secret, "passphrase": k.Passphrase}
	}}
	for _, c := range change {
		c(&w)
	}
	key := s.sim.NewUser(w.balance)
	if w.cross > 0 {
		account, err := s.sim.AddAccount(lnsim.Account{Balance: w.balance, Cross: lnsim.Cross{
			Quantity: -2000, EntryPrice: 94000, Leverage: 10, Margin: w.cross,
		}})
		require.NoError(t, err)
		key, err = s.sim.AddKey(lnsim.Key{AccountID: account.ID})
		require.NoError(t, err)
	}
	p := person{exchange: key.AccountID}
	p.trade = s.sim.MustOpen(lnsim.TradeSpec{
		AccountID: key.AccountID, Side: w.side, Quantity: 5000, Price: 95000, Margin: 210526,
	}).ID

	fields := map[string]secret.Secret{}
	for k, v := range w.credentials(key) {
		fields[k] = secret.New(v)
	}
	sealed, err := s.keys.EncryptFields(crypto.Place{}, fields)
	require.NoError(t, err)
	text, err := json.Marshal(sealed)
	require.NoError(t, err)

	s.scan(t, &p.id, `INSERT INTO "User" (email, username, updated_at) VALUES (?, ?, now()) RETURNING id`, name+"@example.com", name)
	s.scan(t, &p.account, `INSERT INTO "UserExchangeAccounts" (user_id, exchange_id, credentials, is_active, updated_at)
		SELECT ?, id, ?::jsonb, true, now() FROM "Exchange" WHERE slug = 'lnmarkets' RETURNING id`, p.id, string(text))
	s.exec(t, `INSERT INTO "MarginGuardConfig" (user_id, is_active, updated_at) VALUES (?, true, now())`, p.id)
	if w.config != "" {
		s.exec(t, `UPDATE "MarginGuardConfig" SET `+w.config+` WHERE user_id = ?`, p.id)
	}
	return p
}

// usual stores runs that were made before, each of which added some sats.
func (s *stage) usual(t *testing.T, n int, sats int64, ago time.Duration) {
	t.Helper()
	for range n {
		at := s.clock().Add(-ago)
		require.NoError(t, s.db.Gorm(t.Context()).Create(&models.GuardRun{
			State: models.GuardRunFinished, Reading: "remaining", AddedSats: sats, Added: 1, StartedAt: at, FinishedAt: &at,
		}).Error)
	}
}

func (s *stage) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	require.NoError(t, s.db.Gorm(t.Context()).Exec(sql, args...).Error)
}

func (s *stage) scan(t *testing.T, to any, sql string, args ...any) {
	t.Helper()
	require.NoError(t, s.db.Gorm(t.Context()).Raw(sql, args...).Scan(to).Error)
}

func (s *stage) options() guard.Options {
	return guard.Options{
		DB: s.db, Keyring: s.keys, BaseURL: s.sim.URL, Timeout: 5 * time.Second, Concurrency: 4, SurgeFactor: 3,
		Caps: marginguard.Caps{
			BalanceShare: 0.5, MinAddSats: 100, Cooldown: time.Minute, CooldownEscape: 0.5,
		},
		Actor: "tester", Host: "here", Version: "test", PID: 1, Now: s.clock,
		Sleep: func(context.Context, time.Duration) error { return nil },
	}
}

func (s *stage) run(t *testing.T, r marginguard.Request, change ...func(*guard.Options)) (marginguard.Result, error) {
	t.Helper()
	o := s.options()
	for _, c := range change {
		c(&o)
	}
	g, err := guard.New(o)
	require.NoError(t, err)
	return g.Run(t.Context(), guard.Request{Request: r})
}

func (s *stage) must(t *testing.T, change ...func(*guard.Options)) marginguard.Result {
	t.Helper()
	got, err := s.run(t, marginguard.Request{}, change...)
	require.NoError(t, err)
	return got
}

// posts are the additions that the exchange received.
func (s *stage) posts() []lnsim.Request { return s.sim.RequestsTo("POST", addMargin) }

func (s *stage) margin(t *testing.T, p person) int64 {
	t.Helper()
	trade, ok := s.sim.Trade(p.trade)
	require.True(t, ok)
	return trade.Margin
}

func (s *stage) intents(t *testing.T) []models.GuardIntent {
	t.Helper()
	rows, err := s.db.ListGuardIntents(t.Context(), store.GuardIntentFilter{}, store.Page{All: true}).Collect()
	require.NoError(t, err)
	return rows
}

// count is how many rows a table holds.
func (s *stage) count(t *testing.T, table string) int64 {
	t.Helper()
	var n int64
	s.scan(t, &n, "SELECT count(*) FROM "+namespace.Table(table))
	return n
}

func item(t *testing.T, r marginguard.Result, user string) marginguard.Item {
	t.Helper()
	for _, i := range r.Items {
		if i.UserID == user {
			return i
		}
	}
	require.Failf(t, "no item", "%s in %+v", user, r.Items)
	return marginguard.Item{}
}
