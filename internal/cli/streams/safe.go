package streams

import (
	"strconv"
	"strings"
	"unicode"
)

// Visible makes control characters visible, so that text from the database cannot move the cursor, recolour
// the terminal, reverse the reading order or break a table row. Printable text comes back unchanged.
func Visible(text string) string {
	if !strings.ContainsFunc(text, hostile) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if hostile(r) {
			q := strconv.QuoteRuneToASCII(r)
			b.WriteString(q[1 : len(q)-1])
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// hostile runes are controls (C0, C1, DEL), the bidirectional overrides and the line separators.
func hostile(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' || r == unicode.ReplacementChar
}
