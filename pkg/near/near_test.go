package near_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/near"
)

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "abc", 3},
		{"ana", "ana", 0},
		{"kitten", "sitting", 3},
		{"lst", "list", 1},
		{"ação", "acao", 2},
	} {
		require.Equal(t, c.want, near.Distance(c.a, c.b), "%q %q", c.a, c.b)
		require.Equal(t, c.want, near.Distance(c.b, c.a), "%q %q", c.b, c.a)
	}
}
