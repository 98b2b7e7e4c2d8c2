package crypto

import (
	"bytes"
	"encoding/hex"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/secret"
)

const (
	vectorKey    = "axisor-doc-test-key-0123456789abcdef"
	vectorScrypt = "9cc3336130478b1adb940e4cb1dc17002873e4ab1c2966984ba1abb2a5b7fb88"
	otherKey     = "another-key-of-more-than-thirty-two-characters"
)

// seedVectors were produced with Node 20's createCipheriv.
var seedVectors = []struct{ name, plain, text string }{
	{"ascii", "test-api-key-12345", "000102030405060708090a0b0c0d0e0f:4913540ebb55ec4fa4e04e877e4f5220:fe750e28ff88f97b917ea010ec7e24740c84"},
	{"utf8", "ação ₿ 21", "ffeeddccbbaa99887766554433221100:e9ae9694f7d23d3de0112726de08a015:219308db060cd887cd10750185"},
	{"empty", "", "a1b2c3d4e5f60718293a4b5c6d7e8f90:401c5d398ec1e05d6e8da66b014fa857:"},
}

// foreignVectors are texts of other programs under the same operator key.
var foreignVectors = []struct {
	name, text string
	want       error
}{
	{"literal createCipher, ascii", "000102030405060708090a0b0c0d0e0f:9d8893914e7a6dcab3d0f6b931deab49:f780888bb1160ca3456c835c1ecfe53252c9", ErrWrongKey},
	{"literal createCipher, utf8", "ffeeddccbbaa99887766554433221100:02e1f119d78a9fba3410cd1ee5084168:e2265c3c3f185c28eab8c61702", ErrWrongKey},
	{"literal createCipher, empty", "a1b2c3d4e5f60718293a4b5c6d7e8f90:f5596855367dc104418035cf9ac6bf8b:", ErrWrongKey},
	{"cbc, ascii", "000102030405060708090a0b0c0d0e0f:fa8d6fc0067f276b577ddc26f4bd2c990a21cb789e2930b33e2a7b7cdb845672", ErrFormat},
	{"cbc, utf8", "ffeeddccbbaa99887766554433221100:654a571048239dd5a80c71716bd96f2c", ErrFormat},
	{"cbc, empty", "a1b2c3d4e5f60718293a4b5c6d7e8f90:5e022b87cdfe418637078530e57bbffb", ErrFormat},
	{"cache format", "000102030405060708090a0b0c0d0e0f:99246650fe5d0931159b81a32053c8b3:6f6cd4a039f46458c8818653c2cfa146df782ce796ffcea7a69bfb8fd7c5aa2621d9c70abf086d820f605965a6c8c2", ErrWrongKey},
}

// vectorKeyring is shared by tests: deriving the key is slow under the race detector.
var vectorKeyring = sync.OnceValue(func() *Keyring {
	kr, err := NewKeyring(secret.New(vectorKey), nil)
	if err != nil {
		panic(err)
	}
	return kr
})

func newTestKeyring(t *testing.T, keys ...string) *Keyring {
	t.Helper()
	if len(keys) == 1 && keys[0] == vectorKey {
		return vectorKeyring()
	}
	var previous []secret.Secret
	for _, k := range keys[1:] {
		previous = append(previous, secret.New(k))
	}
	kr, err := NewKeyring(secret.New(keys[0]), previous)
	require.NoError(t, err)
	return kr
}

func TestKey_DerivationVector(t *testing.T) {
	t.Parallel()
	b, err := newKey(secret.New(vectorKey)).derived()
	require.NoError(t, err)
	require.Equal(t, vectorScrypt, hex.EncodeToString(b))
}

func TestKeyring_SeedVectorsBothWays(t *testing.T) {
	t.Parallel()
	kr := newTestKeyring(t, vectorKey)
	for _, v := range seedVectors {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			plain, info, err := kr.Decrypt(v.text)
			require.NoError(t, err)
			require.Equal(t, v.plain, plain.Reveal())
			require.Equal(t, FormatSeed, info.Format)
			require.True(t, info.Current)

			upper, _, err := kr.Decrypt(strings.ToUpper(v.text))
			require.NoError(t, err, "hex is read in either case")
			require.Equal(t, v.plain, upper.Reveal())

			iv, err := hex.DecodeString(strings.Split(v.text, ":")[0])
			require.NoError(t, err)
			text, err := seedGCM{random: bytes.NewReader(iv)}.seal(kr.keys[0], []byte(v.plain))
			require.NoError(t, err)
			require.Equal(t, v.text, text)
		})
	}
}

func TestKeyring_ForeignTextsDoNotOpen(t *testing.T) {
	t.Parallel()
	kr := newTestKeyring(t, vectorKey)
	for _, v := range foreignVectors {
		plain, _, err := kr.Decrypt(v.text)
		require.ErrorIs(t, err, v.want, v.name)
		require.True(t, plain.IsZero(), v.name)
	}
}

func TestKeyring_RejectsEveryAlteration(t *testing.T) {
	t.Parallel()
	kr := newTestKeyring(t, vectorKey)
	text := seedVectors[0].text
	for i := range text {
		if text[i] == ':' {
			continue
		}
		flipped := byte('0')
		if text[i] == '0' {
			flipped = '1'
		}
		_, _, err := kr.Decrypt(text[:i] + string(flipped) + text[i+1:])
		require.ErrorIs(t, err, ErrWrongKey, "digit %d", i)
	}
}

func TestKeyring_RefusesMalformedTexts(t *testing.T) {
	t.Parallel()
	kr := newTestKeyring(t, vectorKey)
	p := strings.Split(seedVectors[0].text, ":")
	for name, text := range map[string]string{
		"empty":           "",
		"clear text":      "my-api-key",
		"only colons":     "::",
		"tag of 4 bytes":  p[0] + ":" + p[1][:8] + ":" + p[2],
		"tag of 15 bytes": p[0] + ":" + p[1][:30] + ":" + p[2],
		"tag of 17 bytes": p[0] + ":" + p[1] + "00:" + p[2],
		"nonce of 12":     p[0][:24] + ":" + p[1] + ":" + p[2],
		"odd digits":      p[0] + ":" + p[1] + ":" + p[2] + "a",
		"not hex":         p[0] + ":" + p[1] + ":zz",
		"four parts":      seedVectors[0].text + ":00",
		"space around":    " " + seedVectors[0].text,
	} {
		_, _, err := kr.Decrypt(text)
		require.ErrorIs(t, err, ErrFormat, name)
	}
}

func TestKeyring_PreviousKeys(t *testing.T) {
	t.Parallel()
	old := newTestKeyring(t, vectorKey)
	text, err := old.Encrypt("rotate me")
	require.NoError(t, err)

	both := newTestKeyring(t, otherKey, vectorKey, vectorKey, otherKey)
	require.Len(t, both.keys, 2, "repeated keys are dropped")
	plain, info, err := both.Decrypt(text)
	require.NoError(t, err)
	require.Equal(t, "rotate me", plain.Reveal())
	require.False(t, info.Current)
	oldID, err := old.KeyID()
	require.NoError(t, err)
	require.Equal(t, oldID, info.KeyID)

	_, _, err = newTestKeyring(t, otherKey).Decrypt(text)
	require.ErrorIs(t, err, ErrWrongKey)
	require.NotContains(t, err.Error(), text)
}

func TestKeyring_KeyIDs(t *testing.T) {
	t.Parallel()
	kr := newTestKeyring(t, vectorKey, otherKey)
	ids, err := kr.KeyIDs()
	require.NoError(t, err)
	require.Len(t, ids, 2)
	require.NotEqual(t, ids[0], ids[1])
	for _, id := range ids {
		require.Regexp(t, `^[0-9a-f]{8}$`, id)
		require.NotContains(t, vectorScrypt, id)
	}
	fresh, err := NewKeyring(secret.New(vectorKey), nil)
	require.NoError(t, err)
	again, err := fresh.KeyID()
	require.NoError(t, err)
	require.Equal(t, ids[0], again, "the id depends on the key alone")
}

func TestKeyring_ShortKeysRefused(t *testing.T) {
	t.Parallel()
	short := strings.Repeat("é", MinKeyLength-1) // 62 bytes, 31 characters
	_, err := NewKeyring(secret.New(short), nil)
	require.ErrorIs(t, err, ErrKeyTooShort)
	require.NotContains(t, err.Error(), short)
	_, err = NewKeyring(secret.Secret{}, nil)
	require.ErrorIs(t, err, ErrKeyTooShort)
	_, err = NewKeyring(secret.New(vectorKey), []secret.Secret{secret.New("short")})
	require.ErrorIs(t, err, ErrKeyTooShort)
	require.Contains(t, err.Error(), "previous key 1")
	_, err = NewKeyring(secret.New(short+"é"), nil)
	require.NoError(t, err)
}

func TestKeyring_ConcurrentAndDistinct(t *testing.T) {
	t.Parallel()
	kr := newTestKeyring(t, vectorKey)
	texts := make([]string, 16)
	var wg sync.WaitGroup
	for i := range texts {
		wg.Go(func() { texts[i], _ = kr.Encrypt("same") })
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, text := range texts {
		require.NotEmpty(t, text)
		require.False(t, seen[text])
		seen[text] = true
	}
}

func FuzzKeyring_Decrypt(f *testing.F) {
	kr, err := NewKeyring(secret.New(vectorKey), nil)
	require.NoError(f, err)
	for _, v := range seedVectors {
		f.Add(v.text)
	}
	for _, v := range foreignVectors {
		f.Add(v.text)
	}
	f.Add("::")
	f.Fuzz(func(t *testing.T, text string) {
		plain, info, err := kr.Decrypt(text)
		if err != nil {
			require.True(t, plain.IsZero())
			require.Empty(t, info)
			return
		}
		// Without the key nobody makes a text that opens, so it is one of the
		// seeds up to the case of its digits; sealing it again must agree.
		iv, decodeErr := hex.DecodeString(strings.Split(text, ":")[0])
		require.NoError(t, decodeErr)
		again, err := seedGCM{random: bytes.NewReader(iv)}.seal(kr.keys[0], []byte(plain.Reveal()))
		require.NoError(t, err)
		require.Equal(t, strings.ToLower(text), again)
	})
}
