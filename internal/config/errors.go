package config

import (
	"errors"
	"fmt"
	"strings"
)

// ErrNoKey is returned by EncryptionKey when no key is configured.
var ErrNoKey = errors.New("no encryption key is configured")

// Error is one thing wrong with the configuration. It never carries the value of
// a secret.
type Error struct {
	Source string // the file, variable, flag or profile the value came from
	Key    string // the key, if the problem belongs to one
	Rule   string // what must be true
	Value  string // the value received; empty for secrets
	Hint   string // what to type
	Err    error  // the cause, if it may be shown
}

// Error implements error: source, key, rule and value on one line.
func (e *Error) Error() string {
	var b strings.Builder
	for _, part := range []string{e.Source, e.Key} {
		if part != "" {
			b.WriteString(part + ": ")
		}
	}
	b.WriteString(e.Rule)
	if e.Value != "" {
		fmt.Fprintf(&b, ", got %q", e.Value)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errors is everything wrong with the configuration, so that an operator can mend
// it in one go.
type Errors []*Error

// Error implements error.
func (es Errors) Error() string {
	texts := make([]string, len(es))
	for i, e := range es {
		texts[i] = e.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap lets errors.As find the first *Error.
func (es Errors) Unwrap() []error {
	out := make([]error, len(es))
	for i, e := range es {
		out[i] = e
	}
	return out
}

// Hints returns the hints of every configuration error inside err, in order and
// without repetition.
func Hints(err error) []string {
	var all Errors
	if !errors.As(err, &all) {
		var one *Error
		if !errors.As(err, &one) {
			return nil
		}
		all = Errors{one}
	}
	var hints []string
	seen := map[string]bool{"": true}
	for _, e := range all {
		if !seen[e.Hint] {
			seen[e.Hint] = true
			hints = append(hints, e.Hint)
		}
	}
	return hints
}

func (es Errors) orNil() error {
	if len(es) == 0 {
		return nil
	}
	return es
}
