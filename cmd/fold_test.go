package cmd_test

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
)

// TestContract_HelpFitsATerminal: 80 columns, for every command and every topic. Where a line cannot be broken (a word in
// quotes), it is an example that a shell would not read otherwise.
func TestContract_HelpFitsATerminal(t *testing.T) {
	t.Parallel()
	p := clitest.New(t)
	pages := map[string][]string{"": {"--help"}, "exit-codes": {"help", "exit-codes"}, "environment": {"help", "environment"}}
	for _, c := range leaves(t) {
		pages[pathOf(c)] = append(strings.Fields(pathOf(c)), "--help")
	}
	for name, args := range pages {
		text := p.OK(args...).Stdout
		for line := range strings.SplitSeq(text, "\n") {
			if strings.HasPrefix(strings.TrimSpace(line), "'{") {
				continue
			}
			assert.LessOrEqual(t, ansi.StringWidth(line), 80, "axisor %s: %q", name, line)
			require.Equal(t, strings.TrimRight(line, " "), line, name)
			require.NotContains(t, line, "`", name)
		}
	}
	require.Greater(t, len(pages), 190)
}

// A folded example is the same command: what a shell makes of it has not changed.
func TestHelp_FoldedExamplesAreTheSameCommand(t *testing.T) {
	t.Parallel()
	p := clitest.New(t)
	folded := 0
	for _, c := range leaves(t) {
		text := p.OK(append(strings.Fields(pathOf(c)), "--help")...).Stdout
		folded += strings.Count(text, " \\\n")
		unfolded := strings.Join(strings.Fields(strings.ReplaceAll(text, "\\\n", "")), " ")
		for line := range strings.SplitSeq(strings.ReplaceAll(c.Example, "\\\n", ""), "\n") {
			require.Contains(t, unfolded, strings.Join(strings.Fields(line), " "), pathOf(c))
		}
	}
	require.Positive(t, folded)
}
