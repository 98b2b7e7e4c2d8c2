package crypto

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/axisor/axisor/pkg/exactjson"
	"github.com/axisor/axisor/pkg/secret"
)

// State says what is the matter with a stored value.
type State string

// The states of a stored value.
const (
	// StateCurrent opens with the current key and has the format that is written now.
	StateCurrent State = "current"
	// StateOutdated opens, with a previous key or from another format.
	StateOutdated State = "outdated"
	// StateWeak opens, from a format that protects little.
	StateWeak State = "weak"
	// StateClear was never encrypted.
	StateClear State = "clear_text"
	// StateWrongKey has a known format, and none of the keys opens it.
	StateWrongKey State = "wrong_key"
	// StateAltered was changed, or moved here from another place.
	StateAltered State = "altered"
	// StateNotAccepted opens, from a format that is not accepted any more: nothing proves whose it is.
	StateNotAccepted State = "not_accepted"
	// StateUnreadable is a cut text, or something that is no text at all.
	StateUnreadable State = "unreadable"
	// StateFlag is a network flag, which is meant to be in clear.
	StateFlag State = "flag"
	// StateEmpty is an empty text, which no program encrypts.
	StateEmpty State = "empty"
)

// Opens reports whether the value can be used.
func (s State) Opens() bool {
	return s != StateWrongKey && s != StateAltered && s != StateUnreadable && s != StateNotAccepted
}

// Ours reports whether one of the keys was used on the value, whatever became of it since.
func (s State) Ours() bool {
	return s == StateCurrent || s == StateOutdated || s == StateWeak || s == StateAltered || s == StateNotAccepted
}

// Problem reports whether somebody has to act: a secret lies open or almost
// open, or cannot be read.
func (s State) Problem() bool { return !s.Opens() || s == StateClear || s == StateWeak }

// stale reports whether encrypting the value again makes it better.
func (s State) stale() bool { return s == StateOutdated || s == StateWeak || s == StateClear }

// Value is one value of a stored credentials object as it was found.
type Value struct {
	Field  string // "" when one text is the whole object
	State  State
	Format Format // "" when unknown
	KeyID  string // of the key that opens it, or that it names
	plain  secret.Secret
	// refused is clear text that is not accepted.
	refused bool
}

// Left reports whether Reseal leaves the value although it is not as it should be.
func (v Value) Left() bool { return !v.State.Opens() || v.refused }

// Unbound reports whether the value would open and was left because its format does not say whose it is.
func (v Value) Unbound() bool { return v.State == StateNotAccepted || v.refused }

// Inspect says of every value of a credentials column what opens it. It never
// fails: what cannot be understood is a value, too.
func (kr *Keyring) Inspect(at Place, column []byte) []Value {
	values, _ := kr.inspect(at, column)
	return values
}

func (kr *Keyring) inspect(at Place, column []byte) ([]Value, map[string]json.RawMessage) {
	var whole string
	if len(column) > 0 && column[0] == '"' && exactjson.Unmarshal(column, &whole) == nil {
		return []Value{kr.value(at.Of(""), whole)}, nil
	}
	raw, err := rawFields(column)
	if err != nil {
		return []Value{{State: StateUnreadable}}, nil
	}
	values := make([]Value, 0, len(raw))
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		text, ok := textField(name, raw[name])
		if !ok {
			values = append(values, Value{Field: name, State: StateUnreadable})
			continue
		}
		values = append(values, kr.value(at.Of(name), text))
	}
	return values, raw
}

func (kr *Keyring) value(at Place, text string) Value {
	v := Value{Field: at.Field}
	switch {
	case isFlag(at.Field, text):
		v.State, v.Format = StateFlag, FormatClear
		return v
	case text == "":
		v.State, v.Format = StateEmpty, FormatClear
		return v
	}
	plain, info, err := kr.Decrypt(at, text)
	v.plain, v.Format, v.KeyID = plain, info.Format, info.KeyID
	if id, _, named := splitV2(text); named {
		v.Format, v.KeyID = FormatV2, id
	}
	switch {
	case errors.Is(err, ErrClearText):
		v.State, v.Format, v.plain = StateClear, FormatClear, secret.New(text)
		v.refused = !kr.accepts(FormatClear)
	case errors.Is(err, ErrNotAccepted):
		v.State = StateNotAccepted
	case errors.Is(err, ErrWrongKey):
		v.State = StateWrongKey
	case errors.Is(err, ErrAltered):
		v.State = StateAltered
	case err != nil:
		v.State = StateUnreadable
	case info.Current:
		v.State = StateCurrent
	case info.Format.Weak():
		v.State = StateWeak
	default:
		v.State = StateOutdated
	}
	return v
}

// Resealed is a credentials column after Reseal.
type Resealed struct {
	Values []Value // as they were found
	// Column is the new content, nil when nothing has to change.
	Column []byte
	// Sealed counts the values that were encrypted again.
	Sealed int
}

// Reseal encrypts every value of a column again that is not under the current
// key and in the format that is written now. What does not open stays as it is:
// a value that nobody can read today may be one whose key turns up tomorrow. So does
// what is not accepted. Each new text is opened again and compared before it is returned.
func (kr *Keyring) Reseal(at Place, column []byte) (Resealed, error) {
	values, raw := kr.inspect(at, column)
	out := Resealed{Values: values}
	for _, v := range values {
		if !v.State.stale() || v.refused {
			continue
		}
		text, err := kr.reseal(at.Of(v.Field), v.plain)
		if err != nil {
			return out, &FieldError{Field: v.Field, Err: err}
		}
		quoted, err := json.Marshal(text)
		if err != nil {
			return out, &FieldError{Field: v.Field, Err: err}
		}
		out.Sealed++
		if raw == nil {
			out.Column = quoted
			return out, nil
		}
		raw[v.Field] = quoted
	}
	if out.Sealed == 0 {
		return out, nil
	}
	var err error
	if out.Column, err = json.Marshal(raw); err != nil {
		return out, fmt.Errorf("encode credentials: %w", ErrFormat)
	}
	return out, nil
}

func (kr *Keyring) reseal(at Place, plain secret.Secret) (string, error) {
	text, err := kr.Encrypt(at, plain.Reveal())
	if err != nil {
		return "", err
	}
	again, info, err := kr.Decrypt(at, text)
	if err != nil {
		return "", fmt.Errorf("open what was just encrypted: %w", err)
	}
	if !info.Current || !again.Equal(plain) {
		return "", fmt.Errorf("open what was just encrypted: %w", ErrAltered)
	}
	return text, nil
}
