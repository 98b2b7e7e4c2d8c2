package guard_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/lnsim"
)

const closedTrades = "/v3/futures/isolated/trades/closed"

// positionEvents happen to positions without the guard's doing.
func positionEvents() map[string]scenario {
	return map[string]scenario{
		"a guarded position was liquidated": {
			arrange: func(_ *testing.T, s *stage) {
				s.OK("guard", "run")
				s.sim.MustPrice(91000)
			},
			sees: ends("liquidated", "critical", "its margin of 210526 sats is lost"),
		},
		"a guarded position was closed": {
			arrange: func(t *testing.T, s *stage) {
				t.Helper()
				s.OK("guard", "run")
				require.NoError(t, s.sim.CloseByHand(s.only(t)))
			},
			sees: ends("closed", "info", "closed at 95000.0"),
		},
		"a guarded position is gone and the exchange does not show it": {
			arrange: func(t *testing.T, s *stage) {
				t.Helper()
				s.OK("guard", "run")
				require.NoError(t, s.sim.CloseByHand(s.only(t)))
				s.sim.MustFail(lnsim.Fault{Path: closedTrades, Count: -1, Text: `{"data":[],"nextCursor":null}`})
			},
			sees: ends("gone", "warning", "nor among the newest closed ones"),
		},
		"a position comes near its trigger, with `guard.warn_at: 30`": {
			env: []string{"AXISOR_GUARD_WARN_AT=30"},
			arrange: func(_ *testing.T, s *stage) {
				s.OK("guard", "run")
				s.sim.MustPrice(92200)
			},
			sees: func(t *testing.T, s *stage, _ map[string]clitest.Result) {
				t.Helper()
				require.Equal(t, []string{"position_near"}, s.notices(t))
				require.Zero(t, s.requests(addMargin))
			},
		},
	}
}

// ends wants the end of a position in everything that tells of it.
func ends(how, severity, words string) func(*testing.T, *stage, map[string]clitest.Result) {
	return func(t *testing.T, s *stage, printed map[string]clitest.Result) {
		t.Helper()
		require.Contains(t, printed["guard run"].Stdout, words)
		require.Contains(t, printed["guard explain anna"].Stdout, words)
		line := s.OK("guard", "history", "--state", how, "-o", "json").Items()
		require.Len(t, line, 1)
		require.Contains(t, line[0]["resolution"], words)
		require.Equal(t, []string{"position_" + how}, s.notices(t))
		var told string
		require.NoError(t, s.db.Gorm(t.Context()).Raw(`SELECT severity FROM axisor.guard_notice`).Scan(&told).Error)
		require.Equal(t, severity, told)
	}
}

// only is the one trade that there is.
func (s *stage) only(t *testing.T) (id string) {
	t.Helper()
	require.NoError(t, s.db.Gorm(t.Context()).Raw(`SELECT trade_id FROM axisor.guard_watch`).Scan(&id).Error)
	return id
}

// notices are the kinds of all notices, in their order.
func (s *stage) notices(t *testing.T) (kinds []string) {
	t.Helper()
	require.NoError(t, s.db.Gorm(t.Context()).Raw(`SELECT kind FROM axisor.guard_notice ORDER BY created_at, id`).Scan(&kinds).Error)
	return kinds
}
