package guard_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/lnmarkets"
)

func (s *stage) tickers() int { return len(s.sim.RequestsTo(http.MethodGet, "/v3/futures/ticker")) }

// streaming starts a watcher on the stream and waits for its first round. What it
// says of rounds comes through the channel.
func (s *stage) streaming(t *testing.T, interval time.Duration) <-chan guard.Round {
	t.Helper()
	o := s.options()
	var err error
	o.StreamURL, err = lnmarkets.StreamURL("", s.sim.URL, "")
	require.NoError(t, err)
	g, err := guard.New(o)
	require.NoError(t, err)
	rounds := make(chan guard.Round, 100)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		done <- g.Watch(ctx, guard.Loop{Interval: interval, Refresh: time.Hour, Told: func(r guard.Round) { rounds <- r }})
	}()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-done)
	})
	return rounds
}

// TestStream_ARoundBeginsWhenATriggerIsReached, long before its time.
func TestStream_ARoundBeginsWhenATriggerIsReached(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.person(t, "anna")
	s.exec(t, `UPDATE "MarginGuardConfig" SET updated_at = ?`, s.clock().Add(-time.Hour))
	s.exec(t, `UPDATE "UserExchangeAccounts" SET updated_at = ?`, s.clock().Add(-time.Hour))
	rounds := s.streaming(t, 2*time.Second)
	require.Equal(t, 1, (<-rounds).Users)
	require.Equal(t, 0, (<-rounds).Users) // it knows the trigger now
	asked := s.tickers()
	s.sim.MustPrice(91700)
	require.Eventually(t, func() bool { return s.margin(t, p) == 252631 }, 10*time.Second, 5*time.Millisecond)
	require.Equal(t, asked, s.tickers(), "nobody had to ask for the price")
}

// TestStream_NeverActsOnAnOldPrice: whatever is wrong with the stream, the ticker decides.
func TestStream_NeverActsOnAnOldPrice(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string]lnsim.StreamFaults{
		"silence":   {Silent: true},
		"garbage":   {Garbage: "{}"},
		"refused":   {Refuse: true},
		"old price": {LagMs: 6000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			p := s.person(t, "anna")
			s.sim.SetStream(faults)
			s.sim.MustPrice(91700)
			rounds := s.streaming(t, 2*time.Second)
			require.Equal(t, 1, (<-rounds).Result.Added)
			require.Equal(t, int64(252631), s.margin(t, p))
			require.Positive(t, s.tickers())
			// What is heard later is not used either.
			asked := s.tickers()
			<-rounds
			require.Greater(t, s.tickers(), asked)
		})
	}
}

// TestStream_APriceThatGrewOldIsNotUsed: it was good once.
func TestStream_APriceThatGrewOldIsNotUsed(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.person(t, "anna")
	rounds := s.streaming(t, 2*time.Second)
	<-rounds
	<-rounds
	s.sim.SetStream(lnsim.StreamFaults{Silent: true})
	asked := s.tickers()
	s.advance(6 * time.Second)
	<-rounds
	<-rounds
	require.Greater(t, s.tickers(), asked)
}
