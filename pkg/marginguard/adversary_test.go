package marginguard

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestRun_AProcessHeldUpAfterWritingSendsNothing: by when it goes on, others may
// have concluded that its request never went out, and made the addition.
func TestRun_AProcessHeldUpAfterWritingSendsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.user("u1")
	w.price = 91700
	w.onSent = func() { time.Sleep(60 * time.Millisecond) } // the wall clock, which the data's age does not see
	got, err := w.runner(t, func(o *Options) { o.CallTimeout = 20 * time.Millisecond }).Run(t.Context(), Request{})
	require.NoError(t, err)
	require.Empty(t, w.posts)
	require.Equal(t, Rejected, w.intents[0].State)
	require.Equal(t, 1, got.Failed)
}

// TestRun_MachinesWithDifferentClocksAgreeOnAges: one is 20 s behind the exchange
// and loses the answer, the other 20 s ahead. For the second the request must
// not look 40 s older than it is, or it adds while the first may still be heard.
func TestRun_MachinesWithDifferentClocksAgreeOnAges(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.user("u1")
	w.price = 91700
	w.onPost = func(string, string) (bool, error) {
		return false, &ExchangeError{Fault: Unavailable, Err: errLocked}
	}
	real := w.clock()
	w.now, w.offset = real.Add(-20*time.Second), 20*time.Second
	_, err := w.runner(t).Run(t.Context(), Request{})
	require.NoError(t, err)
	require.Equal(t, Unknown, w.intents[0].State)
	require.Equal(t, real.UTC(), w.intents[0].SentAt, "the exchange's time")

	w.now, w.offset = real.Add(20*time.Second).Add(30*time.Second), -20*time.Second
	_, err = w.runner(t).Run(t.Context(), Request{})
	require.NoError(t, err)
	require.Equal(t, Unknown, w.intents[0].State, "30 s have passed, not 70")
	require.Len(t, w.posts, 1)
	w.advance(31 * time.Second)
	_, err = w.runner(t).Run(t.Context(), Request{})
	require.NoError(t, err)
	require.Equal(t, NotApplied, w.intents[0].State)
}

// TestDecide_AnUnknownEntryMarginIsNoOpenCap: what was added today must not raise
// the cap of today.
func TestDecide_AnUnknownEntryMarginIsNoOpenCap(t *testing.T) {
	t.Parallel()
	const start = 100_000
	p := Position{Margin: start, EntryMargin: 0}
	spent := int64(0)
	for range 50 {
		left := Caps{}.PositionDayLeft(p, spent)
		require.Equal(t, start-spent, left)
		amount := min(left, p.Margin/5)
		p.Margin, spent = p.Margin+amount, spent+amount
	}
	require.Equal(t, int64(start), spent, "the margin of the start, and no more")
	require.Equal(t, int64(7), Caps{PositionDaySats: 7}.positionDay(p, 3))
	require.Equal(t, int64(NoCap), Caps{PositionDaySats: -1}.PositionDayLeft(p, 3))
}
