package guard_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/lnmarkets/futures"
	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

func TestRun_AddsOnceAndLeavesTraces(t *testing.T) {
	t.Parallel()
	s := setup(t)
	long := s.person(t, "long")
	short := s.person(t, "short", func(w *personOptions) { w.side = futures.Sell })
	s.sim.MustPrice(91700)

	got := s.must(t)
	require.Equal(t, 2, got.Users)
	require.Equal(t, 2, got.Positions)
	require.Equal(t, 1, got.Added)
	require.Equal(t, int64(42105), got.AddedSats)
	require.Equal(t, int64(252631), s.margin(t, long))
	require.Equal(t, int64(210526), s.margin(t, short))
	i := item(t, got, long.id)
	require.Equal(t, marginguard.StatusApplied, i.Status)
	require.InDelta(t, 90649, i.LiquidationAfter, 1e-9)
	require.Len(t, s.posts(), 1)
	require.JSONEq(t, `{"id":"`+long.trade+`","amount":42105}`, s.posts()[0].Body)

	rows := s.intents(t)
	require.Len(t, rows, 1)
	require.Equal(t, models.GuardApplied, rows[0].State)
	require.Equal(t, int64(252631), *rows[0].MarginAfter)
	require.Equal(t, got.RunID, *rows[0].RunID)

	var trade models.TradeLog
	require.NoError(t, s.db.Gorm(t.Context()).Take(&trade).Error)
	require.Equal(t, models.TradeSuccess, trade.Status)
	require.Equal(t, "add_margin", *trade.Action)
	require.InDelta(t, 42105, *trade.Amount, 0)
	require.InDelta(t, 91700, *trade.Price, 10)
	require.Equal(t, long.trade, trade.TradeID)
	require.Equal(t, long.id, trade.UserID)
	require.Equal(t, s.clock(), trade.ExecutedAt)

	var audit models.AuditLog
	require.NoError(t, s.db.Gorm(t.Context()).Where("action = ?", "automation_success").Take(&audit).Error)
	require.Equal(t, "automation_execution", *audit.Resource)
	require.Equal(t, long.id, *audit.UserID)
	var now struct {
		TradeID string `json:"trade_id"`
		Status  string `json:"status"`
		Result  struct {
			MarginAdded int64 `json:"marginAdded"`
			NewMargin   int64 `json:"newMargin"`
		} `json:"execution_result"`
	}
	require.NoError(t, json.Unmarshal(audit.NewValues, &now))
	require.Equal(t, "success", now.Status)
	require.Equal(t, int64(42105), now.Result.MarginAdded)
	require.Equal(t, int64(252631), now.Result.NewMargin)

	var run models.GuardRun
	require.NoError(t, s.db.Gorm(t.Context()).Take(&run).Error)
	require.Equal(t, models.GuardRunFinished, run.State)
	require.Equal(t, int32(1), run.Added)

	// The position has left its danger zone: nothing more to do.
	again := s.must(t)
	require.Zero(t, again.Added)
	require.Len(t, s.posts(), 1)

	s.sim.MustPrice(98600)
	require.Equal(t, 1, s.must(t).Added)
	require.Equal(t, int64(252631), s.margin(t, short))
}

func TestRun_TwoAtOnce(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.person(t, "anna")
	s.sim.MustPrice(91700)
	s.sim.MustFail(lnsim.Fault{Method: http.MethodGet, Path: running, Count: -1, DelayBefore: 200 * time.Millisecond})
	var wg sync.WaitGroup
	failures := make([]error, 4)
	for n := range failures {
		wg.Go(func() { _, failures[n] = s.run(t, marginguard.Request{}) })
	}
	wg.Wait()
	var locked, fine int
	for _, err := range failures {
		var held *store.GuardLockedError
		switch {
		case err == nil:
			fine++
		case errors.As(err, &held):
			require.ErrorIs(t, err, store.ErrLocked)
			locked++
		default:
			require.NoError(t, err)
		}
	}
	require.Positive(t, fine)
	require.Equal(t, 4, fine+locked)
	require.Len(t, s.posts(), 1)
	require.Equal(t, int64(252631), s.margin(t, p))
}

func TestRun_LockShowsItsHolder(t *testing.T) {
	t.Parallel()
	s := setup(t)
	release, err := s.db.LockGuardRun(t.Context(), "axisor guard run 42@elsewhere")
	require.NoError(t, err)
	_, err = s.run(t, marginguard.Request{})
	var held *store.GuardLockedError
	require.ErrorAs(t, err, &held)
	require.Equal(t, "axisor guard run 42@elsewhere", held.Application)
	require.NotZero(t, held.PID)
	_, err = s.run(t, marginguard.Request{DryRun: true})
	require.NoError(t, err)
	release()
	require.Eventually(t, func() bool {
		_, err := s.run(t, marginguard.Request{})
		return err == nil
	}, 5*time.Second, 20*time.Millisecond)
}

func TestRun_OneUserNeverStopsAnother(t *testing.T) {
	t.Parallel()
	s := setup(t)
	good := s.person(t, "good")
	wrong := s.person(t, "wrongkey", func(w *personOptions) {
		w.credentials = func(k lnsim.Key) map[string]string {
			return map[string]string{"API Key": k.Key, "API Secret": "not it", "Passphrase": k.Passphrase}
		}
	})
	missing := s.person(t, "missing", func(w *personOptions) {
		w.credentials = func(k lnsim.Key) map[string]string { return map[string]string{"API Key": k.Key} }
	})
	broken := s.person(t, "broken", func(w *personOptions) { w.config = `mode = 'individual', individual_configs = '[1]'` })
	label := s.person(t, "label", func(w *personOptions) {
		w.credentials = func(k lnsim.Key) map[string]string {
			return map[string]string{"API Key": k.Key, "API Secret": k.Secret, "Passphrase": k.Passphrase, "isTestnet": "true"}
		}
	})
	camel := s.person(t, "camel", func(w *personOptions) {
		w.credentials = func(k lnsim.Key) map[string]string {
			return map[string]string{"apiKey": k.Key, "apiSecret": k.Secret, "passphrase": k.Passphrase}
		}
	})
	s.sim.MustPrice(91700)
	got := s.must(t)
	require.Equal(t, 6, got.Users)
	require.Equal(t, 3, got.Added)
	require.Equal(t, 3, got.Failed)
	require.True(t, got.Partial())
	for _, p := range []person{good, label, camel} {
		require.Equal(t, marginguard.StatusApplied, item(t, got, p.id).Status)
	}
	for _, p := range []person{wrong, missing, broken} {
		require.Equal(t, marginguard.StatusFailed, item(t, got, p.id).Status)
		require.NotEmpty(t, item(t, got, p.id).Error)
		require.Equal(t, int64(210526), s.margin(t, p))
	}
	require.NotContains(t, item(t, got, wrong.id).Error, "not it")
}

func TestRun_ExchangeNotUsable(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*stage) error{
		"everything fails": func(s *stage) error { return s.sim.Fail(lnsim.Fault{Count: -1, Status: 503}) },
		"no ticker": func(s *stage) error {
			return s.sim.Fail(lnsim.Fault{Path: "/v3/futures/ticker", Count: -1, Body: lnsim.BodyHTML, Status: 200})
		},
		"clock a minute off": func(s *stage) error { return s.sim.SetSkew(time.Minute) },
		"index far away": func(s *stage) error {
			return s.sim.SetMarket(lnsim.Market{LastPrice: 91700, Index: 95000})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			s.person(t, "anna")
			s.sim.MustPrice(91700)
			require.NoError(t, change(s))
			_, err := s.run(t, marginguard.Request{})
			var market *marginguard.MarketError
			require.ErrorAs(t, err, &market)
			require.Empty(t, s.posts())
			for _, table := range []string{"guard_run", "guard_intent", "TradeLog", "AuditLog"} {
				require.Zero(t, s.count(t, table), table)
			}
		})
	}
	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		s := setup(t)
		_, err := s.run(t, marginguard.Request{}, func(o *guard.Options) { o.BaseURL = "http://127.0.0.1:1/v3" })
		var market *marginguard.MarketError
		require.ErrorAs(t, err, &market)
		require.Zero(t, s.count(t, "guard_run"))
	})
}

func TestRun_DryRunWritesNothing(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.person(t, "anna")
	q := s.person(t, "poor", func(w *personOptions) { w.balance = 150 })
	s.sim.MustPrice(91700)
	tables := []string{"guard_run", "guard_intent", "guard_control", "guard_breaker", "TradeLog", "AuditLog", "SecurityAuditLog"}
	before := map[string]int64{}
	for _, table := range tables {
		before[table] = s.count(t, table)
	}
	predicted, err := s.run(t, marginguard.Request{DryRun: true, Everything: true})
	require.NoError(t, err)
	for _, table := range tables {
		require.Equal(t, before[table], s.count(t, table), table)
	}
	for _, r := range s.sim.Requests() {
		require.Equal(t, http.MethodGet, r.Method)
	}
	require.Equal(t, marginguard.StatusPlanned, item(t, predicted, p.id).Status)
	require.Equal(t, marginguard.InsufficientBalance, item(t, predicted, q.id).Decision)

	real := s.must(t)
	require.Equal(t, predicted.AddedSats, real.AddedSats)
	require.Equal(t, item(t, predicted, p.id).LiquidationAfter, item(t, real, p.id).LiquidationAfter)
	require.Equal(t, marginguard.InsufficientBalance, item(t, real, q.id).Decision)
	require.Equal(t, 1, real.Skipped)
	require.False(t, real.Partial())
}

func TestRun_Caps(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.person(t, "anna")
	cap60 := func(o *guard.Options) { o.Caps.UserDaySats, o.Caps.Cooldown = 60_000, 0 }
	var added []int64
	for i := 0; i < 186; i++ {
		s.sim.MustPrice(95000 - 25*float64(i))
		if r := s.must(t, cap60, func(o *guard.Options) { o.Caps.PositionDaySats = -1 }); r.Added > 0 {
			added = append(added, r.AddedSats)
		}
		s.advance(time.Minute)
		if i == 0 {
			i = 125 // nothing happens before
		}
	}
	require.Equal(t, []int64{42105, 17895}, added)
	require.Equal(t, int64(270526), s.margin(t, p))

	// The next day has its own cap; a run may have one as well.
	s.advance(24 * time.Hour)
	got, err := s.run(t, marginguard.Request{MaxSats: 5000}, cap60)
	require.NoError(t, err)
	require.Equal(t, int64(5000), got.AddedSats)
}

func TestRun_Switches(t *testing.T) {
	t.Parallel()
	s := setup(t)
	anna, bob := s.person(t, "anna"), s.person(t, "bob")
	s.sim.MustPrice(91700)
	set := func(user string, off bool) {
		_, err := s.db.SetGuardControl(t.Context(), user, off, "because", "tester", s.clock())
		require.NoError(t, err)
	}
	set("", true)
	_, err := s.run(t, marginguard.Request{})
	var off *marginguard.DisabledError
	require.ErrorAs(t, err, &off)
	require.Equal(t, "because", off.Reason)
	set("", false)
	set(anna.id, true)
	require.Equal(t, 1, s.must(t).Added)
	require.Equal(t, int64(210526), s.margin(t, anna))
	require.Equal(t, int64(252631), s.margin(t, bob))
	set(anna.id, false)
	require.Equal(t, 1, s.must(t).Added)
	require.Equal(t, int64(2), s.count(t, "guard_control"))
}

func TestRun_TargetsAreTheActiveOnes(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.person(t, "active")
	for name, sql := range map[string]string{
		"user":    `UPDATE "User" SET is_active = false WHERE id = ?`,
		"config":  `UPDATE "MarginGuardConfig" SET is_active = false WHERE user_id = ?`,
		"account": `UPDATE "UserExchangeAccounts" SET is_active = false WHERE user_id = ?`,
	} {
		s.exec(t, sql, s.person(t, name).id)
	}
	unit := s.person(t, "unit")
	s.exec(t, `UPDATE "MarginGuardConfig" SET mode = 'unitario', selected_positions = ARRAY[?] WHERE user_id = ?`, unit.trade, unit.id)
	s.sim.MustPrice(91700)
	got := s.must(t)
	require.Equal(t, 2, got.Users)
	require.Equal(t, 2, got.Added)
}
