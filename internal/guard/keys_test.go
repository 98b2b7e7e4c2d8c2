package guard_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/secret"
)

// TestKeys_AnExchangeThatRefusesEverybodyPutsNoKeyAside, however few keys there
// are, and in whichever process each of them was asked.
func TestKeys_AnExchangeThatRefusesEverybodyPutsNoKeyAside(t *testing.T) {
	t.Parallel()
	for name, look := range guards() {
		for _, users := range []int{1, 3, 7} {
			t.Run(fmt.Sprint(name, "/", users), func(t *testing.T) {
				t.Parallel()
				s := setup(t)
				people := s.crowd(t, users, nil)
				s.sim.MustPrice(91700)
				s.sim.MustFail(lnsim.Fault{Method: http.MethodGet, Path: running, Count: -1, Status: 403})
				for range 4 {
					look(t, s, func(*guard.Options) {})
					s.advance(time.Minute)
				}
				require.Empty(t, s.posts())
				s.sim.ClearFaults()
				look(t, s, func(*guard.Options) {})
				for _, p := range people {
					require.Equal(t, int64(252631), s.margin(t, p), "served by the first look after it")
				}
			})
		}
	}
}

// refuse stores credentials that the exchange refuses.
func (s *stage) refuse(t *testing.T, p person) {
	t.Helper()
	sealed, err := s.keys.EncryptFields(crypto.Place{}, map[string]secret.Secret{
		"api_key": secret.New("revoked"), "api_secret": secret.New("revoked"), "passphrase": secret.New("revoked"),
	})
	require.NoError(t, err)
	text, err := json.Marshal(sealed)
	require.NoError(t, err)
	s.exec(t, `UPDATE "UserExchangeAccounts" SET credentials = ?::jsonb WHERE id = ?`, string(text), p.account)
}

// asks runs the guard every minute and returns the minutes in which the exchange
// refused a key.
func (s *stage) asks(t *testing.T, minutes int, each func(marginguard.Result)) []int {
	t.Helper()
	var out []int
	for m := range minutes {
		before := s.reads()
		got := s.must(t)
		if each != nil {
			each(got)
		}
		if s.reads()-before == 3 { // the two good keys are asked every time
			out = append(out, m)
		}
		s.advance(time.Minute)
	}
	return out
}

// TestKeys_ARefusedOneIsAskedAgainAfterGrowingPauses of at most an hour.
func TestKeys_ARefusedOneIsAskedAgainAfterGrowingPauses(t *testing.T) {
	t.Parallel()
	s := setup(t)
	bad := s.crowd(t, 3, nil)[1]
	s.must(t)
	s.refuse(t, bad)
	require.Equal(t, []int{0, 1, 3, 7, 15, 31, 63, 123, 183}, s.asks(t, 200, func(r marginguard.Result) {
		one := item(t, r, bad.id)
		require.NotEqual(t, marginguard.StatusOK, one.Status)
		require.Contains(t, []marginguard.Obstacle{marginguard.ObstacleKeyRefused, marginguard.ObstacleKeyAside}, one.Obstacle)
	}))
}

// TestKeys_WithAPositionNearItsTriggerAreAskedWithinFiveMinutes, and a position
// that is known to be in danger is named in every run.
func TestKeys_WithAPositionNearItsTriggerAreAskedWithinFiveMinutes(t *testing.T) {
	t.Parallel()
	s := setup(t)
	bad := s.crowd(t, 3, nil)[2]
	s.must(t)
	s.refuse(t, bad)
	require.Len(t, s.asks(t, 70, nil), 7, "far from its trigger the pauses have grown")
	s.sim.MustPrice(93000) // 1.4 % above the trigger at 91711.4
	near := s.asks(t, 30, func(r marginguard.Result) { require.Zero(t, r.Triggered) })
	require.GreaterOrEqual(t, len(near), 6, "%v", near)
	for n := 1; n < len(near); n++ {
		require.LessOrEqual(t, near[n]-near[n-1], 5)
	}
	s.sim.MustPrice(91700)
	named := 0
	s.asks(t, 10, func(r marginguard.Result) {
		one := item(t, r, bad.id)
		if one.Decision == marginguard.Breaker {
			named++
			require.Equal(t, bad.trade, one.TradeID)
			require.True(t, one.Triggered)
			require.Contains(t, one.Error, "the price has reached")
		}
	})
	require.Positive(t, named)
	told := 0
	for _, n := range s.notices(t) {
		if n.Kind == "position_unprotected" && *n.TradeID == bad.trade {
			told++
		}
	}
	require.Equal(t, 1, told, "once an hour")
}

// TestKeys_ABreakerOfAnOlderVersionEndsWithinAnHour: it was opened for a day.
func TestKeys_ABreakerOfAnOlderVersionEndsWithinAnHour(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.person(t, "anna")
	s.sim.MustPrice(91700)
	s.exec(t, `INSERT INTO axisor.guard_breaker (scope, subject, failures, reason, opened_at, open_until, updated_at)
		VALUES ('account', ?, 2, 'refused', ?, ?, ?)`, p.account, s.clock(), s.clock().Add(24*time.Hour), s.clock())
	require.Equal(t, 1, s.must(t).Skipped)
	s.advance(time.Hour + time.Second)
	require.Equal(t, 1, s.must(t).Added)
}
