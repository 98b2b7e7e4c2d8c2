package guard_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/pkg/namespace"
)

// hostile are the values that a column of a type may hold and no reader expects.
func hostile(kind string) []string {
	switch kind {
	case "timestamp without time zone", "timestamp with time zone":
		return []string{"'infinity'", "'-infinity'", "'294276-01-01'"}
	case "double precision":
		return []string{"'NaN'", "'Infinity'", "'-Infinity'"}
	case "ARRAY":
		return []string{"ARRAY[NULL]::text[]", "ARRAY['not an id', NULL, '00000000-0000-4000-8000-000000000000']", "ARRAY[repeat('x', 1048576)]"}
	case "jsonb":
		return []string{"'[]'", `'"text"'`, "'5'", "'true'", "'null'", "'{}'", `'[{"a":[null]}]'`, "to_jsonb(repeat('x', 1048576))"}
	case "text":
		return []string{"repeat('x', 1048576)", "'not an id'", "''"}
	case "bigint", "integer":
		return []string{"9223372036854775807", "2147483647", "-2147483648"}
	}
	return nil
}

// rowsOfUser are the tables that the guard reads for a user: which row is the user's,
// and how one is made. Hostile times and numbers in the first four must be told.
var rowsOfUser = []struct {
	table, where, insert string
	told                 bool
}{
	{"MarginGuardConfig", "user_id = $user", "", true},
	{"guard_setting", "user_id = $user", "INSERT INTO axisor.guard_setting (user_id, updated_at) VALUES ($user, now())", true},
	{"guard_intent", "user_id = $user", `INSERT INTO axisor.guard_intent (user_id, account_id, trade_id, side, amount_sats, margin_before, liquidation_before,
		entry_price, price, threshold, state, planned_at, sent_at, updated_at) VALUES ($user, $account, $trade, 'buy', 5000, 210526, 91346,
		95000, 91700, 10, 'sent', now() - interval '2 minutes', now() - interval '2 minutes', now())`, true},
	{"guard_breaker", "subject = $account", "INSERT INTO axisor.guard_breaker (scope, subject, updated_at) VALUES ('account', $account, now())", true},
	{"guard_control", "user_id = $user", "INSERT INTO axisor.guard_control (scope, user_id, disabled, updated_at) VALUES ('user', $user, false, now())", false},
	{"guard_event", "user_id = $user", `INSERT INTO axisor.guard_event (account_id, trade_id, kind, user_id, side, code, message, seen_at, told_at)
		VALUES ($account, 'aa-1', 'end', $user, 'buy', 'position_closed', 'x', now(), now())`, false},
	{"UserExchangeAccounts", "user_id = $user", "", false},
	{"User", "id = $user", "", false},
}

type victim struct {
	name, id, trade, what, kind string
	told                        bool
}

// victims makes one user for every column of the tables and every hostile value of its type.
func (s *stage) victims(t *testing.T) (out []victim) {
	t.Helper()
	for _, r := range rowsOfUser {
		var columns []struct{ Name, Kind string }
		require.NoError(t, s.db.Gorm(t.Context()).Raw(`SELECT column_name AS name, data_type AS kind FROM information_schema.columns
			WHERE table_schema IN ('public', 'axisor') AND table_name = ? AND column_name NOT IN ('id', 'user_id', 'email', 'username')`, r.table).Scan(&columns).Error)
		require.NotEmpty(t, columns)
		for _, c := range columns {
			for n, value := range hostile(c.Kind) {
				v := victim{
					name: fmt.Sprintf("v%03d", len(out)), what: r.table + "." + c.Name + " = " + value, kind: c.Kind,
					told: r.told && (c.Kind == "double precision" || strings.HasPrefix(c.Kind, "timestamp") || c.Kind == "ARRAY" && n < 2),
				}
				v.trade = s.person(t, v.name)
				g := s.db.Gorm(t.Context())
				require.NoError(t, g.Raw(`SELECT id FROM "User" WHERE username = ?`, v.name).Scan(&v.id).Error)
				var account string
				require.NoError(t, g.Raw(`SELECT id FROM "UserExchangeAccounts" WHERE user_id = ?`, v.id).Scan(&account).Error)
				require.NoError(t, g.Exec(`INSERT INTO "MarginGuardConfig" (user_id, is_active, updated_at) VALUES (?, true, now())`, v.id).Error)
				fill := strings.NewReplacer("$user", "'"+v.id+"'", "$account", "'"+account+"'", "$trade", "'"+v.trade+"'")
				if r.insert != "" {
					require.NoError(t, g.Exec(fill.Replace(r.insert)).Error)
				}
				set := fmt.Sprintf(`UPDATE %s SET %q = %s WHERE %s`, namespace.Table(r.table), c.Name, value, fill.Replace(r.where))
				if g.Exec(set).Error != nil { // the schema does not let it in
					require.NoError(t, g.Exec(`DELETE FROM "User" WHERE id = ?`, v.id).Error)
					continue
				}
				out = append(out, v)
			}
		}
	}
	return out
}

// TestHostileRows_EachFailsItself: every column that the guard reads of a user, times
// every value that its type allows and nobody expects. Whoever has such a row is
// served or named, and everybody else is served, whatever command reads the rows.
func TestHostileRows_EachFailsItself(t *testing.T) {
	t.Parallel()
	s := setup(t)
	bad := s.victims(t)
	require.Greater(t, len(bad), 60)
	good := s.guarded(t, "good")
	s.sim.MustPrice(91700)

	exits := func(allowed []int, args ...string) clitest.Result {
		got := s.Run(args...)
		require.Contains(t, allowed, got.Code, "%s: %s", strings.Join(args, " "), got.Stderr)
		return got
	}
	exits([]int{7}, "guard", "preview", "-o", "json")
	exits([]int{7}, "guard", "config", "list", "--all", "-o", "json")
	exits([]int{7}, "guard", "history", "--all", "-o", "json")
	exits([]int{7}, "guard", "breaker", "list", "-o", "json")
	exits([]int{0, 8}, "guard", "status", "-o", "json")
	seen := map[string]bool{}
	for _, v := range bad {
		if key := v.what[:strings.Index(v.what, ".")] + v.kind; !seen[key] {
			seen[key] = true
			exits([]int{0, 7}, "guard", "explain", v.name, "-o", "json")
			exits([]int{0, 7}, "guard", "config", "show", v.name, "-o", "json")
		}
	}

	got := exits([]int{7}, "guard", "run", "-o", "json").JSON()
	failed := map[string]bool{}
	named := map[string]bool{}
	for _, raw := range got["items"].([]any) {
		i := raw.(map[string]any)
		id := i["user_id"].(string)
		named[id] = true
		failed[id] = failed[id] || i["status"] == "failed"
		if i["error"] != nil {
			require.Less(t, len(i["error"].(string)), 2000, "no text of a row is repeated whole")
		}
	}
	trade, _ := s.sim.Trade(good)
	require.Equal(t, int64(252631), trade.Margin, "everybody else is served")
	for _, v := range bad {
		trade, _ := s.sim.Trade(v.trade)
		require.True(t, trade.Margin > 210526 || named[v.id], "%s: neither served nor named", v.what)
		if v.told {
			require.True(t, failed[v.id], "%s: no failed item names the user", v.what)
		}
	}
	for _, loop := range []string{"watch", "worker"} {
		exits([]int{0}, "guard", loop, "--rounds", "1", "-o", "jsonl")
	}
	exits([]int{0, 8}, "guard", "status", "-o", "json")
}
