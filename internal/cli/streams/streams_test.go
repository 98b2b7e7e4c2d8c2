package streams_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/cli/streams"
)

func TestNew_PipesAreNoTerminals(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	defer w.Close()
	s := streams.New(r, w, w, func(string) string { return "" })
	require.False(t, s.OutTerminal())
	require.False(t, s.CanPrompt())
	require.Equal(t, "x", s.Paint(streams.Bad, "x"))
	s.SetColor("always")
	require.Equal(t, "\x1b[31mx\x1b[0m", s.Paint(streams.Bad, "x"))
	s.SetColor("never")
	require.Equal(t, "x", s.PaintErr(streams.Bad, "x"))
}

// Text from the database may be hostile: it must not drive the terminal or break a row.
func TestVisible(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain ação ₿":             "plain ação ₿",
		"a\nb\tc":                  `a\nb\tc`,
		"\x1b[2Jgone":              `\x1b[2Jgone`,
		"pay\u202egpj.exe":         `pay\u202egpj.exe`,
		"nul\x00 del\x7f c1\u0085": `nul\x00 del\x7f c1\u0085`,
	} {
		require.Equal(t, want, streams.Visible(in))
	}
	require.False(t, strings.ContainsAny(streams.Visible("\x1b\r\n\x07"), "\x1b\r\n\x07"))
}
