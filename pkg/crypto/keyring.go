// Package crypto owns what axisor does with secrets at rest: the text formats
// of encrypted credential values, the keys that open them, and password hashes.
//
// It must not know the database, the configuration or the command line: keys
// and values come in as arguments and texts go out. It never logs, and none of
// its errors carries a plaintext, a key or a ciphertext.
package crypto

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/axisor/axisor/pkg/secret"
)

// MinKeyLength is the number of characters an encryption key must have. The web
// application checks the same length at its start.
const MinKeyLength = 32

// Sentinels of this package. Test for them with errors.Is.
var (
	// ErrKeyTooShort is returned for a key under MinKeyLength characters.
	ErrKeyTooShort = errors.New("encryption key is too short")
	// ErrFormat is returned for a text that no known format can be: clear text,
	// a truncated value, or a format this version does not read.
	ErrFormat = errors.New("not an encrypted value in a known format")
	// ErrClearText is ErrFormat for a text that was never encrypted.
	ErrClearText = fmt.Errorf("%w: it is clear text", ErrFormat)
	// ErrWrongKey is returned when the text has a known format and no key opens
	// it. Authenticated encryption cannot tell a wrong key from altered bytes.
	ErrWrongKey = errors.New("no encryption key opens this value")
	// ErrAltered is returned when a value names one of our keys and does not open:
	// it was changed, or it belongs to another row, user or field.
	ErrAltered = errors.New("value was altered, or belongs to another row or field")
	// ErrNotAccepted is returned for a value that a key opens and whose format is not
	// accepted any more, or for clear text where only encrypted values are.
	ErrNotAccepted = errors.New("value is in a format that is no longer accepted")
	// ErrPlace is returned when a format needs to know where the value is stored.
	ErrPlace = errors.New("place of an encrypted value is incomplete")
	// ErrNotWritable is returned for a format that is only read, or unknown.
	ErrNotWritable = errors.New("not a format to write")
)

// Info says how a value was opened. It is safe to show.
type Info struct {
	Format Format
	KeyID  string // "" for clear text
	// Current is true when the value was opened by the current key in the
	// format that Encrypt writes, so that re-encrypting it would change nothing.
	Current bool
}

// Keyring encrypts with one current key and decrypts with that key and any
// number of previous ones. It is safe for concurrent use.
type Keyring struct {
	keys   []*key    // the current key first
	write  writer    // what Encrypt produces
	opener []format  // what Decrypt tries, in this order
	accept []Format  // what Decrypt lets pass beside the format of write; nil is all
	random io.Reader // nil means crypto/rand
}

// NewKeyring returns a keyring. No key is derived yet: the derivation is slow on
// purpose and happens once per key, at the first use. A previous key that is
// repeated or equal to the current one is dropped.
func NewKeyring(current secret.Secret, previous []secret.Secret) (*Keyring, error) {
	kr := &Keyring{write: seedGCM{}, opener: readers()}
	for i, s := range append([]secret.Secret{current}, previous...) {
		if n := utf8.RuneCountInString(s.Reveal()); n < MinKeyLength {
			which := "current key"
			if i > 0 {
				which = fmt.Sprintf("previous key %d", i)
			}
			return nil, fmt.Errorf("%w: %s has %d characters, at least %d are needed", ErrKeyTooShort, which, n, MinKeyLength)
		}
		if !kr.has(s) {
			kr.keys = append(kr.keys, newKey(s))
		}
	}
	return kr, nil
}

// Writing is the same keyring for another format of new values; keys that were
// derived stay derived. A new keyring writes FormatSeed.
func (kr *Keyring) Writing(f Format) (*Keyring, error) {
	w, err := writerOf(f)
	if err != nil {
		return nil, err
	}
	other := *kr
	other.write = w
	return &other, nil
}

// Accepting is the same keyring for stored values of some formats only; with none, of all. What is in another one is
// ErrNotAccepted. The format of new values is always accepted.
func (kr *Keyring) Accepting(formats ...Format) *Keyring {
	other := *kr
	other.accept = formats
	return &other
}

func (kr *Keyring) accepts(f Format) bool {
	return len(kr.accept) == 0 || f == kr.Format() || slices.Contains(kr.accept, f)
}

// Format is the format of new values.
func (kr *Keyring) Format() Format { return kr.write.name() }

func (kr *Keyring) has(s secret.Secret) bool {
	for _, k := range kr.keys {
		if k.secret.Equal(s) {
			return true
		}
	}
	return false
}

// KeyID returns the short name of the current key.
func (kr *Keyring) KeyID() (string, error) { return kr.keys[0].id() }

// KeyIDs returns the short names of all keys, the current one first.
func (kr *Keyring) KeyIDs() ([]string, error) {
	ids := make([]string, 0, len(kr.keys))
	for _, k := range kr.keys {
		id, err := k.id()
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// Encrypt returns plain as a text under the current key, for the place where it
// will be stored. Two calls with the same plain give two different texts. An
// empty plain is a value like any other.
func (kr *Keyring) Encrypt(at Place, plain string) (string, error) {
	m, err := kr.keys[0].material()
	if err != nil {
		return "", fmt.Errorf("encrypt value: %w", err)
	}
	text, err := kr.write.seal(m, at, []byte(plain), kr.random)
	if err != nil {
		return "", fmt.Errorf("encrypt value: %w", err)
	}
	return text, nil
}

// Decrypt opens a text that is stored at a place with the first key and format
// that fit. The error is ErrFormat, which ErrClearText also is, ErrWrongKey,
// ErrAltered, or ErrNotAccepted with the Info of a value that would open.
func (kr *Keyring) Decrypt(at Place, text string) (secret.Secret, Info, error) {
	known := false
	for _, f := range kr.opener {
		if !f.matches(text) {
			continue
		}
		known = true
		for i, k := range kr.keys {
			m, err := k.material()
			if err != nil {
				return secret.Secret{}, Info{}, fmt.Errorf("decrypt value: %w", err)
			}
			plain, err := f.open(m, at, text)
			if errors.Is(err, ErrWrongKey) {
				continue
			}
			if err != nil {
				return secret.Secret{}, Info{}, fmt.Errorf("decrypt value: %w", err)
			}
			info := Info{Format: f.name(), KeyID: m.id, Current: i == 0 && f.name() == kr.write.name()}
			if !kr.accepts(f.name()) {
				return secret.Secret{}, info, fmt.Errorf("%w: %s", ErrNotAccepted, f.name())
			}
			return secret.New(string(plain)), info, nil
		}
	}
	switch {
	case known:
		return secret.Secret{}, Info{}, ErrWrongKey
	case damaged(text):
		return secret.Secret{}, Info{}, ErrFormat
	}
	return secret.Secret{}, Info{}, ErrClearText
}
