package guard_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/lnsim"
)

const addMargin = "/v3/futures/isolated/trade/add-margin"

// at sets the price.
func at(price float64) func(*testing.T, *stage) {
	return func(_ *testing.T, s *stage) { s.sim.MustPrice(price) }
}

// shows wants words in what a command printed.
func shows(command string, words ...string) func(*testing.T, *stage, map[string]clitest.Result) {
	return func(t *testing.T, _ *stage, printed map[string]clitest.Result) {
		t.Helper()
		for _, w := range words {
			require.Contains(t, printed[command].Stdout+printed[command].Stderr, w)
		}
	}
}

func (s *stage) requests(path string) int { return len(s.sim.RequestsTo(http.MethodPost, path)) }

// ordinaryEvents are what happens to every guard one day.
func ordinaryEvents() map[string]scenario {
	return map[string]scenario{
		"no position is near its trigger": {
			arrange: at(94000),
			sees:    shows("guard run", "1 users, 1 positions, 0 in danger"),
		},
		"a position comes near liquidation": {
			arrange: at(91650),
			sees: func(t *testing.T, s *stage, printed map[string]clitest.Result) {
				t.Helper()
				require.Contains(t, printed["guard run"].Stdout, "1 added (42105 sats)")
				require.Equal(t, "applied", s.OK("guard", "history", "-o", "json").Items()[0]["state"])
			},
		},
		"the answer to an addition is lost": {
			arrange: func(_ *testing.T, s *stage) {
				s.sim.MustPrice(91650)
				s.sim.MustFail(lnsim.Fault{Method: http.MethodPost, Path: addMargin, Apply: true, Cut: true})
			},
			sees: func(t *testing.T, s *stage, printed map[string]clitest.Result) {
				t.Helper()
				require.Contains(t, printed["guard run"].Stdout, "1 added (42105 sats)")
				require.Equal(t, 1, s.requests(addMargin))
			},
		},
		"another run is under way": {
			arrange: func(t *testing.T, s *stage) {
				t.Helper()
				s.sim.MustPrice(91650)
				release, err := s.db.LockGuardRun(t.Context(), "the other one")
				require.NoError(t, err)
				t.Cleanup(release)
			},
			sees: shows("guard run", "the other one"),
		},
		"an operator switched the guard off for everybody": {
			arrange: func(_ *testing.T, s *stage) {
				s.sim.MustPrice(91650)
				s.OK("guard", "disable", "--reason", "moving house")
			},
			sees: func(t *testing.T, s *stage, printed map[string]clitest.Result) {
				t.Helper()
				require.Contains(t, printed["guard run"].Stderr, "moving house")
				require.Contains(t, printed["guard status"].Stdout, "moving house")
				require.Zero(t, s.requests(addMargin))
			},
		},
		"the exchange is down": {
			arrange: func(_ *testing.T, s *stage) {
				s.sim.MustPrice(91650)
				s.sim.MustFail(lnsim.Fault{Path: "/v3/*", Count: -1, Status: 400})
			},
			sees: shows("guard status", "no run has finished"),
		},
		"this machine's clock is off by more than 25 seconds": {
			arrange: func(t *testing.T, s *stage) {
				t.Helper()
				s.sim.MustPrice(91650)
				require.NoError(t, s.sim.SetSkew(-40*time.Second))
			},
			sees: func(t *testing.T, s *stage, printed map[string]clitest.Result) {
				t.Helper()
				require.Contains(t, printed["guard run"].Stderr, "clock")
				require.Zero(t, s.requests(addMargin))
			},
		},
		"the encryption key opens nobody's credentials": {
			env:     []string{"ENCRYPTION_KEY=" + "some-other-key-that-opens-nothing-here"},
			arrange: at(91650),
		},
		"one user's key is refused": {
			arrange: func(t *testing.T, s *stage) {
				t.Helper()
				s.guarded(t, "bob", "not the secret")
				s.sim.MustPrice(91650)
			},
			sees: func(t *testing.T, s *stage, printed map[string]clitest.Result) {
				t.Helper()
				require.Contains(t, printed["guard run"].Stdout, "1 added (42105 sats)")
				require.NotContains(t, printed["guard run"].Stdout+printed["guard run"].Stderr, "not the secret")
			},
		},
		"nobody started a run": {
			arrange: at(91650),
			sees:    shows("guard status", "no run has finished yet"),
		},
		"the address of the database names a pooler": {
			arrange: func(_ *testing.T, s *stage) {
				for _, e := range s.Env {
					if address, ok := strings.CutPrefix(e, "DATABASE_URL="); ok {
						joint := "?"
						if strings.Contains(address, "?") {
							joint = "&"
						}
						s.Program = s.With(e + joint + "pgbouncer=true")
						return
					}
				}
			},
			sees: shows("guard run", "pooler"),
		},
	}
}
