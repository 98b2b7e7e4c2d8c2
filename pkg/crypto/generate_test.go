package crypto

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/secret"
)

func TestGeneratePassword_SatisfiesEveryPolicy(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 200 {
		p := DefaultPolicy()
		p.MinLength = 32
		pw, err := GeneratePassword(p)
		require.NoError(t, err)
		require.NoError(t, p.Check(pw))
		require.Len(t, pw.Reveal(), 32)
		require.False(t, seen[pw.Reveal()])
		seen[pw.Reveal()] = true
	}
	_, err := GeneratePassword(Policy{MinLength: 73})
	require.ErrorIs(t, err, ErrPasswordTooLong)
}

func TestBcryptHash(t *testing.T) {
	t.Parallel()
	hash, err := HashPasswordCost(secret.New("Correct-Horse-7"), 4)
	require.NoError(t, err)
	require.True(t, BcryptHash(hash))
	require.True(t, BcryptHash(strings.Replace(hash, "$2a$", "$2b$", 1)))
	for _, bad := range []string{
		"", "Correct-Horse-7", hash[:59], hash + "x", strings.Replace(hash, "$2a$", "$2x$", 1),
		strings.Replace(hash, "$04$", "$99$", 1), hash[:59] + "!", "$argon2id$v=19$m=65536,t=3,p=4$abc",
	} {
		require.False(t, BcryptHash(bad), bad)
	}
}
