package streams

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// painted is a screen with the streams that write to it.
func painted() (*Streams, *bytes.Buffer) {
	var shown bytes.Buffer
	s := &Streams{outTTY: true, errTTY: true, outColor: true, errColor: true}
	s.Out, s.outMark = newScreen(&shown)
	s.Err, s.errMark = newScreen(&shown)
	return s, &shown
}

// Only what this program itself paints reaches the terminal as a command, also when it comes in pieces.
func TestScreen(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain\ttext\n":                 "plain\ttext\n",
		"\x1b[31mred\x1b[0m":            `\x1b[31mred\x1b[0m`,
		"\x1b]0;title\x07":              `\x1b]0;title\a`,
		"a\rb\r\n":                      `a\rb\r` + "\n",
		"\u009b31m":                     `\u009b31m`,
		"\x9b31m":                       `\x9b31m`,
		"\u202eevil\u2066":              `\u202eevil\u2066`,
		"line\u2028break\u2029":         `line\u2028break\u2029`,
		"\x7f\x00":                      `\x7f\x00`,
		"\r\x1b[K":                      `\r\x1b[K`,
		"zażółć 漢字 🙂 e\u0301 \u200d":    "zażółć 漢字 🙂 e\u0301 \u200d",
		"{\"a\":\"\xc3\x28\"}":          `{"a":"\xc3("}`,
		"\x1b[12345678901234567890;31m": `\x1b[12345678901234567890;31m`,
	} {
		for _, size := range []int{1, 2, 3, 1000} {
			s, shown := painted()
			ours := s.Paint(Bad, "bad") + s.Paint(Muted, "muted")
			text := ours + in + ours
			for len(text) > 0 {
				n := min(size, len(text))
				got, err := s.Out.Write([]byte(text[:n]))
				require.NoError(t, err)
				require.Equal(t, n, got)
				text = text[n:]
			}
			const colours = "\x1b[31mbad\x1b[0m\x1b[2mmuted\x1b[0m"
			require.Equal(t, colours+want+colours, shown.String(), "%q in pieces of %d", in, size)
		}
	}
}

func TestScreen_EraseLine(t *testing.T) {
	t.Parallel()
	s, shown := painted()
	for range 2 {
		_, err := s.Err.Write([]byte(s.EraseLine() + "12 %"))
		require.NoError(t, err)
	}
	require.Equal(t, "\r\x1b[K12 %\r\x1b[K12 %", shown.String())
}

// A mark is of one process and one stream: text that was copied from one screen does nothing on another one.
func TestScreen_MarksAreNobodyElses(t *testing.T) {
	t.Parallel()
	s, shown := painted()
	_, err := s.Out.Write([]byte(s.PaintErr(Bad, "x")))
	require.NoError(t, err)
	require.NotContains(t, shown.String(), "\x1b")
	other, _ := painted()
	require.NotEqual(t, s.Paint(Bad, "x"), other.Paint(Bad, "x"))
}

func TestEscapeJSON(t *testing.T) {
	t.Parallel()
	require.Equal(t, `{"a":"\u007f\u0080\u009fé 漢"}`, string(EscapeJSON([]byte("{\"a\":\"\x7f\u0080\u009fé 漢\"}"))))
	long := []byte(strings.Repeat("©é", 10))
	require.Equal(t, long, EscapeJSON(long))
}
