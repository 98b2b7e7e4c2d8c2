package guard_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/pkg/lnmarkets/futures"
)

func warnAt(percent float64) func(*guard.Options) {
	return func(o *guard.Options) { o.WarnAt = percent }
}

// TestNear_OncePerApproach: at 25x from 95,000 the way to liquidation is 3,654 USD long; a
// tenth of it is the threshold, and 40 % of it is 92,807.6.
func TestNear_OncePerApproach(t *testing.T) {
	t.Parallel()
	s := setup(t)
	long, short := s.person(t, "long"), s.person(t, "short", func(w *personOptions) { w.side = futures.Sell })
	near := "position_near " + long.trade
	for _, step := range []struct {
		price float64
		told  []string
		why   string
	}{
		{93500, nil, "59 % are left"},
		{92900, nil, "42.5 % are left"},
		{92700, []string{near}, "37 % are left"},
		{92300, []string{near}, "it is the same approach"},
		{92900, []string{near}, "a step back is no recovery"},
		{92500, []string{near}, "nor a new approach"},
		{93400, []string{near}, "56 % are left: recovered"},
		{92600, []string{near, near}, "a new approach"},
		{97500, []string{near, near, "position_near " + short.trade}, "the other side"},
	} {
		s.sim.MustPrice(step.price)
		s.must(t, warnAt(40)) // every time a guard of its own, as after a restart
		s.advance(2 * time.Minute)
		require.Equal(t, step.told, s.told(t), "%v: %s", step.price, step.why)
	}
	require.Empty(t, s.posts())
}

// TestNear_NotAfterMoneyMoved: who is over the trigger already is served, or told to be
// unprotected, and not warned.
func TestNear_NotAfterMoneyMoved(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.person(t, "anna")
	s.person(t, "poor", func(w *personOptions) { w.balance = 50 })
	s.sim.MustPrice(91700)
	for range 3 {
		s.must(t, warnAt(60))
		s.advance(2 * time.Minute)
	}
	require.Len(t, s.posts(), 1)
	require.Empty(t, s.told(t))
}

// TestNear_OffByDefault, for users who are switched off, and in dry runs.
func TestNear_OffByDefault(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.person(t, "anna")
	off := s.person(t, "off")
	s.exec(t, `INSERT INTO axisor.guard_control (scope, user_id, disabled, updated_at) VALUES ('user', ?, true, now())`, off.id)
	s.sim.MustPrice(92000)
	s.must(t)
	require.Empty(t, s.told(t))
	require.Zero(t, s.count(t, "guard_event"))
	s.must(t, warnAt(50))
	require.Len(t, s.told(t), 1)
}

// TestNear_EndsWithThePosition: nothing waits for the recovery of what is gone.
func TestNear_EndsWithThePosition(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.person(t, "anna")
	s.sim.MustPrice(92000)
	s.must(t, warnAt(50))
	s.advance(time.Minute)
	s.sim.MustPrice(91200)
	s.must(t, warnAt(50))
	require.Equal(t, []string{"position_near " + p.trade, "position_liquidated " + p.trade}, s.told(t))
	var left int64
	s.scan(t, &left, `SELECT count(*) FROM axisor.guard_event WHERE kind = 'near'`)
	require.Zero(t, left)
}
