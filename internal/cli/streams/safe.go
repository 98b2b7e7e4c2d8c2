package streams

import (
	"bytes"
	"encoding/json"
	"fmt"
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

// JSON is a value as a line of JSON: without the escapes that only HTML needs, and harmless to a terminal.
func JSON(v any, indent string) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return EscapeJSON(b.Bytes()), nil
}

// EscapeJSON writes DEL and the C1 controls in JSON text as escapes, as JSON itself does with C0: a terminal takes some of
// them for commands, and what reads JSON reads the same.
func EscapeJSON(text []byte) []byte {
	if bytes.IndexByte(text, 0x7f) < 0 && bytes.IndexByte(text, 0xc2) < 0 { // what C1 begins with in UTF-8
		return text
	}
	var b bytes.Buffer
	for _, r := range string(text) { // JSON text is UTF-8
		if c1(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.Bytes()
}

func c1(r rune) bool { return r >= 0x7f && r <= 0x9f }

// hostile runes are controls (C0, C1, DEL), the bidirectional overrides and the line separators.
func hostile(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' || r == unicode.ReplacementChar
}
