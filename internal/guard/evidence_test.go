package guard_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/models"
)

const closedTrades = "/v3/futures/isolated/trades/closed"

// at does something once, at a step of an addition.
func at(step guard.Step, do func()) func(*guard.Options) {
	done := false
	return func(o *guard.Options) {
		o.Step = func(s guard.Step) {
			if s == step && !done {
				done = true
				do()
			}
		}
	}
}

// TestEvidence_TheAnswerProvesTheAddition, whatever else happened to the position at the same time.
func TestEvidence_TheAnswerProvesTheAddition(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		step   guard.Step
		happen func(t *testing.T, s *stage, p person)
		margin int64
		says   string
	}{
		"the user adds before the request": {guard.BeforePost, func(t *testing.T, s *stage, p person) {
			t.Helper()
			require.NoError(t, s.sim.AddMarginByHand(p.trade, 12_345))
		}, 264_976, "grew by 54450 sats"},
		"the user adds as much": {guard.MarkedSent, func(t *testing.T, s *stage, p person) {
			t.Helper()
			require.NoError(t, s.sim.AddMarginByHand(p.trade, 42_105))
		}, 294_736, "grew by 84210 sats"},
		"the user adds after it": {guard.Posted, func(t *testing.T, s *stage, p person) {
			t.Helper()
			require.NoError(t, s.sim.AddMarginByHand(p.trade, 1))
		}, 252_632, "grew by 42105 sats"},
		"it is closed after it": {guard.Posted, func(t *testing.T, s *stage, p person) {
			t.Helper()
			require.NoError(t, s.sim.CloseByHand(p.trade))
		}, 252_631, "grew by 42105 sats"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			p := s.person(t, "anna")
			s.sim.MustPrice(91700)
			got := s.must(t, at(tc.step, func() { tc.happen(t, s, p) }))
			require.Equal(t, marginguard.StatusApplied, item(t, got, p.id).Status)
			require.Equal(t, int64(42105), got.AddedSats)
			require.False(t, got.Partial())
			row := s.intents(t)[0]
			require.Equal(t, models.GuardApplied, row.State)
			require.Contains(t, *row.Resolution, tc.says)
			require.Equal(t, tc.margin, s.margin(t, p))

			// It counts, and nothing is left open.
			s.must(t)
			require.Len(t, s.posts(), 1)
			require.Equal(t, int64(1), s.count(t, "TradeLog"))
		})
	}
}

// TestEvidence_EveryOtherAnswerIsDecidedByThePosition, also a refusal that came after the exchange had carried the request out.
func TestEvidence_EveryOtherAnswerIsDecidedByThePosition(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault lnsim.Fault
		close bool // right after the answer
		want  models.GuardState
		says  string
	}{
		"400 after applying":               {lnsim.Fault{Apply: true, Status: 400}, false, models.GuardApplied, "grew by 42105"},
		"403 after applying":               {lnsim.Fault{Apply: true, Status: 403}, false, models.GuardApplied, "grew by 42105"},
		"409 after applying":               {lnsim.Fault{Apply: true, Status: 409}, false, models.GuardApplied, "grew by 42105"},
		"429 after applying":               {lnsim.Fault{Apply: true, Status: 429, RetryAfter: "0"}, false, models.GuardApplied, "grew by 42105"},
		"422 before applying":              {lnsim.Fault{Status: 422}, false, models.GuardRejected, "unchanged"},
		"200 of nothing, closed":           {lnsim.Fault{Apply: true, Body: lnsim.BodyEmpty}, true, models.GuardApplied, "applied, then closed"},
		"201 cut short, closed":            {lnsim.Fault{Apply: true, Status: 201, Body: lnsim.BodyTruncated}, true, models.GuardApplied, "applied, then closed"},
		"lost after applying, closed":      {lnsim.Fault{Apply: true, Cut: true}, true, models.GuardApplied, "applied, then closed"},
		"504 after applying, closed":       {lnsim.Fault{Apply: true, Status: 504}, true, models.GuardApplied, "applied, then closed"},
		"lost before applying, closed":     {lnsim.Fault{Cut: true}, true, models.GuardRejected, "the margin that it had"},
		"refused before applying, closed":  {lnsim.Fault{Status: 400}, true, models.GuardRejected, "the margin that it had"},
		"refused after applying, closed":   {lnsim.Fault{Apply: true, Status: 400}, true, models.GuardApplied, "applied, then closed"},
		"another trade in a 200, unproven": {lnsim.Fault{Status: 200, Text: `{"id":"x","margin":999999999}`}, false, models.GuardUnknown, "not changed yet"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			p := s.person(t, "anna")
			s.sim.MustPrice(91700)
			tc.fault.Method, tc.fault.Path = http.MethodPost, addMargin
			s.sim.MustFail(tc.fault)
			got := s.must(t, at(guard.Posted, func() {
				if tc.close {
					require.NoError(t, s.sim.CloseByHand(p.trade))
				}
			}))
			row := s.intents(t)[0]
			require.Equal(t, tc.want, row.State, "%+v", item(t, got, p.id))
			require.Contains(t, *row.Resolution, tc.says)
			require.Len(t, s.posts(), 1)
			if tc.want == models.GuardApplied {
				require.Equal(t, marginguard.StatusApplied, item(t, got, p.id).Status)
				require.Equal(t, int64(42105), got.AddedSats, "the sats count")
			}
		})
	}
}

// TestEvidence_ClosedAndUnseenStaysOpenUntilItIsSeen: nothing is called rejected that is not known to be.
func TestEvidence_ClosedAndUnseenStaysOpenUntilItIsSeen(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.person(t, "anna")
	s.sim.MustPrice(91700)
	s.sim.MustFail(lnsim.Fault{Method: http.MethodPost, Path: addMargin, Apply: true, Cut: true})
	s.sim.MustFail(lnsim.Fault{Method: http.MethodGet, Path: closedTrades, Count: -1, Status: 500})
	got := s.must(t, at(guard.Posted, func() { require.NoError(t, s.sim.CloseByHand(p.trade)) }))
	require.Equal(t, 1, got.Unknown)
	require.Equal(t, models.GuardUnknown, s.intents(t)[0].State)
	s.advance(5 * time.Minute)
	require.Equal(t, 1, s.must(t).Unknown)
	s.sim.ClearFaults()
	s.must(t)
	row := s.intents(t)[0]
	require.Equal(t, models.GuardApplied, row.State)
	require.Contains(t, *row.Resolution, "applied, then closed")
	require.Equal(t, int64(252_631), *row.MarginAfter)
}

// TestEvidence_ASlowAdditionIsDecidedInTheSameRun: whether it came before or after the time limit of its request. The
// time it took is not the user's.
func TestEvidence_ASlowAdditionIsDecidedInTheSameRun(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]lnsim.Fault{
		"applied at once, answered late":  {DelayAfter: 3 * time.Second, Apply: true},
		"applied after the limit":         {DelayBefore: 1200 * time.Millisecond, Detached: true},
		"answered within, after the user": {DelayBefore: 400 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			p := s.person(t, "anna")
			s.sim.MustPrice(91700)
			fault.Method, fault.Path = http.MethodPost, addMargin
			s.sim.MustFail(fault)
			began := time.Now()
			got := s.must(t, func(o *guard.Options) {
				o.Timeout, o.UserTimeout, o.Sleep = time.Second, 300*time.Millisecond, nil
				o.Now = func() time.Time { return s.clock().Add(time.Since(began)) }
			})
			require.Equal(t, marginguard.StatusApplied, item(t, got, p.id).Status, "%+v", got.Items)
			require.False(t, got.Partial(), "%+v", got.Items)
			require.Equal(t, int64(252_631), s.margin(t, p))
			require.Len(t, s.posts(), 1)
		})
	}
}
