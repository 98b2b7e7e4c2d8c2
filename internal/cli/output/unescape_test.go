package output

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzUnescapeCell(f *testing.F) {
	for _, s := range []string{"", "ana", "=1+1", "'=1+1", "''@x", "'", "''", "'tis", "-", "\tx", "+49"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		cell := EscapeCell(s)
		require.Equal(t, s, UnescapeCell(cell))
		if cell != "" {
			require.NotContains(t, formula, cell[:1])
		}
	})
}
