package guard_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/pkg/marginguard"
)

// TestSurge_TellsAndAddsEverything: a crash after a quiet week is what the guard
// is there for.
func TestSurge_TellsAndAddsEverything(t *testing.T) {
	t.Parallel()
	s := setup(t)
	people := s.crowd(t, 6, nil)
	s.usual(t, 12, 1500, 30*time.Hour)
	s.sim.MustPrice(91600)
	file := filepath.Join(t.TempDir(), "guard.prom")
	got := s.must(t, func(o *guard.Options) { o.Alerts.MetricsFile = file })
	require.Equal(t, len(people), got.Added)
	require.Zero(t, got.Failed+got.Skipped)
	for _, p := range people {
		require.Equal(t, int64(252631), s.margin(t, p))
	}
	var told []string
	for _, n := range s.notices(t) {
		if n.Kind == "surge" {
			told = append(told, n.Message)
		}
	}
	require.Equal(t, []string{"252630 sats were added at once; after what was added in the last week, more than 42105 are unusual. " +
		"Nothing was held back (guard.surge: tell)"}, told)
	health, err := s.db.GuardHealth(t.Context())
	require.NoError(t, err)
	require.Equal(t, told[0], *health.Surge.Reason)
	require.Zero(t, health.OpenBreakers, "nothing is held back afterwards either")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(text), fmt.Sprintf("axisor_guard_last_surge_timestamp_seconds %d", s.clock().Unix()))

	s.advance(time.Hour)
	s.sim.MustPrice(90900)
	require.Equal(t, len(people), s.must(t).Added, "nor in the next run")
}

// TestSurge_AnOrdinaryAdditionIsNone: a history of small runs must not make one
// single addition unusual.
func TestSurge_AnOrdinaryAdditionIsNone(t *testing.T) {
	t.Parallel()
	for _, stop := range []bool{false, true} {
		t.Run(fmt.Sprint("stops ", stop), func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			s.person(t, "anna")
			s.usual(t, 30, 200, 40*time.Hour)
			s.sim.MustPrice(91700)
			got := s.must(t, func(o *guard.Options) { o.SurgeStops = stop })
			require.Equal(t, int64(42105), got.AddedSats)
			for _, n := range s.notices(t) {
				require.NotEqual(t, "surge", n.Kind)
			}
		})
	}
}

// TestSurge_StopSharesOutWhatIsUsual: the nearest to liquidation first, to the
// last sat, and what was not made is not called failed.
func TestSurge_StopSharesOutWhatIsUsual(t *testing.T) {
	t.Parallel()
	s := setup(t)
	people := s.crowd(t, 7, nil)
	for i, p := range people {
		s.exec(t, `UPDATE "MarginGuardConfig" SET margin_threshold = ? WHERE user_id = ?`, 40-4*i, p.id)
	}
	s.usual(t, 12, 30_000, 26*time.Hour) // at a factor of 3: two additions and a bit
	s.sim.MustPrice(91500)
	got, err := s.run(t, marginguard.Request{}, stops)
	var surge *marginguard.SurgeError
	require.ErrorAs(t, err, &surge)
	require.Equal(t, marginguard.SurgeError{Planned: 7 * 42105, Limit: 90_000}, *surge)
	require.Equal(t, int64(90_000), got.AddedSats)
	for i, p := range people {
		want := map[int]int64{0: 42105, 1: 42105, 2: 90_000 - 2*42105}[i]
		require.Equal(t, 210526+want, s.margin(t, p), "the larger threshold, the nearer")
		one := item(t, got, p.id)
		require.Empty(t, one.Error)
		if want == 0 {
			require.Equal(t, marginguard.StatusSkipped, one.Status)
			require.Equal(t, marginguard.ObstacleSurge, one.Obstacle)
		}
	}
	require.Zero(t, got.Failed)
}

// TestSurge_OfARoundOfWorkers counts what all shards add together.
func TestSurge_OfARoundOfWorkers(t *testing.T) {
	t.Parallel()
	for _, stop := range []bool{false, true} {
		t.Run(fmt.Sprint("stops ", stop), func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			people := s.crowd(t, 6, nil)
			for n := range 12 {
				at := s.clock().Add(-time.Duration(20+n) * time.Hour)
				s.exec(t, `INSERT INTO axisor.guard_intent (user_id, account_id, trade_id, side, amount_sats, margin_before, liquidation_before, entry_price,
					price, threshold, state, planned_at, sent_at, resolved_at, updated_at)
					SELECT ?, ?, 'gone', 'buy', 20000, 1, 1, 1, 1, 10, 'applied', x, x, x, x FROM (SELECT ?::timestamp AS x) t`, people[0].id, people[0].account, at)
			}
			s.sim.MustPrice(91600)
			rounds := s.work(t, guard.Loop{}, func(o *guard.Options) { o.SurgeStops = stop })
			added := s.count2(t, `SELECT COALESCE(sum(amount_sats), 0)::bigint FROM axisor.guard_intent WHERE state = 'applied' AND trade_id <> 'gone'`)
			told := s.count2(t, `SELECT count(*) FROM axisor.guard_notice WHERE kind = 'surge'`)
			if !stop {
				sum(t, rounds)
				require.Equal(t, int64(6*42105), added)
				require.Equal(t, int64(1), told, "once a round")
				return
			}
			require.Equal(t, int64(60_000), added, "whichever shard was faster, what fits is added")
		})
	}
}

// TestRun_WhatAStoppedRunDidNotComeToHasNotFailed, whatever stopped it.
func TestRun_WhatAStoppedRunDidNotComeToHasNotFailed(t *testing.T) {
	t.Parallel()
	for _, at := range []guard.Step{guard.BeforePlan, guard.Planned, guard.BeforeSent} {
		t.Run(string(at), func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			s.crowd(t, 5, nil)
			s.sim.MustPrice(91700)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			o := s.options()
			o.Step = func(now guard.Step) {
				if now == at {
					stop()
				}
			}
			g, err := guard.New(o)
			require.NoError(t, err)
			got, err := g.Run(ctx, guard.Request{})
			require.ErrorIs(t, err, context.Canceled)
			require.Zero(t, got.Failed)
			for _, i := range got.Items {
				require.NotContains(t, i.Error, "context canceled")
				if i.Status == marginguard.StatusSkipped {
					require.Equal(t, marginguard.ObstacleStopped, i.Obstacle)
				}
			}
		})
	}
}
