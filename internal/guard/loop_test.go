package guard_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/models"
)

// looped runs rounds by hand: before each but the first, between is called.
func (s *stage) looped(t *testing.T, rounds int, between func(n int), start func(*guard.Guard) func(context.Context, guard.Loop) error) []guard.Round {
	t.Helper()
	// The rows were made by the server's clock, which is not the stage's.
	for _, table := range []string{"MarginGuardConfig", "UserExchangeAccounts"} {
		s.exec(t, `UPDATE "`+table+`" SET updated_at = ? WHERE updated_at > ?`, s.clock().Add(-time.Hour), s.clock())
	}
	g, err := guard.New(s.options())
	require.NoError(t, err)
	var out []guard.Round
	n := 0
	err = start(g)(t.Context(), guard.Loop{
		Interval: 20 * time.Second, Refresh: 15 * time.Minute, Rounds: rounds,
		Told: func(r guard.Round) { out = append(out, r) },
		Wait: func(context.Context, time.Duration) error {
			n++
			between(n)
			return nil
		},
	})
	if err != nil {
		require.NotEmpty(t, out)
		require.ErrorIs(t, err, out[len(out)-1].Err, "it ends with what the last round told")
	}
	return out
}

func watching(g *guard.Guard) func(context.Context, guard.Loop) error { return g.Watch }

func (s *stage) reads() int { return len(s.sim.RequestsTo(http.MethodGet, running)) }

func TestWatch_LooksOnlyWhereItMust(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.person(t, "near")
	s.person(t, "far", func(w *personOptions) { w.config = "margin_threshold = 1" })
	reads := []int{}
	rounds := s.looped(t, 8, func(n int) {
		reads = append(reads, s.reads())
		s.advance(20 * time.Second)
		switch n {
		case 2:
			s.sim.MustPrice(91700) // the trigger of the first is 91711.4, of the second 91382.5
		case 4:
			s.advance(15 * time.Minute)
		case 6:
			s.exec(t, `UPDATE "MarginGuardConfig" SET updated_at = ? WHERE user_id = ?`, s.clock(), p.id)
		}
	}, watching)
	reads = append(reads, s.reads())
	require.Equal(t, 2, reads[0], "at first everybody is looked at")
	require.Equal(t, 2, reads[1], "then nobody, while the price is far away")
	require.True(t, rounds[1].Idle())
	require.Equal(t, 1, rounds[2].Users)
	require.Equal(t, 1, rounds[2].Result.Added)
	require.Equal(t, int64(252631), s.margin(t, p))
	require.Equal(t, 0, rounds[3].Users, "the addition moved the trigger away")
	require.Equal(t, 2, rounds[4].Users, "everybody is due after the refresh time")
	require.Equal(t, 0, rounds[5].Users)
	require.Equal(t, 1, rounds[6].Users, "a changed configuration is looked at at once")
	require.Len(t, s.posts(), 1)

	var index []models.GuardWatch
	require.NoError(t, s.db.Gorm(t.Context()).Order("trigger_price").Find(&index).Error)
	require.Len(t, index, 2)
	var worker models.GuardWorker
	require.NoError(t, s.db.Gorm(t.Context()).Take(&worker).Error)
	require.Equal(t, models.WorkerWatch, worker.Kind)
	require.NotNil(t, worker.StoppedAt)
	require.Equal(t, s.clock(), *worker.FinishedAt)
}

// TestWatch_AQuietLookIsAnOutcome: that a user was looked at and is well is known from the last look, whatever made it.
func TestWatch_AQuietLookIsAnOutcome(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.person(t, "anna")
	looked := func() (at time.Time) {
		require.NoError(t, s.db.Gorm(t.Context()).Raw(`SELECT looked_at FROM axisor.guard_outcome`).Scan(&at).Error)
		return at
	}
	first := s.clock()
	s.looped(t, 3, func(n int) {
		require.Equal(t, first, looked(), "nobody was looked at since")
		s.advance(time.Duration(n) * 8 * time.Minute)
	}, watching)
	require.Equal(t, s.clock(), looked())
}

// TestWatch_ToldToStopInTheMiddleHasNotFailed: no monitor hears that the exchange or the database is in trouble.
func TestWatch_ToldToStopInTheMiddleHasNotFailed(t *testing.T) {
	t.Parallel()
	for name, loop := range map[string]func(*guard.Guard) func(context.Context, guard.Loop) error{
		"watch": watching, "worker": func(g *guard.Guard) func(context.Context, guard.Loop) error { return g.Work },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			s.person(t, "anna")
			box := newInbox(t)
			s.sim.MustFail(lnsim.Fault{Path: running, DelayBefore: 3 * time.Second, Count: -1})
			o := s.options()
			o.Alerts.PingURL = box.URL + "/p"
			g, err := guard.New(o)
			require.NoError(t, err)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			done := make(chan error, 1)
			go func() { done <- loop(g)(ctx, guard.Loop{Interval: time.Second, Refresh: 15 * time.Minute}) }()
			require.Eventually(t, func() bool { return s.reads() > 0 }, time.Minute, time.Millisecond)
			stop()
			require.NoError(t, <-done)
			box.mu.Lock()
			defer box.mu.Unlock()
			require.NotContains(t, box.paths, "/p/fail", box.bodies)
		})
	}
}

func TestWatch_LooksAgainAfterFunding(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.person(t, "anna")
	s.now = time.Date(2026, 8, 12, 15, 58, 0, 0, time.UTC)
	rounds := s.looped(t, 4, func(n int) {
		if n == 1 {
			s.advance(time.Minute)
		} else {
			s.advance(2 * time.Minute)
		}
	}, watching)
	var users []int
	for _, r := range rounds {
		users = append(users, r.Users)
	}
	require.Equal(t, []int{1, 0, 1, 0}, users)
}

// TestWatch_NeverDecidesFromTheIndex gives it an index that is wrong.
func TestWatch_NeverDecidesFromTheIndex(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.person(t, "anna")
	s.looped(t, 1, func(int) {}, watching)
	s.exec(t, `UPDATE axisor.guard_watch SET trigger_price = 99000`)
	rounds := s.looped(t, 1, func(int) {}, watching)
	require.Equal(t, 1, rounds[0].Users)
	require.Zero(t, rounds[0].Result.Added)
	require.Empty(t, s.posts())
	require.Equal(t, int64(210526), s.margin(t, p))
}

func TestWatch_TroubleAndOpenIntents(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.person(t, "anna")
	s.sim.MustPrice(91700)
	s.sim.MustFail(lnsim.Fault{Method: http.MethodPost, Path: addMargin, Cut: true})
	rounds := s.looped(t, 4, func(n int) {
		s.advance(20 * time.Second)
		if n == 1 {
			s.sim.MustPrice(94000) // far from the trigger: only the open intent calls for a look
		}
		if n == 2 {
			s.advance(time.Minute)
		}
	}, watching)
	require.Equal(t, 1, rounds[0].Result.Unknown)
	require.Equal(t, 1, rounds[1].Result.Unknown)
	require.Equal(t, 1, rounds[2].Users)
	require.Equal(t, 0, rounds[3].Users)
	require.Equal(t, models.GuardNotApplied, s.intents(t)[0].State)
	require.Equal(t, int64(210526), s.margin(t, p))
}
