package archtest

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// unplaced finds a statement that names one of our own tables without its schema.
var unplaced = regexp.MustCompile(`(?i)\b(?:FROM|JOIN|INTO|UPDATE|TABLE|ANALYZE|TRUNCATE)\s+"?(?:guard|payment)_\w+"?(?:[\s(),]|$)|\b(?:FROM|INTO|TABLE)\s+"?axisor_migrations\b`)

// TestStatementsNameOurTablesWithTheirSchema: without it a statement depends on a search path that a pooler or a role
// sets, and on nobody having a table of that name.
func TestStatementsNameOurTablesWithTheirSchema(t *testing.T) {
	t.Parallel()
	for _, sql := range []string{"SELECT 1 FROM guard_run", "UPDATE guard_look SET x = 1", `INSERT INTO "payment_intent" (id)`, "x JOIN guard_event\ne ON true"} {
		require.Regexp(t, unplaced, sql)
	}
	for _, sql := range []string{"SELECT 1 FROM axisor.guard_run", `FROM "axisor"."guard_run"`, "ON CONFLICT DO UPDATE SET side = guard_event.side", "the table of guard_runs"} {
		require.NotRegexp(t, unplaced, sql)
	}
	eachSource(t, func(name, path string) {
		if name == "pkg/namespace/namespace.go" {
			return
		}
		for _, text := range literals(t, path) {
			require.NotRegexp(t, unplaced, text, name)
		}
	})
}
