package secret_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/secret"
)

func TestGuessable(t *testing.T) {
	t.Parallel()
	for text, why := range map[string]string{
		strings.Repeat("x", 32):                          "few",
		strings.Repeat("0", 63) + "1":                    "few",
		strings.Repeat("0101", 16):                       "few",
		strings.Repeat("\u00e9", 40):                     "few",
		strings.Repeat("changeme", 4):                    "repeats",
		strings.Repeat("ChangeMe", 4) + "!":              "repeats",
		"letmein-please-letmein-please-letm":             "repeats",
		strings.Repeat("cafe1234", 8):                    "repeats",
		"8f3a91c07b2e4d56" + "8f3a91c07b2e4d56":          "repeats",
		"abcdefghijklmnopqrstuvwxyz012345":               "sequence",
		"fedcba9876543210FEDCBA9876543210fedcba98765432": "repeats",
		"zyxwvutsrqponmlkjihgfedcba987654":               "sequence",
		"qwertyuiopasdfghjklzxcvbnm123456":               "sequence",
		"aabbccddeeffgghhiijjkkllmmnnoopp":               "sequence",
		"abcdefgh12345678ABCDEFGH!@#$%^&*":               "sequence",
	} {
		require.Contains(t, secret.Guessable(secret.New(text)), why, text)
	}
	for _, text := range []string{
		"axisor-doc-test-key-0123456789abcdef", // the design's own example
		"correct horse battery staple and more",
		"Tr0ub4dor&3-but-much-longer-than-that",
	} {
		require.Empty(t, secret.Guessable(secret.New(text)), text)
	}
}

// No key that was made is refused.
func TestGuessable_RandomKeysPass(t *testing.T) {
	t.Parallel()
	digits := new(big.Int).Exp(big.NewInt(10), big.NewInt(32), nil)
	for range 2000 {
		raw := make([]byte, 32)
		_, err := rand.Read(raw)
		require.NoError(t, err)
		n, err := rand.Int(rand.Reader, digits)
		require.NoError(t, err)
		for _, text := range []string{hex.EncodeToString(raw), hex.EncodeToString(raw[:16]), base64.StdEncoding.EncodeToString(raw), pad(n.String())} {
			if why := secret.Guessable(secret.New(text)); why != "" {
				t.Fatalf("%s %s", text, why)
			}
		}
	}
}

func pad(digits string) string { return strings.Repeat("0", 32-len(digits)) + digits }
