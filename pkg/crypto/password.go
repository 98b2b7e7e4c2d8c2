package crypto

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/bcrypt"

	"github.com/axisor/axisor/pkg/secret"
)

// PasswordCost is the bcrypt cost of every stored password hash.
const PasswordCost = 12

// MaxPasswordBytes is what bcrypt reads of a password. Node's bcrypt drops the
// rest without a word, so that two long passwords can be the same password.
const MaxPasswordBytes = 72

// passwordSpecials are the characters that count as special in the policy of the
// web application.
const passwordSpecials = "!@#$%^&*()_+-=[]{};':\"\\|,.<>/?~`"

// Sentinels of the password functions.
var (
	// ErrPasswordTooLong is returned for more than MaxPasswordBytes bytes.
	ErrPasswordTooLong = errors.New("password is longer than 72 bytes")
	// ErrPasswordEmpty is returned when there is no password to hash.
	ErrPasswordEmpty = errors.New("password is empty")
	// ErrHashFormat is returned for a stored hash that is not bcrypt.
	ErrHashFormat = errors.New("not a bcrypt hash")
)

// HashPassword returns the bcrypt hash of pw at PasswordCost.
func HashPassword(pw secret.Secret) (string, error) { return HashPasswordCost(pw, PasswordCost) }

// HashPasswordCost is HashPassword with another cost. It exists for sample data
// and tests, where hundreds of hashes at full cost would take minutes.
func HashPasswordCost(pw secret.Secret, cost int) (string, error) {
	if pw.IsZero() {
		return "", ErrPasswordEmpty
	}
	if len(pw.Reveal()) > MaxPasswordBytes {
		return "", ErrPasswordTooLong
	}
	if cost < bcrypt.MinCost || cost > bcrypt.MaxCost {
		return "", fmt.Errorf("hash password: cost %d is outside %d..%d", cost, bcrypt.MinCost, bcrypt.MaxCost)
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(pw.Reveal()), cost)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return string(hash), nil
}

// CheckPassword reports whether pw belongs to hash. Hashes made by other bcrypt
// libraries ($2b$, $2y$) are accepted; anything else is ErrHashFormat.
func CheckPassword(hash string, pw secret.Secret) (bool, error) {
	known := false
	for _, prefix := range []string{"$2a$", "$2b$", "$2y$"} {
		known = known || strings.HasPrefix(hash, prefix)
	}
	if !known {
		return false, ErrHashFormat
	}
	err := bcrypt.CompareHashAndPassword([]byte(hash), []byte(pw.Reveal()))
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, bcrypt.ErrMismatchedHashAndPassword):
		return false, nil
	default:
		return false, ErrHashFormat
	}
}

// Policy is what a new password must satisfy. Old passwords are never measured
// against it.
type Policy struct {
	MinLength, MaxLength         int // in characters
	Lower, Upper, Digit, Special bool
}

// DefaultPolicy is the policy of the web application's registration.
func DefaultPolicy() Policy {
	return Policy{MinLength: 8, MaxLength: 128, Lower: true, Upper: true, Digit: true, Special: true}
}

// PolicyError lists every rule that a password breaks, so that the operator does
// not meet them one at a time.
type PolicyError struct {
	Rules []string
	long  bool
}

// Error implements error.
func (e *PolicyError) Error() string { return "password needs " + strings.Join(e.Rules, ", ") }

// Is makes errors.Is(err, ErrPasswordTooLong) hold when length in bytes is among
// the broken rules.
func (e *PolicyError) Is(target error) bool { return e.long && target == ErrPasswordTooLong }

// CheckPolicy measures pw against DefaultPolicy.
func CheckPolicy(pw secret.Secret) error { return DefaultPolicy().Check(pw) }

// Check returns nil or a *PolicyError.
func (p Policy) Check(pw secret.Secret) error {
	text := pw.Reveal()
	e := &PolicyError{}
	rule := func(broken bool, format string, args ...any) {
		if broken {
			e.Rules = append(e.Rules, fmt.Sprintf(format, args...))
		}
	}
	n := utf8.RuneCountInString(text)
	rule(n < p.MinLength, "at least %d characters", p.MinLength)
	rule(p.MaxLength > 0 && n > p.MaxLength, "at most %d characters", p.MaxLength)
	e.long = len(text) > MaxPasswordBytes
	rule(e.long, "at most %d bytes", MaxPasswordBytes)
	rule(p.Lower && !strings.ContainsFunc(text, func(r rune) bool { return r >= 'a' && r <= 'z' }), "a lower-case letter")
	rule(p.Upper && !strings.ContainsFunc(text, func(r rune) bool { return r >= 'A' && r <= 'Z' }), "an upper-case letter")
	rule(p.Digit && !strings.ContainsFunc(text, func(r rune) bool { return r >= '0' && r <= '9' }), "a digit")
	rule(p.Special && !strings.ContainsAny(text, passwordSpecials), "a special character")
	rule(!utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl), "no control characters")
	if len(e.Rules) == 0 {
		return nil
	}
	return e
}
