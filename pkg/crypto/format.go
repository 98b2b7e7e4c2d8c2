package crypto

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

// Format names a text format of stored values.
type Format string

// The formats that stored values are found in.
const (
	// FormatSeed is the database design's: AES-256-GCM as iv:tag:ciphertext; see seedgcm.go.
	FormatSeed Format = "seed"
	// FormatLiteral is what the design's code computes when it is run as printed; see literal.go.
	FormatLiteral Format = "seed-literal"
	// FormatAppCBC is the web application's: AES-256-CBC as iv:ciphertext; see appcbc.go.
	FormatAppCBC Format = "app-cbc"
	// FormatV2 is our own, bound to its row; see v2.go.
	FormatV2 Format = "v2"
	// FormatClear is no encryption at all.
	FormatClear Format = "clear"
)

// Writable lists the formats that a keyring can write.
func Writable() []Format { return []Format{FormatSeed, FormatAppCBC, FormatV2} }

// Weak reports whether texts of the format give away more than their length:
// equal values look equal, and two of them reveal their difference.
func (f Format) Weak() bool { return f == FormatLiteral }

// format is one text form of an encrypted value. Adding a form means writing one
// of these and naming it in readers.
type format interface {
	name() Format
	// matches reports whether text has the outer shape of the format. Several
	// formats may match one text; authentication decides between them.
	matches(text string) bool
	// open returns ErrWrongKey when the text does not open under m.
	open(m *material, at Place, text string) ([]byte, error)
}

// writer is a format that is also written.
type writer interface {
	format
	seal(m *material, at Place, plain []byte, random io.Reader) (string, error)
}

// readers are the formats in the order in which they are tried on a text that
// several of them match.
func readers() []format { return []format{v2{}, seedGCM{}, literalGCM{}, appCBC{}} }

func writerOf(name Format) (writer, error) {
	switch name {
	case FormatSeed, "":
		return seedGCM{}, nil
	case FormatAppCBC:
		return appCBC{}, nil
	case FormatV2:
		return v2{}, nil
	}
	return nil, fmt.Errorf("%w: %q", ErrNotWritable, name)
}

// randomBytes reads n bytes; source replaces crypto/rand in tests of published vectors.
func randomBytes(source io.Reader, n int) ([]byte, error) {
	if source == nil {
		source = rand.Reader
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(source, b); err != nil {
		return nil, fmt.Errorf("read random bytes: %w", err)
	}
	return b, nil
}

// damaged reports whether a text that has no known format was probably encrypted
// once: a cut or altered value must not pass for clear text, because clear text
// is used as it is, and encrypted again by a rotation.
func damaged(text string) bool {
	if strings.HasPrefix(text, v2Prefix) {
		return true
	}
	first, rest, ok := strings.Cut(text, ":")
	if !ok || len(first) < seedNonceSize {
		return false
	}
	return strings.Trim(first+rest, "0123456789abcdefABCDEF:") == ""
}

// hexPart decodes one part of a text and checks its length; a negative length accepts any.
func hexPart(part string, length int) ([]byte, bool) {
	b, err := hex.DecodeString(part)
	return b, err == nil && (length < 0 || len(b) == length)
}
