package crypto

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/axisor/axisor/pkg/secret"
)

func TestHashPassword_Cost(t *testing.T) {
	t.Parallel()
	pw := secret.New("Str0ng!pass")
	hash, err := HashPassword(pw)
	require.NoError(t, err)
	cost, err := bcrypt.Cost([]byte(hash))
	require.NoError(t, err)
	require.Equal(t, 12, cost)
	require.Len(t, hash, 60) // checking it would cost as much again; cheap hashes do that below
}

func TestCheckPassword_Prefixes(t *testing.T) {
	t.Parallel()
	pw := secret.New("x")
	hash, err := HashPasswordCost(pw, bcrypt.MinCost)
	require.NoError(t, err)
	for _, prefix := range []string{"$2a$", "$2b$", "$2y$"} {
		ok, err := CheckPassword(prefix+hash[4:], pw)
		require.NoError(t, err, prefix)
		require.True(t, ok, prefix)
	}
	ok, err := CheckPassword(hash, secret.New("X"))
	require.NoError(t, err)
	require.False(t, ok)
	for _, bad := range []string{"", "$2x$" + hash[4:], "$argon2id$v=19$x", "plain", hash[:40], "$2a$99$" + hash[7:]} {
		ok, err := CheckPassword(bad, pw)
		require.ErrorIs(t, err, ErrHashFormat, bad)
		require.False(t, ok)
	}
}

func TestHashPassword_Limits(t *testing.T) {
	t.Parallel()
	_, err := HashPasswordCost(secret.New(strings.Repeat("é", 36)), bcrypt.MinCost)
	require.NoError(t, err, "72 bytes")
	_, err = HashPasswordCost(secret.New(strings.Repeat("é", 36)+"a"), bcrypt.MinCost)
	require.ErrorIs(t, err, ErrPasswordTooLong)
	_, err = HashPassword(secret.Secret{})
	require.ErrorIs(t, err, ErrPasswordEmpty)
	_, err = HashPasswordCost(secret.New("x"), 3)
	require.Error(t, err)
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		pw    string
		rules []string
	}{
		{"Str0ng!pass", nil},
		{"Aa1`aaaa", nil},
		{"Aa1\\aaaa", nil},
		{"Aa1!aaa", []string{"at least 8 characters"}},
		{"AA1!AAAA", []string{"a lower-case letter"}},
		{"aa1!aaaa", []string{"an upper-case letter"}},
		{"Aaa!aaaa", []string{"a digit"}},
		{"Aa1aaaaa", []string{"a special character"}},
		{"Aa1!aaaa\x00", []string{"no control characters"}},
		{"", []string{"at least 8 characters", "a lower-case letter", "an upper-case letter", "a digit", "a special character"}},
		{"Aa1!" + strings.Repeat("a", 69), []string{"at most 72 bytes"}},
		{"Aa1!" + strings.Repeat("a", 125), []string{"at most 128 characters", "at most 72 bytes"}},
	} {
		err := CheckPolicy(secret.New(tc.pw))
		if tc.rules == nil {
			require.NoError(t, err, tc.pw)
			continue
		}
		var pe *PolicyError
		require.ErrorAs(t, err, &pe, tc.pw)
		require.Equal(t, tc.rules, pe.Rules, tc.pw)
		require.Equal(t, len(tc.pw) > 72, errors.Is(err, ErrPasswordTooLong), tc.pw)
	}
	require.NoError(t, Policy{MinLength: 4}.Check(secret.New("word")))
}
