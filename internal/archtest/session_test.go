package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// sessionState is SQL that leaves something on a session: through a pooler, on somebody else's.
var sessionState = regexp.MustCompile(`pg_(try_)?advisory_(lock|unlock)(_shared|_all)?\b|\bLISTEN |\bWITH HOLD\b|^\s*PREPARE [a-z]` +
	`|^\s*(SET|RESET) (SESSION )?[a-z_]+\s*(=|TO\b|$)|\bset_config\([^()]*(\([^()]*\))?[^()]*, false\)|\bTEMP(ORARY)? TABLE\b`)

// checked are the files that may leave state on a session, and what makes sure that it is a session of the server.
var checked = map[string]string{
	"pkg/store/guard_lock.go":   "DB.session",
	"pkg/store/notify.go":       "DB.session",
	"pkg/store/user_import.go":  "ON COMMIT DROP, in a PinnedTransaction",
	"pkg/store/trade_import.go": "ON COMMIT DROP, in a PinnedTransaction",
	"pkg/migrate/lock.go":       "direct, before the lock",
	"pkg/migrate/place.go":      "for the locked connection",
	"pkg/migrate/adopt.go":      "on the locked connection",
	"pkg/migrate/index.go":      "on the locked connection",
	"pkg/migrate/lintwithin.go": "names of functions to look for, none is called",
	"pkg/backup/endpoint.go":    "endpoint.connect itself",
	"pkg/backup/deep.go":        "endpoint.connect",
	"pkg/backup/deepcontent.go": "endpoint.connect",
	"pkg/backup/counting.go":    "endpoint.connect",
	"pkg/backup/snapshot.go":    "endpoint.connect",
	"cmd/migrate/verify.go":     "printed for whoever runs the repair by hand",
}

// TestStateOfASessionIsLeftOnOursOnly: a lock that is taken through a transaction pooler stays on a session of somebody
// else, for hours. Whoever needs a session gets it where the process behind it is looked at.
func TestStateOfASessionIsLeftOnOursOnly(t *testing.T) {
	t.Parallel()
	for _, sql := range []string{
		"SELECT pg_advisory_lock($1)", "select pg_try_advisory_lock_shared(1)", "LISTEN axisor", "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
		"SET lock_timeout = '1s'", "SET SESSION role TO x", "CREATE TEMP TABLE x (y int)", "SELECT set_config('role', $1, false)",
		"SELECT set_config('a', quote_ident($1), false)", "PREPARE p AS SELECT 1",
	} {
		require.Regexp(t, sessionState, sql)
	}
	for _, sql := range []string{
		"SELECT pg_advisory_xact_lock(1)", "SET LOCAL role = x", "UPDATE t SET a = 1", "SELECT set_config('role', $1, true)", "SET TRANSACTION SNAPSHOT 'x'",
	} {
		require.NotRegexp(t, sessionState, sql)
	}
	used := map[string]bool{}
	eachSource(t, func(name, path string) {
		for _, text := range literals(t, path) {
			if !sessionState.MatchString(text) {
				continue
			}
			used[name] = true
			require.Contains(t, checked, name, "%s leaves state on a session: %q", name, text)
		}
	})
	for name, how := range checked {
		require.True(t, used[name], "%s (%s) leaves nothing on a session any more: take it off the list", name, how)
	}
}

// literals are the texts in a file.
func literals(t *testing.T, path string) (found []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	ast.Inspect(file, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
			text, err := strconv.Unquote(l.Value)
			require.NoError(t, err)
			found = append(found, text)
		}
		return true
	})
	return slices.Compact(found)
}
