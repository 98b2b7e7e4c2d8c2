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

func TestRun_LostAnswers(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault lnsim.Fault
		first models.GuardState
		posts int
	}{
		"cut after applying":       {lnsim.Fault{Apply: true, Cut: true}, models.GuardApplied, 1},
		"502 after applying":       {lnsim.Fault{Apply: true, Status: 502}, models.GuardApplied, 1},
		"truncated after applying": {lnsim.Fault{Apply: true, Body: lnsim.BodyTruncated}, models.GuardApplied, 1},
		"empty after applying":     {lnsim.Fault{Apply: true, Body: lnsim.BodyEmpty}, models.GuardApplied, 1},
		"cut before applying":      {lnsim.Fault{Cut: true}, models.GuardUnknown, 2},
		"502 before applying":      {lnsim.Fault{Status: 502}, models.GuardUnknown, 2},
		"html before applying":     {lnsim.Fault{Status: 503, Body: lnsim.BodyHTML}, models.GuardUnknown, 2},
		"rate limit":               {lnsim.Fault{Status: 429, RetryAfter: "1"}, models.GuardRejected, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			p := s.person(t, "anna")
			s.sim.MustPrice(91700)
			tc.fault.Method, tc.fault.Path = http.MethodPost, addMargin
			s.sim.MustFail(tc.fault)

			first, err := s.run(t, marginguard.Request{})
			require.NoError(t, err)
			require.Equal(t, tc.first, s.intents(t)[0].State)
			require.Equal(t, tc.first != models.GuardApplied, first.Partial())
			require.Len(t, s.posts(), 1)
			if tc.first == models.GuardUnknown {
				require.Zero(t, s.count(t, "TradeLog"), "an unknown outcome is no trade yet")
				s.advance(30 * time.Second)
				require.Equal(t, 1, s.must(t).Unknown)
				require.Len(t, s.posts(), 1, "too early to know")
			}
			s.advance(time.Minute)
			s.must(t)
			require.Len(t, s.posts(), tc.posts)
			require.Equal(t, int64(252631), s.margin(t, p), "exactly one addition in the end")
			require.Equal(t, int64(tc.posts), s.count(t, "TradeLog"))
			for _, i := range s.intents(t) {
				require.False(t, i.State.Open(), i.State)
			}
		})
	}
}

// TestRun_AnswerAndReadBackLost is the nastiest case: the addition is made, its
// answer is lost, and so is the position that would tell.
func TestRun_AnswerAndReadBackLost(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.person(t, "anna")
	s.sim.MustPrice(91700)
	s.sim.MustFail(lnsim.Fault{Method: http.MethodPost, Path: addMargin, Apply: true, Cut: true})
	s.sim.MustFail(lnsim.Fault{Method: http.MethodGet, Path: running, Skip: 1, Count: 4, Status: 503})

	got := s.must(t)
	require.Equal(t, 1, got.Unknown)
	require.Equal(t, models.GuardUnknown, s.intents(t)[0].State)
	require.Equal(t, int64(252631), s.margin(t, p))

	s.sim.ClearFaults()
	s.advance(time.Second)
	next := s.must(t)
	require.Len(t, s.posts(), 1, "no second request")
	require.Equal(t, models.GuardApplied, s.intents(t)[0].State)
	require.Equal(t, marginguard.Resolve, item(t, next, p.id).Decision)
	require.Equal(t, int64(1), s.count(t, "TradeLog"))
	require.Equal(t, int64(252631), s.margin(t, p))
}

// TestRun_AfterACrash starts from what a process leaves behind that was killed
// at each step.
func TestRun_AfterACrash(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		state models.GuardState
		sent  bool // the request had gone out
		age   time.Duration
		want  models.GuardState
		posts int
	}{
		"planned":               {models.GuardPlanned, false, time.Second, models.GuardRejected, 1},
		"sent, applied":         {models.GuardSent, true, time.Second, models.GuardApplied, 0},
		"sent, lost, early":     {models.GuardSent, false, time.Second, models.GuardUnknown, 0},
		"sent, lost, certainly": {models.GuardSent, false, time.Minute, models.GuardNotApplied, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			p := s.person(t, "anna")
			s.sim.MustPrice(91700)
			at := s.clock().Add(-tc.age)
			row := models.GuardIntent{
				UserID: &p.id, AccountID: &p.account, TradeID: p.trade, Side: "buy", AmountSats: 42105, MarginBefore: 210526,
				LiquidationBefore: 91346, EntryPrice: 95000, Price: 91700, Threshold: 10, State: tc.state, PlannedAt: at, UpdatedAt: at,
			}
			if tc.state == models.GuardSent {
				row.SentAt = &at
			}
			require.NoError(t, s.db.Gorm(t.Context()).Create(&row).Error)
			if tc.sent {
				// The killed process had got this far.
				addThere(t, s, p, 42105)
			}
			s.sim.ClearRequests()
			s.must(t)
			require.Len(t, s.posts(), tc.posts)
			require.NoError(t, s.db.Gorm(t.Context()).Where("id = ?", row.ID).Take(&row).Error)
			require.Equal(t, tc.want, row.State)
			if tc.want != models.GuardUnknown {
				require.Equal(t, int64(252631), s.margin(t, p))
			}
		})
	}
}

// addThere makes an addition that no intent knows the outcome of.
func addThere(t *testing.T, s *stage, p person, sats int64) {
	t.Helper()
	o := s.options()
	var row models.UserExchangeAccounts
	require.NoError(t, s.db.Gorm(t.Context()).Where("id = ?", p.account).Take(&row).Error)
	x, err := guard.Open(t.Context(), o, marginguard.Target{AccountID: p.account, Credentials: row.Credentials})
	require.NoError(t, err)
	require.NoError(t, x.AddMargin(t.Context(), p.trade, sats))
}
