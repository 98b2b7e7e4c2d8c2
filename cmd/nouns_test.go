package cmd

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/buildinfo"
	"github.com/axisor/axisor/internal/cli/streams"
)

// A command is the same whether it was built alone or with all others.
func TestRootFor_OneNoun(t *testing.T) {
	t.Parallel()
	s, _, _ := streams.Test("")
	a := app.New(s, buildinfo.Info{}, time.Now, nil, "")
	whole := NewRoot(a)
	for _, n := range nouns() {
		require.Equal(t, n.name, n.build(a).Name())
		alone := rootFor(a, []string{n.name, "list", "--help"})
		want, _, err := whole.Find([]string{n.name})
		require.NoError(t, err)
		got, _, err := alone.Find([]string{n.name})
		require.NoError(t, err)
		require.Equal(t, n.name, got.Name())
		require.Equal(t, want.UsageString(), got.UsageString())
		require.Equal(t, want.Aliases, got.Aliases)
		for _, other := range nouns() {
			if c, _, _ := alone.Find([]string{other.name}); other.name != n.name {
				require.Same(t, alone, c, "%s brings %s along", n.name, other.name)
			}
		}
	}
	require.Len(t, rootFor(a, []string{"-o", "json", "user"}).Commands(), len(whole.Commands()))
	require.Len(t, rootFor(a, []string{"usr"}).Commands(), len(whole.Commands()))
	require.Len(t, rootFor(a, []string{"__complete", "user"}).Commands(), len(whole.Commands()), "a word that is still typed")
	require.Len(t, rootFor(a, []string{"__complete", "user", ""}).Commands(), len(rootFor(a, []string{"user"}).Commands()))
}
