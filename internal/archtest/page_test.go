package archtest

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPage_SaysWhatTheTestsHoldTheCodeTo: the page that people read and the rules that fail a build are one text.
func TestPage_SaysWhatTheTestsHoldTheCodeTo(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../docs/architecture.md")
	require.NoError(t, err)
	now, ok := Page(string(raw))
	require.True(t, ok, "docs/architecture.md has lost the marks between which make docs writes its tables")
	require.Equal(t, now, string(raw), "docs/architecture.md differs from internal/archtest/rules.go; run: make docs")

	again, ok := Page(strings.Replace(string(raw), "`pkg/store`", "`pkg/shop`", 1))
	require.True(t, ok)
	require.Equal(t, now, again, "what somebody writes into a table is replaced")
	_, ok = Page("# Architecture\n")
	require.False(t, ok)
}

// TestPage_NamesEveryPackage: whoever looks for a thing finds in the page which package is for it.
func TestPage_NamesEveryPackage(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../docs/architecture.md")
	require.NoError(t, err)
	for name := range allowed {
		top, _, nested := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(name, "pkg/"), "internal/"), "/")
		if nested && !strings.HasPrefix(name, "internal/cli/") || name == "main" {
			name = strings.TrimSuffix(name, "/")
			name = name[:strings.Index(name, top)+len(top)]
		}
		require.Contains(t, string(raw), strings.TrimSuffix(name, "/"), "docs/architecture.md does not say what %s is for", name)
	}
}
