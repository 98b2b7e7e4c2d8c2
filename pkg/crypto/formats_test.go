package crypto

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/secret"
)

// literalVectors were produced with Node 20's createCipher, which Node 22 no longer has.
var literalVectors = []struct{ plain, text string }{
	{"test-api-key-12345", "000102030405060708090a0b0c0d0e0f:9d8893914e7a6dcab3d0f6b931deab49:f780888bb1160ca3456c835c1ecfe53252c9"},
	{"ação ₿ 21", "ffeeddccbbaa99887766554433221100:02e1f119d78a9fba3410cd1ee5084168:e2265c3c3f185c28eab8c61702"},
	{"", "a1b2c3d4e5f60718293a4b5c6d7e8f90:f5596855367dc104418035cf9ac6bf8b:"},
}

// cbcVectors were produced with Node's createCipheriv.
var cbcVectors = []struct{ plain, text string }{
	{"test-api-key-12345", "000102030405060708090a0b0c0d0e0f:fa8d6fc0067f276b577ddc26f4bd2c990a21cb789e2930b33e2a7b7cdb845672"},
	{"ação ₿ 21", "ffeeddccbbaa99887766554433221100:654a571048239dd5a80c71716bd96f2c"},
	{"", "a1b2c3d4e5f60718293a4b5c6d7e8f90:5e022b87cdfe418637078530e57bbffb"},
}

// v2Vectors were produced with the Node example of docs/credential-format-v2.md. The format may never change.
var v2Vectors = []struct {
	at          Place
	random      string
	plain, text string
}{
	{here, "000102030405060708090a0b", "test-api-key-12345", "v2:a0d04b37:AAECAwQFBgcICQoL43UYGjI8X2bqHK8mKe_4z5Jgf7CtTCpVh8xEd-O6P_7l-w"},
	{here.Of("API Secret"), "ffeeddccbbaa998877665544", "ação ₿ 21", "v2:a0d04b37:_-7dzLuqmYh3ZlVE0loW8WU6ZS4IFTOAwEr22PNMmY3lMcavHsnMkU4"},
	{here.Of(""), "a1b2c3d4e5f60718293a4b5c", "", "v2:a0d04b37:obLD1OX2BxgpOktcojlc7G-rPNeJDDndX8RSzw"},
}

func TestLiteral_ReadOnly(t *testing.T) {
	t.Parallel()
	kr := newTestKeyring(t, vectorKey)
	for _, v := range literalVectors {
		plain, info, err := kr.Decrypt(here, v.text)
		require.NoError(t, err)
		require.Equal(t, v.plain, plain.Reveal())
		require.Equal(t, FormatLiteral, info.Format)
		require.False(t, info.Current)
		require.True(t, info.Format.Weak())
	}
	_, err := kr.Writing(FormatLiteral)
	require.ErrorIs(t, err, ErrNotWritable)
	_, err = kr.Writing("aes")
	require.ErrorIs(t, err, ErrNotWritable)
	_, _, err = newTestKeyring(t, otherKey).Decrypt(here, literalVectors[0].text)
	require.ErrorIs(t, err, ErrWrongKey)
}

func TestAppCBC_BothWays(t *testing.T) {
	t.Parallel()
	kr := newTestKeyring(t, vectorKey)
	for _, v := range cbcVectors {
		plain, info, err := kr.Decrypt(here, v.text)
		require.NoError(t, err)
		require.Equal(t, v.plain, plain.Reveal())
		require.Equal(t, FormatAppCBC, info.Format)
		iv, err := hex.DecodeString(v.text[:32])
		require.NoError(t, err)
		require.Equal(t, v.text, sealWith(t, kr, FormatAppCBC, iv, v.plain))
	}
	app, err := kr.Writing(FormatAppCBC)
	require.NoError(t, err)
	_, info, err := app.Decrypt(here, cbcVectors[0].text)
	require.NoError(t, err)
	require.True(t, info.Current)
}

// A wrong key must not pass for the right one although nothing authenticates the text.
func TestAppCBC_WrongKeysDoNotPass(t *testing.T) {
	t.Parallel()
	app, err := newTestKeyring(t, vectorKey).Writing(FormatAppCBC)
	require.NoError(t, err)
	other := newTestKeyring(t, otherKey)
	for range 20_000 {
		text, err := app.Encrypt(here, "a-key")
		require.NoError(t, err)
		_, _, err = other.Decrypt(here, text)
		require.ErrorIs(t, err, ErrWrongKey)
	}
}

func TestV2_Vectors(t *testing.T) {
	t.Parallel()
	kr, err := newTestKeyring(t, vectorKey).Writing(FormatV2)
	require.NoError(t, err)
	for _, v := range v2Vectors {
		random, err := hex.DecodeString(v.random)
		require.NoError(t, err)
		fixed := *kr
		fixed.random = strings.NewReader(string(random))
		text, err := fixed.Encrypt(v.at, v.plain)
		require.NoError(t, err)
		require.Equal(t, v.text, text)
		plain, info, err := kr.Decrypt(v.at, v.text)
		require.NoError(t, err)
		require.Equal(t, v.plain, plain.Reveal())
		require.Equal(t, FormatV2, info.Format)
		require.True(t, info.Current)
	}
}

func TestV2_BoundToItsPlace(t *testing.T) {
	t.Parallel()
	kr, err := newTestKeyring(t, vectorKey).Writing(FormatV2)
	require.NoError(t, err)
	text, err := kr.Encrypt(here, "bound")
	require.NoError(t, err)
	for name, at := range map[string]Place{
		"table": {"UserExchangeCredentials", here.Row, here.User, here.Field},
		"row":   {here.Table, "row-2", here.User, here.Field},
		"user":  {here.Table, here.Row, "user-2", here.Field},
		"field": here.Of("api_secret"),
		"shift": {here.Table, here.Row + here.User, "", here.Field},
	} {
		plain, _, err := kr.Decrypt(at, text)
		require.Error(t, err, name)
		require.NotErrorIs(t, err, ErrWrongKey, name)
		require.True(t, plain.IsZero(), name)
	}
	_, _, err = kr.Decrypt(here.Of("api_secret"), text)
	require.ErrorIs(t, err, ErrAltered)
	_, err = kr.Encrypt(Place{}, "x")
	require.ErrorIs(t, err, ErrPlace)
	_, err = kr.Encrypt(here.Of("a\x00b"), "x")
	require.ErrorIs(t, err, ErrPlace)
	_, _, err = newTestKeyring(t, otherKey).Decrypt(here, text)
	require.ErrorIs(t, err, ErrWrongKey, "it names a key that is not there")
}

func TestV2_RefusesOtherSpellings(t *testing.T) {
	t.Parallel()
	kr := newTestKeyring(t, vectorKey)
	text := v2Vectors[0].text
	for _, bad := range []string{
		"v2:", "v2::", "v2:a0d04b37:", text + "=", text + "\n", strings.Replace(text, "a0d0", "A0D0", 1), text[:len(text)-12],
		strings.Replace(text, "v2:a0d04b37:AAEC", "v2:a0d04b37:AA EC", 1), "v2:zzd04b37" + text[11:], text + ":x",
	} {
		_, _, err := kr.Decrypt(here, bad)
		require.Error(t, err, bad)
		require.NotErrorIs(t, err, ErrClearText, bad)
	}
}

func TestDecrypt_TellsClearTextFromDamage(t *testing.T) {
	t.Parallel()
	kr := newTestKeyring(t, vectorKey)
	for _, clear := range []string{"", "my-api-key", "::", "12:30", "ab:cd", "pass:word", "0123456789abcdef0123456789abcdef", "Zm9v+/=="} {
		_, _, err := kr.Decrypt(here, clear)
		require.ErrorIs(t, err, ErrClearText, clear)
		require.ErrorIs(t, err, ErrFormat, clear)
	}
	cut := cbcVectors[0].text[:len(cbcVectors[0].text)-2]
	for _, damage := range []string{cut, cut + "0", "000102030405060708090a0b0c0d0e0f:", "0001020304050607:00"} {
		_, _, err := kr.Decrypt(here, damage)
		require.ErrorIs(t, err, ErrFormat, damage)
		require.NotErrorIs(t, err, ErrClearText, damage)
	}
}

func FuzzKeyring_Decrypt(f *testing.F) {
	kr, err := NewKeyring(secret.New(vectorKey), nil)
	require.NoError(f, err)
	for _, v := range seedVectors {
		f.Add(v.text, "api_key")
	}
	for i := range literalVectors {
		f.Add(literalVectors[i].text, "API Key")
		f.Add(cbcVectors[i].text, "isTestnet")
		f.Add(v2Vectors[i].text, v2Vectors[i].at.Field)
	}
	f.Add(cacheText, "")
	f.Add("::", "")
	f.Fuzz(func(t *testing.T, text, field string) {
		plain, info, err := kr.Decrypt(here.Of(field), text)
		if err != nil {
			require.True(t, plain.IsZero())
			require.Empty(t, info)
			return
		}
		// Without the key nobody makes an authenticated text that opens: it is one of the seeds, up to its case.
		switch info.Format {
		case FormatSeed, FormatLiteral:
			parts := strings.Split(strings.ToLower(text), ":")
			require.Len(t, parts[1], 2*seedTagSize)
		case FormatV2:
			require.Equal(t, v2Vectors[0].at.Of(field), here.Of(field))
		case FormatAppCBC:
			require.True(t, printable([]byte(plain.Reveal())))
		default:
			t.Fatalf("opened as %q", info.Format)
		}
	})
}
