package guard_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/secret"
)

// crowd makes n users of one shape with few statements.
func (s *stage) crowd(t *testing.T, n int, credentials func(i int, k lnsim.Key) lnsim.Key) []person {
	t.Helper()
	out := make([]person, n)
	users, configs := make([]map[string]any, n), make([]map[string]any, n)
	accounts := make([]map[string]any, n)
	var exchange string
	s.scan(t, &exchange, `SELECT id FROM "Exchange" WHERE slug = 'lnmarkets'`)
	at := s.clock().Add(-time.Hour)
	for i := range n {
		k := s.sim.NewUser(10_000_000)
		p := person{id: fmt.Sprintf("user-%05d", i), account: fmt.Sprintf("account-%05d", i), exchange: k.AccountID}
		p.trade = s.sim.MustOpen(lnsim.TradeSpec{AccountID: k.AccountID, Side: "buy", Quantity: 5000, Price: 95000, Margin: 210526}).ID
		if credentials != nil {
			k = credentials(i, k)
		}
		sealed, err := s.keys.EncryptFields(crypto.Place{}, map[string]secret.Secret{
			"api_key": secret.New(k.Key), "api_secret": secret.New(k.Secret), "passphrase": secret.New(k.Passphrase),
		})
		require.NoError(t, err)
		text, err := json.Marshal(sealed)
		require.NoError(t, err)
		users[i] = map[string]any{"id": p.id, "email": p.id + "@example.com", "username": p.id, "updated_at": at}
		accounts[i] = map[string]any{
			"id": p.account, "user_id": p.id, "exchange_id": exchange, "credentials": string(text), "is_active": true, "updated_at": at,
		}
		configs[i] = map[string]any{"user_id": p.id, "is_active": true, "updated_at": at}
		out[i] = p
	}
	g := s.db.Gorm(t.Context())
	require.NoError(t, g.Table("User").CreateInBatches(users, 500).Error)
	require.NoError(t, g.Table("UserExchangeAccounts").CreateInBatches(accounts, 500).Error)
	require.NoError(t, g.Table("MarginGuardConfig").CreateInBatches(configs, 500).Error)
	return out
}

// TestMatrix_OneUsersTroubleIsTheirOwn is a bad day of a thousand users.
func TestMatrix_OneUsersTroubleIsTheirOwn(t *testing.T) {
	t.Parallel()
	s := setup(t)
	const users, bad, broken, hanging, garbled = 1000, 50, 20, 10, 5
	people := s.crowd(t, users, func(i int, k lnsim.Key) lnsim.Key {
		if i%20 == 7 {
			k.Secret = "wrong"
		}
		return k
	})
	s.sim.MustPrice(91700)
	// Whoever comes then meets the faults; reads are not tried again after them.
	s.sim.MustFail(lnsim.Fault{Method: http.MethodGet, Path: running, Skip: 200, Count: broken, Status: 500})
	s.sim.MustFail(lnsim.Fault{Method: http.MethodGet, Path: running, Skip: 400, Count: hanging, DelayBefore: time.Hour})
	s.sim.MustFail(lnsim.Fault{Method: http.MethodGet, Path: running, Skip: 600, Count: garbled, Body: lnsim.BodyTruncated})
	got, err := s.run(t, marginguard.Request{}, func(o *guard.Options) {
		o.Concurrency, o.UserTimeout, o.Timeout = 16, 2*time.Second, time.Second
	})
	require.NoError(t, err)
	require.True(t, got.Partial(), "exit 7")
	require.Equal(t, users, got.Users)
	// A fault that meets the reading back leaves an outcome unknown instead.
	require.LessOrEqual(t, got.Failed+got.Unknown, bad+broken+hanging+garbled)
	require.Greater(t, got.Failed+got.Unknown, bad)
	require.Equal(t, users, got.Added+got.Failed+got.Unknown, "the others are handled")

	s.sim.ClearFaults()
	s.advance(61 * time.Second)
	s.clean(t, "")
	for i, p := range people {
		want := int64(252631)
		if i%20 == 7 {
			want = 210526
		}
		require.Equal(t, want, s.margin(t, p))
	}
	require.Len(t, s.posts(), users-bad)
}

// TestMatrix_BadMarketsSendNothing walks what must stop every write.
func TestMatrix_BadMarketsSendNothing(t *testing.T) {
	t.Parallel()
	ticker := func(f lnsim.Fault) func(*testing.T, *stage) {
		return func(_ *testing.T, s *stage) {
			f.Method, f.Path, f.Count = http.MethodGet, "/v3/futures/ticker", -1
			s.sim.MustFail(f)
		}
	}
	for name, tc := range map[string]struct {
		spoil func(*testing.T, *stage)
		says  string
	}{
		"empty":       {ticker(lnsim.Fault{Body: lnsim.BodyEmpty}), "price"},
		"garbage":     {ticker(lnsim.Fault{Body: lnsim.BodyHTML}), "price"},
		"cut":         {ticker(lnsim.Fault{Body: lnsim.BodyTruncated}), "price"},
		"unavailable": {ticker(lnsim.Fault{Status: 503}), "price"},
		"zero":        {ticker(lnsim.Fault{Text: `{"lastPrice":0,"index":0,"prices":[]}`}), "price"},
		"nothing":     {ticker(lnsim.Fault{Text: `{}`}), "price"},
		"negative":    {ticker(lnsim.Fault{Text: `{"lastPrice":-91700,"index":91700}`}), "price"},
		"absurd":      {ticker(lnsim.Fault{Text: `{"lastPrice":9e307,"index":91700}`}), "price"},
		"no number":   {ticker(lnsim.Fault{Text: `{"lastPrice":"91700x","index":91700}`}), "price"},
		"a wild offer": {ticker(lnsim.Fault{
			Text: `{"lastPrice":91700,"index":91700,"prices":[{"minSize":0,"maxSize":500000,"bidPrice":80000,"askPrice":91700}]}`,
		}), "offer"},
		"stale": {func(t *testing.T, s *stage) {
			t.Helper()
			ticker(lnsim.Fault{Apply: true, DelayAfter: 200 * time.Millisecond})(t, s)
			go func() {
				for len(s.sim.RequestsTo(http.MethodGet, "/v3/futures/ticker")) == 0 && t.Context().Err() == nil {
					time.Sleep(time.Millisecond)
				}
				s.advance(11 * time.Second)
			}()
		}, "old when it arrived"},
		"3 % off the index": {func(t *testing.T, s *stage) {
			t.Helper()
			require.NoError(t, s.sim.SetMarket(lnsim.Market{LastPrice: 91700, Index: 94500}))
		}, "contradict"},
		"clock": {func(t *testing.T, s *stage) {
			t.Helper()
			require.NoError(t, s.sim.SetSkew(time.Minute))
		}, "clock"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			p := s.person(t, "anna")
			s.sim.MustPrice(91700)
			tc.spoil(t, s)
			_, err := s.run(t, marginguard.Request{})
			var market *marginguard.MarketError
			require.ErrorAs(t, err, &market)
			require.ErrorContains(t, err, tc.says)
			require.Empty(t, s.posts())
			require.Empty(t, s.intents(t))
			require.Equal(t, int64(210526), s.margin(t, p))
		})
	}
}

// TestMatrix_FourProcessesAtOnce lets four runs loose on the same users at the
// same moment, without the lock and the leases that would keep them apart.
func TestMatrix_FourProcessesAtOnce(t *testing.T) {
	t.Parallel()
	s := setup(t)
	people := s.crowd(t, 200, nil)
	s.sim.MustPrice(91700)
	type result struct{ err error }
	done := make(chan result)
	for range 4 {
		go func() {
			err := guard.RunBesideOthers(t.Context(), s.options())
			done <- result{err}
		}()
	}
	for range 4 {
		require.NoError(t, (<-done).err)
	}
	for _, p := range people {
		require.LessOrEqual(t, s.margin(t, p), int64(252631), "never twice")
	}
	// Where they took it out of each other's hands, the next run has it.
	s.clean(t, "")
	for _, p := range people {
		require.Equal(t, int64(252631), s.margin(t, p))
	}
	require.Len(t, s.posts(), len(people))
	var open int64
	s.scan(t, &open, `SELECT count(*) FROM axisor.guard_intent WHERE state IN ('planned', 'sent', 'unknown')`)
	require.Zero(t, open)
}

// TestMatrix_DryRunPredicts compares the plan of a dry run with what the run does,
// and every table before and after it.
func TestMatrix_DryRunPredicts(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.crowd(t, 20, nil)
	s.person(t, "poor", func(w *personOptions) { w.balance = 5000 })
	s.sim.MustPrice(91700)
	var before, after string
	const fingerprint = `SELECT string_agg(t || ':' || x, ' ' ORDER BY t) FROM (
		SELECT n.nspname || '.' || c.relname AS t, (xpath('/row/h/text()', query_to_xml(format(
			'SELECT md5(COALESCE(string_agg(r::text, chr(10) ORDER BY r::text), '''')) AS h FROM %I.%I r', n.nspname, c.relname),
			false, true, '')))[1]::text AS x
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema') all_tables`
	s.scan(t, &before, fingerprint)
	dry, err := s.run(t, marginguard.Request{DryRun: true})
	require.NoError(t, err)
	s.scan(t, &after, fingerprint)
	require.Equal(t, before, after, "a dry run changes no row in any table")
	require.NotEmpty(t, before)
	require.Empty(t, s.posts())

	real := s.must(t)
	require.Equal(t, dry.Added, real.Added)
	require.Equal(t, dry.AddedSats, real.AddedSats)
	plan := map[string]int64{}
	for _, i := range dry.Items {
		plan[i.TradeID] = i.Amount
	}
	for _, i := range real.Items {
		require.Equal(t, plan[i.TradeID], i.Amount)
	}
	var sum struct{ Sats int64 }
	s.scan(t, &sum, `SELECT SUM(amount_sats) AS sats FROM axisor.guard_intent WHERE state = 'applied'`)
	require.Equal(t, dry.AddedSats, sum.Sats)
}
