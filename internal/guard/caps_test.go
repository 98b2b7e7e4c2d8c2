package guard_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/models"
)

// guards are the ways in which positions are guarded: each looks once at everybody.
func guards() map[string]func(*testing.T, *stage, func(*guard.Options)) {
	return map[string]func(*testing.T, *stage, func(*guard.Options)){
		"run": func(t *testing.T, s *stage, change func(*guard.Options)) {
			t.Helper()
			s.must(t, change)
		},
		"watch": func(t *testing.T, s *stage, change func(*guard.Options)) {
			t.Helper()
			o := s.options()
			change(&o)
			g, err := guard.New(o)
			require.NoError(t, err)
			require.NoError(t, g.Watch(t.Context(), guard.Loop{
				Interval: 20 * time.Second, Refresh: time.Minute, Rounds: 1, Told: func(r guard.Round) { require.NoError(t, r.Err) },
				Wait: func(context.Context, time.Duration) error { return nil },
			}))
		},
		"worker": func(t *testing.T, s *stage, change func(*guard.Options)) {
			t.Helper()
			sum(t, s.work(t, guard.Loop{}, change))
		},
	}
}

// TestCaps_SlideOver24Hours: no midnight, and no other moment, lets more out in
// 24 hours than the cap.
func TestCaps_SlideOver24Hours(t *testing.T) {
	t.Parallel()
	const limit = 50_000
	for name, look := range guards() {
		for of, caps := range map[string]func(*guard.Options){
			"user":     func(o *guard.Options) { o.Caps.UserDaySats, o.Caps.PositionDaySats, o.Caps.Cooldown = limit, -1, 0 },
			"position": func(o *guard.Options) { o.Caps.PositionDaySats, o.Caps.Cooldown = limit, 0 },
		} {
			t.Run(name+"/"+of, func(t *testing.T) {
				t.Parallel()
				s := setup(t)
				s.person(t, "anna")
				began := time.Date(2026, 8, 12, 22, 0, 0, 0, time.UTC)
				at := func(d time.Duration, price float64) int64 {
					s.mu.Lock()
					s.now = began.Add(d)
					s.mu.Unlock()
					s.sim.MustPrice(price)
					before := len(s.posts())
					look(t, s, caps)
					if len(s.posts()) == before {
						return 0
					}
					return s.intents(t)[0].AmountSats
				}
				require.Equal(t, int64(42105), at(0, 91700))
				require.Equal(t, int64(limit-42105), at(119*time.Minute, 91000))
				require.Zero(t, at(125*time.Minute, 90800), "midnight is nothing to a cap")
				require.Zero(t, at(9*time.Hour, 90800))
				require.Zero(t, at(24*time.Hour-time.Second, 90800))
				require.Equal(t, int64(42105), at(24*time.Hour+time.Second, 90800), "what the first addition took is free again")
				require.Zero(t, at(25*time.Hour, 90000), "what the second took is not")
			})
		}
	}
}

// TestCaps_HoldInEvery24HoursOfAWeek lets runs loose at odd times on a market
// that only falls.
func TestCaps_HoldInEvery24HoursOfAWeek(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.person(t, "anna")
	const limit = 31_000
	for i := range 90 {
		s.advance(time.Duration(37+i*53%300) * time.Minute)
		trade, ok := s.sim.Trade(p.trade)
		require.True(t, ok)
		s.sim.MustPrice(trade.Liquidation + 40)
		s.must(t, func(o *guard.Options) {
			o.Caps.UserDaySats, o.Caps.PositionDaySats, o.Caps.Cooldown = limit, -1, 0
		})
	}
	rows := s.intents(t)
	require.Greater(t, len(rows), 5)
	for _, last := range rows {
		var in24 int64
		for _, r := range rows {
			if age := models.Deref(last.SentAt).Sub(models.Deref(r.SentAt)); age >= 0 && age < marginguard.CapWindow {
				in24 += r.AmountSats
			}
		}
		require.LessOrEqual(t, in24, int64(limit))
	}
}
