package cmd_test

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/cli/flags"
)

// A person reads a list and acts on one of its rows: what --quiet prints for scripts has to be in the table too, in 80
// columns, at least as a beginning that commands take.
func TestContract_EveryListShowsWhatTheNextCommandNeeds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tried := 0
	for _, c := range leaves(t) {
		path := strings.Fields(c.CommandPath())[1:]
		if c.Annotations[flags.ListKey] == "" {
			continue
		}
		if len(words(c)) > len(path) {
			path = append(path, "ana")
		}
		ids := w.p.Run(append(path, "-q", "--limit", "20")...)
		if ids.Code != 0 || ids.Stdout == "" {
			continue // of another service, or none there
		}
		term := w.p.OnTerminal(80, 24, append(path, "--limit", "20", "--no-color")...)
		term.Exits(0)
		for id := range strings.FieldsSeq(ids.Stdout) {
			if len(id) > 8 && strings.Count(id, "-") == 4 {
				id = id[:8]
			}
			term.Expect(id)
		}
		seen := ansi.Strip(term.Output())
		for line := range strings.Lines(seen) {
			require.LessOrEqual(t, ansi.StringWidth(strings.TrimRight(line, "\r\n")), 80, "axisor %v\n%s", path, seen)
		}
		tried++
	}
	require.Greater(t, tried, 9)
}
