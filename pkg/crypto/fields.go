package crypto

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/axisor/axisor/pkg/exactjson"
	"github.com/axisor/axisor/pkg/secret"
)

// FieldError says which field of a credentials object could not be handled. Its
// text names the field and never the value.
type FieldError struct {
	Field string
	Err   error
}

// Error implements error.
func (e *FieldError) Error() string { return fmt.Sprintf("field %q: %v", e.Field, e.Err) }

// Unwrap returns the cause.
func (e *FieldError) Unwrap() error { return e.Err }

// IsClearField reports whether a field of a credentials object is stored in
// clear: the network flag, which the web application reads without decrypting.
func IsClearField(name string) bool { return name == "isTestnet" || name == "testnet" }

// FieldKey is a field name without regard to spelling. The programs that share
// these rows write one field by its label (API Key), its field name (api_key) or
// in camel case (apiKey), so names are compared by their letters and digits alone.
func FieldKey(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// ByFieldKey is a credentials object under its names without spelling. When two
// spellings of one field are there, the name that sorts first wins.
func ByFieldKey(fields map[string]secret.Secret) map[string]secret.Secret {
	out := make(map[string]secret.Secret, len(fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if _, taken := out[FieldKey(name)]; !taken {
			out[FieldKey(name)] = fields[name]
		}
	}
	return out
}

// EncryptFields encrypts each value of a credentials object on its own; fields
// that IsClearField names are copied.
func (kr *Keyring) EncryptFields(at Place, fields map[string]secret.Secret) (map[string]string, error) {
	out := make(map[string]string, len(fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		value := fields[name].Reveal()
		if IsClearField(name) {
			out[name] = value
			continue
		}
		text, err := kr.Encrypt(at.Of(name), value)
		if err != nil {
			return nil, &FieldError{Field: name, Err: err}
		}
		out[name] = text
	}
	return out, nil
}

// DecryptJSON opens a credentials column for use: a JSON object whose values are
// encrypted one by one, or one JSON string that is the whole object encrypted.
// Values in clear text are taken as they are, as the web application does; it is
// Inspect that brings them to light. Fields are returned as they are spelled.
func (kr *Keyring) DecryptJSON(at Place, column []byte) (map[string]secret.Secret, error) {
	return kr.open(at, column, kr.use)
}

// DecryptSealed is DecryptJSON for values that leave this machine: a field that is sent and in clear text, which may be
// anything but a key, is ErrClearText, and so is a whole object in clear text. Notes and flags beside them may be clear.
func (kr *Keyring) DecryptSealed(at Place, column []byte, sent func(field string) bool) (map[string]secret.Secret, error) {
	return kr.open(at, column, func(at Place, text string) (secret.Secret, error) {
		if text == "" || at.Field != "" && !sent(at.Field) {
			return kr.use(at, text)
		}
		plain, _, err := kr.Decrypt(at, text)
		return plain, err
	})
}

// open opens a credentials column, each value with use.
func (kr *Keyring) open(at Place, column []byte, use func(Place, string) (secret.Secret, error)) (map[string]secret.Secret, error) {
	var whole string
	if exactjson.Unmarshal(column, &whole) == nil {
		plain, err := use(at.Of(""), whole)
		if err != nil {
			return nil, fmt.Errorf("open credentials: %w", err)
		}
		fields, err := textFields([]byte(plain.Reveal()))
		if err != nil {
			return nil, err
		}
		out := make(map[string]secret.Secret, len(fields))
		for name, value := range fields {
			out[name] = secret.New(value)
		}
		return out, nil
	}
	fields, err := textFields(column)
	if err != nil {
		return nil, err
	}
	out := make(map[string]secret.Secret, len(fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if out[name], err = use(at.Of(name), fields[name]); err != nil {
			return nil, &FieldError{Field: name, Err: err}
		}
	}
	return out, nil
}

// use opens a value that may be in clear text.
func (kr *Keyring) use(at Place, text string) (secret.Secret, error) {
	if isFlag(at.Field, text) {
		return secret.New(text), nil
	}
	plain, _, err := kr.Decrypt(at, text)
	if errors.Is(err, ErrClearText) {
		if text != "" && !kr.accepts(FormatClear) {
			return secret.Secret{}, fmt.Errorf("%w: it is clear text", ErrNotAccepted)
		}
		return secret.New(text), nil
	}
	return plain, err
}

// isFlag reports whether a text is a network flag in its usual, clear form. The
// older of the two stores also has encrypted ones.
func isFlag(field, text string) bool {
	return IsClearField(field) && (text == "true" || text == "false" || text == "")
}

// textFields reads a flat JSON object of texts. The network flag may also be a
// boolean; nothing else may. The json package's own errors are dropped, since
// they can quote the input.
func textFields(object []byte) (map[string]string, error) {
	raw, err := rawFields(object)
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(raw))
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		text, ok := textField(name, raw[name])
		if !ok {
			return nil, &FieldError{Field: name, Err: ErrFormat}
		}
		out[name] = text
	}
	return out, nil
}

func rawFields(object []byte) (map[string]json.RawMessage, error) {
	var raw map[string]json.RawMessage
	if exactjson.Unmarshal(object, &raw) != nil || raw == nil {
		return nil, fmt.Errorf("open credentials: not a JSON object: %w", ErrFormat)
	}
	return raw, nil
}

func textField(name string, raw json.RawMessage) (string, bool) {
	var text string
	if len(raw) > 0 && raw[0] == '"' && exactjson.Unmarshal(raw, &text) == nil {
		return text, true
	}
	if word := string(raw); IsClearField(name) && (word == "true" || word == "false") {
		return word, true
	}
	return "", false
}
