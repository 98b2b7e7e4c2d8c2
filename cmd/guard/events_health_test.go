package guard_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/lnsim"
)

const runningTrades = "/v3/futures/isolated/trades/running"

// unwell runs a machine status and wants the codes of its problems.
func unwell(codes ...string) func(*testing.T, *stage, map[string]clitest.Result) {
	return func(t *testing.T, s *stage, _ map[string]clitest.Result) {
		t.Helper()
		require.ElementsMatch(t, codes, s.problems(t))
	}
}

// problems are the codes that status finds, with trade ids where there are some.
func (s *stage) problems(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, p := range s.Run("guard", "status", "-o", "json").JSON()["problems"].([]any) {
		out = append(out, p.(map[string]any)["code"].(string))
	}
	return out
}

func (s *stage) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	done := s.db.Gorm(t.Context()).Exec(sql, args...)
	require.NoError(t, done.Error)
	require.Positive(t, done.RowsAffected)
}

// healthEvents leave somebody without the protection that they want.
func healthEvents() map[string]scenario {
	return map[string]scenario{
		"a cap leaves a position in danger": {
			env: []string{"AXISOR_GUARD_MAX_SATS_PER_USER_DAY=700", "AXISOR_GUARD_COOLDOWN=1ms"},
			arrange: func(_ *testing.T, s *stage) {
				s.sim.MustPrice(91700)
				require.Equal(t0(s), 7, s.Run("guard", "run").Code)
			},
			sees: unwell("nobody_protected", "cap"),
		},
		"a cool-down leaves a position in danger": {
			arrange: func(_ *testing.T, s *stage) {
				s.sim.MustPrice(91700)
				s.OK("guard", "run")
				s.sim.MustPrice(91060)
			},
			sees: unwell("nobody_protected", "cooldown"),
		},
		"a position left in danger is safe again": {
			arrange: func(_ *testing.T, s *stage) {
				s.sim.MustPrice(91700)
				s.OK("guard", "run")
				s.sim.MustPrice(91060)
				require.Equal(t0(s), 7, s.Run("guard", "run").Code)
				s.sim.MustPrice(93000)
			},
		},
		"a user is switched off": {
			arrange: func(_ *testing.T, s *stage) {
				s.sim.MustPrice(91700)
				s.OK("guard", "disable", "anna", "--reason", "she asked for it")
			},
			sees: func(t *testing.T, s *stage, printed map[string]clitest.Result) {
				t.Helper()
				require.Contains(t, printed["guard status"].Stdout, "she asked for it")
				require.Zero(t, s.requests(addMargin))
			},
		},
		"a user is not active": {
			arrange: func(t *testing.T, s *stage) {
				t.Helper()
				s.exec(t, `UPDATE "User" SET is_active = false`)
			},
			sees: unwell("nobody_protected", "user_inactive"),
		},
		"a user's account is not active": {
			arrange: func(t *testing.T, s *stage) {
				t.Helper()
				s.exec(t, `UPDATE "UserExchangeAccounts" SET is_active = false`)
			},
			sees: unwell("nobody_protected", "account_inactive"),
		},
		"a user's account is missing": {
			arrange: func(t *testing.T, s *stage) {
				t.Helper()
				s.exec(t, `DELETE FROM "UserExchangeAccounts"`)
			},
			sees: unwell("nobody_protected", "account_missing"),
		},
		"a user's credentials do not open": {
			arrange: func(t *testing.T, s *stage) {
				t.Helper()
				s.guarded(t, "carl")
				s.exec(t, `UPDATE "UserExchangeAccounts" a SET credentials = '{"api_key":"x"}' FROM "User" u WHERE u.id = a.user_id AND u.username = 'carl'`)
				s.sim.MustPrice(91700)
			},
			sees: func(t *testing.T, s *stage, printed map[string]clitest.Result) {
				t.Helper()
				require.Contains(t, printed["guard run"].Stdout, "1 added (42105 sats)")
				require.Equal(t, []string{"credentials_closed"}, s.problems(t))
			},
		},
		"a run died with its process": {
			arrange: func(t *testing.T, s *stage) {
				t.Helper()
				s.OK("guard", "run")
				s.sim.MustPrice(91700)
				s.sim.MustFail(lnsim.Fault{Path: runningTrades, DelayBefore: time.Minute})
				before := len(s.sim.RequestsTo(http.MethodGet, runningTrades))
				p := s.start(t, "guard", "run")
				require.Eventually(t, func() bool { return len(s.sim.RequestsTo(http.MethodGet, runningTrades)) > before }, 20*time.Second, time.Millisecond)
				require.NoError(t, p.Process.Kill())
				require.Equal(t, -1, p.exits(t))
				require.Eventually(t, func() bool { return slices.Contains(s.problems(t), "run_died") }, 20*time.Second, 10*time.Millisecond)
			},
			sees: func(t *testing.T, s *stage, _ map[string]clitest.Result) {
				t.Helper()
				require.Equal(t, 1, s.requests(addMargin))
			},
		},
		"nobody looked at a user for three intervals": {
			arrange: func(t *testing.T, s *stage) {
				t.Helper()
				s.guarded(t, "dora")
				s.OK("guard", "run")
				s.exec(t, `UPDATE "MarginGuardConfig" SET updated_at = updated_at - interval '1 hour'`)
				s.exec(t, `UPDATE axisor.guard_outcome o SET looked_at = looked_at - interval '4 minutes' FROM "User" u WHERE u.id = o.user_id AND u.username = 'dora'`)
			},
			sees: func(t *testing.T, s *stage, printed map[string]clitest.Result) {
				t.Helper()
				require.Contains(t, printed["guard status"].Stdout, "dora")
				require.Equal(t, []string{"not_looked_at"}, s.problems(t))
			},
		},
	}
}

func t0(s *stage) require.TestingT { return s.T() }

func TestStatus_CountsAndNames(t *testing.T) {
	t.Parallel()
	s := setup(t)
	empty := s.Run("guard", "status", "-o", "json")
	require.Equal(t, 8, empty.Code, "no run has finished")

	anna, bob := s.guarded(t, "anna"), s.guarded(t, "bob")
	s.guarded(t, "eve", "a wrong one")
	s.OK("guard", "config", "set", "bob", "--threshold", "2")
	s.sim.MustPrice(91700)
	run := s.With("AXISOR_GUARD_MAX_SATS_PER_USER_DAY=200").Run("guard", "run", "-o", "json")
	require.Equal(t, 7, run.Code, run.Stderr)
	require.Contains(t, run.Error()["message"], "2 left without protection")

	r := s.Run("guard", "status", "-o", "json")
	require.Equal(t, 8, r.Code)
	v := r.JSON()
	require.Equal(t, false, v["ok"])
	for field, want := range map[string]int{"wanting": 3, "protected": 1, "positions": 2, "in_danger_unprotected": 1, "problem_count": 2} {
		require.InDelta(t, want, v[field], 0, field)
	}
	first, second := v["problems"].([]any)[0].(map[string]any), v["problems"].([]any)[1].(map[string]any)
	require.ElementsMatch(t, []string{"user_id", "username", "trade_id", "code", "message"}, keys(first))
	require.Equal(t, anna, first["trade_id"], "positions in danger come first")
	require.Equal(t, "anna", first["username"])
	require.Equal(t, "eve", second["username"])
	require.Nil(t, second["trade_id"])
	require.Equal(t, "key_refused", second["code"])
	require.NotContains(t, r.Stdout, bob)
	require.Contains(t, r.Error()["message"], "anna, trade "+anna)

	// A run for one user leaves what is known of the others.
	s.sim.MustPrice(94000)
	s.OK("guard", "run", "--user", "anna")
	require.Equal(t, []string{"key_refused"}, s.problems(t))
	s.OK("guard", "config", "disable", "eve")
	well := s.OK("guard", "status", "-o", "json").JSON()
	require.Equal(t, true, well["ok"])
	require.Equal(t, []any{}, well["problems"])
	require.InDelta(t, 2, well["protected"], 0)
}

func TestStatus_AWatcherLooksAgainAtWhatItLeftInDanger(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.guarded(t, "anna")
	s.sim.MustPrice(91700)
	s.OK("guard", "run")
	s.sim.MustPrice(91060)
	s.OK("guard", "watch", "--rounds", "1")
	require.Equal(t, []string{"nobody_protected", "cooldown"}, s.problems(t))
	s.sim.MustPrice(94500)
	s.OK("guard", "watch", "--rounds", "1")
	require.Empty(t, s.problems(t))
	s.sim.MustPrice(91060)
	s.OK("guard", "worker", "--rounds", "1", "--interval", "2s")
	require.NotEmpty(t, s.Run("guard", "status").Stdout)
}
