package guard_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/namespace"
)

// stateOfUsers are the tables in which the guard keeps what it knows of a user between two looks.
var stateOfUsers = []string{"guard_look", "guard_watch", "guard_outcome"}

// corrupt makes one user for every column of a table and every hostile value of its type, and returns what to do to
// the row, by the user's name. The trade is the user's position.
func (s *stage) corrupt(t *testing.T, table string) (sql, trades map[string]string) {
	t.Helper()
	sql, trades = map[string]string{}, map[string]string{}
	for _, c := range s.columns(t, table) {
		for n, value := range hostile(c.Kind) {
			name := fmt.Sprintf("%s-%s-%d", strings.TrimPrefix(table, "guard_"), strings.ReplaceAll(c.Name, "_", "-"), n)
			trades[name] = s.guarded(t, name)
			sql[name] = fmt.Sprintf(`UPDATE %s x SET %q = %s FROM "User" u WHERE u.id = x.user_id AND u.username = '%s'`, namespace.Table(table), c.Name, value, name)
		}
	}
	return sql, trades
}

type column struct{ Name, Kind string }

func (s *stage) columns(t *testing.T, table string) (columns []column) {
	t.Helper()
	require.NoError(t, s.db.Gorm(t.Context()).Raw(`SELECT column_name AS name, data_type AS kind FROM information_schema.columns
		WHERE table_schema IN ('public', 'axisor') AND table_name = ? AND column_name NOT IN ('id', 'user_id', 'account_id')`, table).Scan(&columns).Error)
	require.NotEmpty(t, columns)
	return columns
}

// TestHostileState_NobodyIsLeftAlone: what the guard wrote down of a user decides when it looks again. Whatever stands
// there instead, a watcher looks, adds what is needed and writes down what is right.
func TestHostileState_NobodyIsLeftAlone(t *testing.T) {
	t.Parallel()
	s := setup(t)
	sql, trades := map[string]string{}, map[string]string{}
	for _, table := range stateOfUsers {
		more, of := s.corrupt(t, table)
		for name := range more {
			sql[name], trades[name] = more[name], of[name]
		}
	}
	s.sim.MustPrice(95000)
	s.OK("guard", "watch", "--rounds", "1")
	g := s.db.Gorm(t.Context())
	// Nothing else makes a user due whose look is corrupt.
	require.NoError(t, g.Exec(`DELETE FROM axisor.guard_watch w USING "User" u WHERE u.id = w.user_id AND u.username LIKE 'look-%'`).Error)
	spoilt := 0
	for name, change := range sql {
		if g.Exec(change).Error == nil { // else the schema does not let it in
			spoilt++
		} else {
			delete(trades, name)
		}
	}
	require.Greater(t, spoilt, 10)
	for _, args := range [][]string{{"status"}, {"worker", "--status"}} {
		require.Contains(t, []int{0, 8}, s.Run(append([]string{"guard"}, args...)...).Code, args)
	}
	s.sim.MustPrice(91700)
	s.OK("guard", "watch", "--rounds", "1")
	for name, id := range trades {
		trade, _ := s.sim.Trade(id)
		require.Equal(t, int64(252631), trade.Margin, "%s: nobody looked", name)
	}
	for _, table := range []string{"guard_look", "guard_outcome"} {
		var wrong int64
		require.NoError(t, g.Raw(`SELECT count(*) FROM `+namespace.Table(table)+` WHERE NOT isfinite(looked_at) OR looked_at NOT BETWEEN now() - interval '1 day' AND now() + interval '1 day'`).Scan(&wrong).Error)
		require.Zero(t, wrong, table)
	}
	s.OK("guard", "status")
}

// processRows are the tables of processes, breakers and switches, with how a row is made. Several rows of the first two
// are there at a time.
var processRows = []struct {
	table, insert string
	single        bool
}{
	{"guard_run", `INSERT INTO axisor.guard_run (reading, started_at, finished_at, state) VALUES ('remaining', now(), now(), 'finished')`, false},
	{"guard_worker", `INSERT INTO axisor.guard_worker (kind, host, pid, interval_ms, started_at, beat_at, finished_at) VALUES ('watch', 'h', 1, 1000, now(), now(), now())`, false},
	{"guard_breaker", `INSERT INTO axisor.guard_breaker (scope, subject, updated_at, open_until) VALUES ('host', 'somewhere else', now(), now())`, true},
	{"guard_breaker", `INSERT INTO axisor.guard_breaker (scope, subject, updated_at, open_until) VALUES ('run', 'surge', now(), now())`, true},
	{"guard_control", `INSERT INTO axisor.guard_control (scope, disabled, updated_at) VALUES ('global', false, now())`, true},
}

// TestHostileState_OfProcessesStopsNobody: rows about runs, processes, breakers and the switch for everybody that hold
// what nobody expects. A user in danger is served, and the state can be shown.
func TestHostileState_OfProcessesStopsNobody(t *testing.T) {
	t.Parallel()
	s := setup(t)
	g := s.db.Gorm(t.Context())
	s.sim.MustPrice(91700)
	tried, served := 0, 0
	serves := func(what string) {
		t.Helper()
		for _, args := range []string{"guard status", "guard worker --status", "guard breaker list"} {
			got := s.Run(append(strings.Fields(args), "-o", "json")...)
			require.Contains(t, []int{0, 7, 8}, got.Code, "%s: %s: %s", what, args, got.Stderr)
		}
		served++
		name := fmt.Sprintf("p%03d", served)
		id := s.guarded(t, name)
		got := s.Run("guard", "run", "--user", name)
		require.Contains(t, []int{0, 7}, got.Code, "%s: %s", what, got.Stderr)
		trade, _ := s.sim.Trade(id)
		require.Equal(t, int64(252631), trade.Margin, what)
	}
	for _, r := range processRows {
		for _, c := range s.columns(t, r.table) {
			if c.Kind == "text" {
				continue // no reader looks at it but to show it
			}
			for _, value := range hostile(c.Kind) {
				if r.single {
					require.NoError(t, g.Exec(`DELETE FROM `+namespace.Table(r.table)).Error)
				}
				require.NoError(t, g.Exec(r.insert).Error)
				newest := `ctid = (SELECT max(ctid) FROM ` + namespace.Table(r.table) + `)`
				if g.Exec(fmt.Sprintf(`UPDATE %s SET %q = %s WHERE %s`, namespace.Table(r.table), c.Name, value, newest)).Error != nil {
					continue // the schema does not let it in
				}
				tried++
				if r.single {
					serves(r.table + "." + c.Name + " = " + value)
				}
			}
		}
		serves(r.table)
	}
	require.Greater(t, tried, 25)
	require.Contains(t, []int{0, 8}, s.Run("doctor").Code)
}
