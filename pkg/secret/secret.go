// Package secret owns the one type that carries a password, a key or a token
// through the program. The type cannot be printed by accident: every formatter,
// encoder and logger in common use shows a fixed word in its place, and the
// only way to the value is a call that is easy to search for in a review.
//
// It is a leaf: it must not know where secrets come from (files, environment,
// prompts), how they are stored, or who uses them.
package secret

import (
	"crypto/subtle"
	"fmt"
	"log/slog"
)

// Redacted is what a secret looks like wherever it is shown.
const Redacted = "[redacted]"

// Secret is a value that must not be shown. The zero value is "no secret" and
// shows as an empty text, so that "not set" can be told from "set".
//
// The value sits behind a pointer because fmt does not call methods on
// unexported struct fields: it prints the field's memory instead, and memory
// that holds a pointer prints as an address.
type Secret struct {
	value *string
}

// New wraps s. New("") is the zero Secret.
func New(s string) Secret {
	if s == "" {
		return Secret{}
	}
	return Secret{value: &s}
}

// Reveal returns the value itself. Call it only where the value leaves the
// program on purpose: a request header, a password file, a cipher.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s.value == nil }

// Equal compares two secrets in constant time for values of the same length.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// String implements fmt.Stringer.
func (s Secret) String() string {
	if s.IsZero() {
		return ""
	}
	return Redacted
}

// GoString implements fmt.GoStringer for %#v in code that asks for it directly.
func (s Secret) GoString() string { return s.String() }

// Format implements fmt.Formatter, which wins over every other interface and so
// covers all verbs, %x and %p included.
func (s Secret) Format(f fmt.State, _ rune) {
	_, _ = f.Write([]byte(s.String()))
}

// MarshalText implements encoding.TextMarshaler; it covers xml and map keys.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON implements json.Marshaler.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + s.String() + `"`), nil }

// MarshalYAML implements the Marshaler interface of the yaml packages.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
