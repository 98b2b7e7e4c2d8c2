package guard_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/models"
)

// fails makes the exchange answer so, with anna's position in danger.
func fails(faults ...lnsim.Fault) func(*testing.T, *stage) {
	return func(_ *testing.T, s *stage) {
		s.sim.MustPrice(91650)
		for _, f := range faults {
			s.sim.MustFail(f)
		}
	}
}

// once sees one addition of 42,105 sats, by so many requests.
func once(requests int) func(*testing.T, *stage, map[string]clitest.Result) {
	return func(t *testing.T, s *stage, printed map[string]clitest.Result) {
		t.Helper()
		require.Contains(t, printed["guard run"].Stdout, "1 added (42105 sats)")
		require.Equal(t, requests, s.requests(addMargin))
		require.Equal(t, "applied", s.OK("guard", "history", "-o", "json").Items()[0]["state"])
	}
}

// usual stores runs of the last week that added this much.
func (s *stage) usual(t *testing.T, runs int, sats int64) {
	t.Helper()
	at := time.Now().UTC().Add(-30 * time.Hour)
	for range runs {
		require.NoError(t, s.db.Gorm(t.Context()).Create(&models.GuardRun{
			State: models.GuardRunFinished, Reading: "remaining", AddedSats: sats, Added: 1, StartedAt: at, FinishedAt: &at,
		}).Error)
	}
}

// quiet makes three users in danger after a week in which one addition was usual.
func quiet(t *testing.T, s *stage) {
	t.Helper()
	s.guarded(t, "bert")
	s.guarded(t, "cleo")
	s.usual(t, 12, 15_000) // three times that is 45,000
	s.sim.MustPrice(91650)
}

// exchangeEvents are what the exchange's answers, its keys and what was added before can do to a guard.
func exchangeEvents() map[string]scenario {
	return map[string]scenario{
		"the answer with the price says that it is more than 10 seconds old": {
			arrange: fails(lnsim.Fault{Path: "/v3/futures/ticker", Age: "14", Count: -1}),
			sees: func(t *testing.T, s *stage, printed map[string]clitest.Result) {
				t.Helper()
				require.Contains(t, printed["guard run"].Stderr, "old")
				require.Zero(t, s.requests(addMargin))
			},
		},
		"an addition is answered with 429 and not applied": {
			arrange: fails(lnsim.Fault{Method: http.MethodPost, Path: addMargin, Status: 429, RetryAfter: "1"}),
			sees:    once(2),
		},
		"a refusal comes after the exchange has applied the addition": {
			arrange: fails(lnsim.Fault{Method: http.MethodPost, Path: addMargin, Apply: true, Status: 422}),
			sees:    once(1),
		},
		"an addition is refused and not applied": {
			arrange: fails(lnsim.Fault{Method: http.MethodPost, Path: addMargin, Status: 422, Count: -1}),
			sees: func(t *testing.T, s *stage, _ map[string]clitest.Result) {
				t.Helper()
				require.Equal(t, "rejected", s.OK("guard", "history", "-o", "json").Items()[0]["state"])
				require.Equal(t, 1, s.requests(addMargin))
			},
		},
		"a key is refused in two runs in a row": {
			arrange: func(t *testing.T, s *stage) {
				t.Helper()
				s.guarded(t, "bert")
				s.guarded(t, "bob", "not the secret")
				s.sim.MustPrice(94000)
			},
			sees: func(t *testing.T, s *stage, printed map[string]clitest.Result) {
				t.Helper()
				open := s.OK("guard", "breaker", "list", "-o", "json").Items()
				require.Len(t, open, 1)
				require.Contains(t, printed["guard status"].Stdout, "bob")
			},
		},
		"all keys are refused for a while": {
			arrange: func(t *testing.T, s *stage) {
				t.Helper()
				s.guarded(t, "bert")
				s.sim.MustPrice(91650)
				s.sim.MustFail(lnsim.Fault{Method: http.MethodGet, Path: runningTrades, Status: 401, Count: 4})
			},
			sees: func(t *testing.T, s *stage, printed map[string]clitest.Result) {
				t.Helper()
				require.Contains(t, printed["guard run"].Stdout, "2 added (84210 sats)")
				require.Empty(t, s.OK("guard", "breaker", "list", "-o", "json").Items())
			},
		},
		"more is needed at once than in any run of the last week": {
			arrange: quiet,
			sees: func(t *testing.T, s *stage, printed map[string]clitest.Result) {
				t.Helper()
				require.Contains(t, printed["guard run"].Stdout, "3 added (126315 sats)")
				require.Contains(t, printed["guard status"].Stdout, "last surge")
				require.Contains(t, s.notices(t), "surge")
			},
		},
		"the same, with guard.surge: stop": {
			env:     []string{"AXISOR_GUARD_SURGE=stop"},
			arrange: quiet,
			sees: func(t *testing.T, s *stage, printed map[string]clitest.Result) {
				t.Helper()
				require.Contains(t, printed["guard run"].Stderr, "126315 sats")
				require.Contains(t, s.notices(t), "breaker_open")
			},
		},
		"what was added in the last 24 hours, on two days, fills a cap": {
			env: []string{"AXISOR_GUARD_MAX_SATS_PER_USER_DAY=60000"},
			arrange: func(t *testing.T, s *stage) {
				t.Helper()
				s.OK("guard", "run") // sees the position
				trade, ok := s.sim.Trade(s.only(t))
				require.True(t, ok)
				s.spent(t, "anna", trade, 30_000, "23 hours 50 minutes")
				s.spent(t, "anna", trade, 30_000, "10 minutes")
				s.sim.MustPrice(91650)
			},
			sees: func(t *testing.T, s *stage, printed map[string]clitest.Result) {
				t.Helper()
				require.Contains(t, printed["guard status"].Stdout, "anna")
				require.Zero(t, s.requests(addMargin))
			},
		},
		"stored credentials are not encrypted": {
			arrange: func(t *testing.T, s *stage) {
				t.Helper()
				s.guarded(t, "bob")
				s.exec(t, `UPDATE "UserExchangeAccounts" SET credentials = '{"api_key": "k-sesame", "api_secret": "s-sesame", "passphrase": "p-sesame"}'
					WHERE user_id = (SELECT id FROM "User" WHERE username = 'bob')`)
				s.sim.MustPrice(91650)
			},
			sees: func(t *testing.T, s *stage, printed map[string]clitest.Result) {
				t.Helper()
				require.Contains(t, printed["guard run"].Stdout, "1 added (42105 sats)")
				for _, r := range printed {
					require.NotContains(t, r.Stdout+r.Stderr, "sesame")
				}
			},
		},
	}
}
