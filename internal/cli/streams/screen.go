package streams

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"io"
	"slices"
	"strconv"
	"sync"
	"unicode/utf8"
)

// screen is a terminal that only this program drives. Every control character, bidirectional override and byte that is
// no text is made visible, whatever renderer let it through; a line feed and a tabulator pass. Our own colours and the
// line that shows progress carry a mark that no stored text can know.
type screen struct {
	mu      sync.Mutex
	w       io.Writer
	mark    string // digits, and what ends them: a sequence with it is as wide as one without
	painted bool   // a colour of ours is on
	rest    []byte // the beginning of a character or of a sequence of ours
}

// newScreen also returns what a sequence of ours begins with.
func newScreen(w io.Writer) (s *screen, mark string) {
	raw := make([]byte, 8)
	_, _ = rand.Read(raw) // never fails
	s = &screen{w: w, mark: strconv.FormatUint(binary.NativeEndian.Uint64(raw), 10) + ";"}
	return s, s.mark
}

// Reset ends what Paint begins.
const Reset = escape + "0m"

const (
	escape = "\x1b["
	erase  = "\r" + escape + "K"
)

// Write implements io.Writer.
func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := slices.Concat(s.rest, p)
	out := make([]byte, 0, len(in)+16)
	i := 0
	for i < len(in) {
		n, text := s.next(in[i:])
		if n == 0 {
			break
		}
		out, i = append(out, text...), i+n
	}
	s.rest = bytes.Clone(in[i:])
	if _, err := s.w.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// next is how many bytes to take, and what to show for them; none when more has to come first.
func (s *screen) next(in []byte) (n int, text string) {
	if in[0] == escape[0] || in[0] == erase[0] {
		if n, text, wait := s.ours(in); n > 0 || wait {
			return n, text
		}
	}
	if !utf8.FullRune(in) {
		return 0, ""
	}
	r, n := utf8.DecodeRune(in)
	switch {
	case r == utf8.RuneError && n == 1:
		return 1, `\x` + hex.EncodeToString(in[:1])
	case r == '\n' || r == '\t':
		return n, string(r)
	}
	return n, Visible(string(in[:n]))
}

// ours recognises a sequence that Paint or EraseLine made; wait is true for the beginning of one.
func (s *screen) ours(in []byte) (n int, text string, wait bool) {
	if n, wait := begins(in, eraseLine(s.mark)); n > 0 || wait {
		return n, erase, wait
	}
	if s.painted {
		if n, wait := begins(in, Reset); n > 0 || wait {
			s.painted = wait
			return n, Reset, wait
		}
	}
	n, wait = begins(in, escape+s.mark)
	if n == 0 {
		return 0, "", wait
	}
	end := bytes.IndexByte(in[n:], 'm')
	if end < 0 {
		return 0, "", true
	}
	s.painted = true
	return n + end + 1, escape + string(in[n:n+end+1]), false
}

// begins returns the length of sequence when in begins with it, or whether in may be the beginning of it.
func begins(in []byte, sequence string) (n int, wait bool) {
	if bytes.HasPrefix(in, []byte(sequence)) {
		return len(sequence), false
	}
	return 0, len(in) < len(sequence) && sequence[:len(in)] == string(in)
}

// behind is what a screen writes to, or w itself.
func behind(w io.Writer) io.Writer {
	if s, is := w.(*screen); is {
		return s.w
	}
	return w
}

// EraseLine goes back to the beginning of the line on stderr and clears it.
func (s *Streams) EraseLine() string { return eraseLine(s.errMark) }

func eraseLine(mark string) string { return "\r" + escape + mark + "K" }
