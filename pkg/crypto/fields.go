package crypto

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

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

// EncryptFields encrypts each value of a credentials object on its own; fields
// that IsClearField names are copied.
func (kr *Keyring) EncryptFields(fields map[string]secret.Secret) (map[string]string, error) {
	out := make(map[string]string, len(fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		value := fields[name].Reveal()
		if IsClearField(name) {
			out[name] = value
			continue
		}
		text, err := kr.Encrypt(value)
		if err != nil {
			return nil, &FieldError{Field: name, Err: err}
		}
		out[name] = text
	}
	return out, nil
}

// DecryptFields opens each value of a stored credentials object. A value in clear
// text is ErrFormat, not a value: silently accepting it would hide that a secret
// lies open in the database. The error is a *FieldError.
func (kr *Keyring) DecryptFields(stored map[string]string) (map[string]secret.Secret, error) {
	out := make(map[string]secret.Secret, len(stored))
	for _, name := range slices.Sorted(maps.Keys(stored)) {
		if IsClearField(name) {
			out[name] = secret.New(stored[name])
			continue
		}
		plain, _, err := kr.Decrypt(stored[name])
		if err != nil {
			return nil, &FieldError{Field: name, Err: err}
		}
		out[name] = plain
	}
	return out, nil
}

// DecryptJSON opens a credentials column: a JSON object whose values are
// encrypted one by one, or one JSON string that is the whole object encrypted.
func (kr *Keyring) DecryptJSON(column []byte) (map[string]secret.Secret, error) {
	var whole string
	if json.Unmarshal(column, &whole) == nil {
		plain, _, err := kr.Decrypt(whole)
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
	return kr.DecryptFields(fields)
}

// textFields reads a flat JSON object of texts. The network flag may also be a
// boolean; nothing else may. The json package's own errors are dropped, since
// they can quote the input.
func textFields(object []byte) (map[string]string, error) {
	var raw map[string]any
	if json.Unmarshal(object, &raw) != nil || raw == nil {
		return nil, fmt.Errorf("open credentials: not a JSON object: %w", ErrFormat)
	}
	out := make(map[string]string, len(raw))
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		switch v := raw[name].(type) {
		case string:
			out[name] = v
		case bool:
			if !IsClearField(name) {
				return nil, &FieldError{Field: name, Err: ErrFormat}
			}
			out[name] = fmt.Sprint(v)
		default:
			return nil, &FieldError{Field: name, Err: ErrFormat}
		}
	}
	return out, nil
}
