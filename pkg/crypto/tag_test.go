package crypto_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/secret"
)

func TestTag_TellsEqualSecretsTogetherAndNothingElse(t *testing.T) {
	t.Parallel()
	ring := func(letter string) *crypto.Keyring {
		kr, err := crypto.NewKeyring(secret.New(strings.Repeat(letter, 32)), nil)
		require.NoError(t, err)
		return kr
	}
	tag := func(kr *crypto.Keyring, purpose, text string) string {
		got, err := kr.Tag(purpose, secret.New(text))
		require.NoError(t, err)
		require.Len(t, got, 64)
		require.NotContains(t, got, text)
		return got
	}
	mine := tag(ring("a"), "limit", "the api key")
	require.Equal(t, mine, tag(ring("a"), "limit", "the api key"))
	for _, other := range []string{
		tag(ring("b"), "limit", "the api key"), tag(ring("a"), "other", "the api key"), tag(ring("a"), "limit", "the api keY"),
		tag(ring("a"), "limi", "t\x00the api key"),
	} {
		require.NotEqual(t, mine, other)
	}
}
