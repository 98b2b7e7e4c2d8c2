package guard_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/marginguard"
)

// aged are tickers that say their age, in a market whose clock is ahead by skew.
func aged() map[string]struct {
	fault lnsim.Fault
	skew  time.Duration
	old   bool
} {
	return map[string]struct {
		fault lnsim.Fault
		skew  time.Duration
		old   bool
	}{
		"out of a cache":                    {lnsim.Fault{Age: "14"}, 0, true},
		"out of a fresh cache":              {lnsim.Fault{Age: "7"}, 0, false},
		"made long ago":                     {lnsim.Fault{DateOffset: -25 * time.Second}, 0, true},
		"made lately":                       {lnsim.Fault{DateOffset: -6 * time.Second}, 0, false},
		"made lately, our clock is behind":  {lnsim.Fault{DateOffset: -6 * time.Second}, 20 * time.Second, false},
		"made lately, our clock is ahead":   {lnsim.Fault{DateOffset: -6 * time.Second}, -20 * time.Second, false},
		"made long ago, our clock is ahead": {lnsim.Fault{DateOffset: -12 * time.Second}, -20 * time.Second, true},
		"made long ago, our clock lags":     {lnsim.Fault{DateOffset: -15 * time.Second}, 18 * time.Second, true},
		"made now, out of an old cache":     {lnsim.Fault{Age: "600", DateOffset: time.Second}, 0, true},
	}
}

// TestPrice_ThatSaysItIsOldMovesNoMoney in a run, a watcher, a worker or a look ahead.
func TestPrice_ThatSaysItIsOldMovesNoMoney(t *testing.T) {
	t.Parallel()
	round := func(start func(*guard.Guard) func(context.Context, guard.Loop) error) func(*testing.T, *stage) error {
		return func(t *testing.T, s *stage) error {
			t.Helper()
			rounds := s.looped(t, 1, nil, start)
			require.NotEmpty(t, rounds)
			return rounds[0].Err
		}
	}
	for name, c := range aged() {
		for how, look := range map[string]func(*testing.T, *stage) error{
			"run": func(t *testing.T, s *stage) error {
				t.Helper()
				_, err := s.run(t, marginguard.Request{})
				return err
			},
			"dry run": func(t *testing.T, s *stage) error {
				t.Helper()
				_, err := s.run(t, marginguard.Request{DryRun: true, Everything: true})
				return err
			},
			"watch":  round(watching),
			"worker": round(func(g *guard.Guard) func(context.Context, guard.Loop) error { return g.Work }),
		} {
			if how != "run" && c.skew >= 0 && c.fault.Age == "" {
				continue // once is enough: they ask in the same way
			}
			t.Run(name+", "+how, func(t *testing.T) {
				t.Parallel()
				s := setup(t)
				s.person(t, "anna")
				s.sim.MustPrice(91650)
				require.NoError(t, s.sim.SetSkew(c.skew))
				c.fault.Method, c.fault.Path, c.fault.Count = http.MethodGet, "/v3/futures/ticker", -1
				s.sim.MustFail(c.fault)
				err := look(t, s)
				if !c.old {
					require.NoError(t, err)
					require.Equal(t, how != "dry run", len(s.posts()) == 1)
					return
				}
				var market *marginguard.MarketError
				require.ErrorAs(t, err, &market)
				require.ErrorContains(t, err, "old when it arrived")
				require.Empty(t, s.posts())
				require.Empty(t, s.intents(t))
			})
		}
	}
}

// TestPrice_ThatGrowsOldInTheMiddleOfARunEndsIt: what was read at its start does not stand in for it.
func TestPrice_ThatGrowsOldInTheMiddleOfARunEndsIt(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.person(t, "anna")
	s.sim.MustPrice(91650)
	s.sim.MustFail(lnsim.Fault{Method: http.MethodGet, Path: "/v3/futures/ticker", Age: "5"})
	s.sim.MustFail(lnsim.Fault{Method: http.MethodGet, Path: "/v3/futures/ticker", Age: "16", Count: -1})
	_, err := s.run(t, marginguard.Request{})
	var market *marginguard.MarketError
	require.ErrorAs(t, err, &market)
	require.Empty(t, s.posts())
}

// TestWatch_ToldToStopWhileItAsksDoesNotBlameTheExchange: neither in what it says nor in what it stores.
func TestWatch_ToldToStopWhileItAsksDoesNotBlameTheExchange(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/v3/time", "/v3/futures/ticker"} {
		for how, start := range map[string]func(*guard.Guard, context.Context, guard.Loop) error{
			"watch": func(g *guard.Guard, ctx context.Context, l guard.Loop) error { return g.Watch(ctx, l) },
			"look ahead": func(g *guard.Guard, ctx context.Context, l guard.Loop) error {
				l.DryRun = true
				return g.Watch(ctx, l)
			},
		} {
			t.Run(how+path, func(t *testing.T) {
				t.Parallel()
				s := setup(t)
				s.person(t, "anna")
				s.sim.MustFail(lnsim.Fault{Method: http.MethodGet, Path: path, DelayBefore: time.Minute, Count: -1})
				g, err := guard.New(s.options())
				require.NoError(t, err)
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				var told []guard.Round
				done := make(chan error, 1)
				go func() {
					done <- start(g, ctx, guard.Loop{
						Interval: time.Minute, Refresh: time.Hour, Told: func(r guard.Round) { told = append(told, r) },
					})
				}()
				require.Eventually(t, func() bool { return len(s.sim.RequestsTo(http.MethodGet, path)) > 0 }, 20*time.Second, 5*time.Millisecond)
				stop()
				require.NoError(t, <-done)
				for _, r := range told {
					require.NoError(t, r.Err)
				}
				var blamed int64
				s.scan(t, &blamed, `SELECT (SELECT count(*) FROM axisor.guard_breaker) + (SELECT count(*) FROM axisor.guard_run WHERE state = 'failed')
					+ (SELECT count(*) FROM axisor.guard_worker WHERE error IS NOT NULL) + (SELECT count(*) FROM axisor.guard_notice)`)
				require.Zero(t, blamed)
			})
		}
	}
}

// TestRun_ToldToStopWhileItAsksOpensNoBreaker of the exchange.
func TestRun_ToldToStopWhileItAsksOpensNoBreaker(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.person(t, "anna")
	s.sim.MustFail(lnsim.Fault{Method: http.MethodGet, Path: "/v3/time", DelayBefore: time.Minute})
	g, err := guard.New(s.options())
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := make(chan error, 1)
	go func() {
		_, err := g.Run(ctx, guard.Request{})
		done <- err
	}()
	require.Eventually(t, func() bool { return len(s.sim.RequestsTo(http.MethodGet, "/v3/time")) > 0 }, 20*time.Second, 5*time.Millisecond)
	stop()
	err = <-done
	require.ErrorIs(t, err, context.Canceled)
	var market *marginguard.MarketError
	require.NotErrorAs(t, err, &market)
	require.Zero(t, s.count(t, "guard_breaker"))
	s.sim.ClearFaults()
	s.must(t)
}
