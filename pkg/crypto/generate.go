package crypto

import (
	"crypto/rand"
	"fmt"
	"math/big"

	"github.com/axisor/axisor/pkg/secret"
)

// The characters of generated passwords: none that people confuse when they read one aloud, and no special that
// a shell or a form would treat in its own way.
const (
	generateLower   = "abcdefghijkmnpqrstuvwxyz"
	generateUpper   = "ABCDEFGHJKLMNPQRSTUVWXYZ"
	generateDigit   = "23456789"
	generateSpecial = "-_.+=@"
	// generatedLength gives about 119 bits.
	generatedLength = 20
)

// GeneratePassword makes a password of at least 20 characters with every class of character, so that it satisfies
// any policy.
func GeneratePassword(p Policy) (secret.Secret, error) {
	length := max(generatedLength, p.MinLength)
	if length > MaxPasswordBytes {
		return secret.Secret{}, ErrPasswordTooLong
	}
	classes := []string{generateLower, generateUpper, generateDigit, generateSpecial}
	all := generateLower + generateUpper + generateDigit + generateSpecial
	text := make([]byte, length)
	for i := range text {
		from := all
		if i < len(classes) {
			from = classes[i]
		}
		n, err := below(len(from))
		if err != nil {
			return secret.Secret{}, err
		}
		text[i] = from[n]
	}
	for i := len(text) - 1; i > 0; i-- { // the first four are no longer the first four
		j, err := below(i + 1)
		if err != nil {
			return secret.Secret{}, err
		}
		text[i], text[j] = text[j], text[i]
	}
	return secret.New(string(text)), nil
}

func below(n int) (int, error) {
	v, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		return 0, fmt.Errorf("generate password: %w", err)
	}
	return int(v.Int64()), nil
}

// BcryptHash reports whether text is a complete bcrypt hash, of any of the libraries in use.
func BcryptHash(text string) bool {
	if len(text) != 60 || text[0] != '$' || text[1] != '2' || text[3] != '$' || text[6] != '$' {
		return false
	}
	if c := text[2]; c != 'a' && c != 'b' && c != 'y' {
		return false
	}
	if cost := text[4:6]; cost < "04" || cost > "31" {
		return false
	}
	for _, c := range text[7:] {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (c < '0' || c > '9') && c != '.' && c != '/' {
			return false
		}
	}
	return true
}
