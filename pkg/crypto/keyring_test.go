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

// cacheText is of the application's cache: the same look as seed, another key. It
// never stands in the database.
const cacheText = "000102030405060708090a0b0c0d0e0f:99246650fe5d0931159b81a32053c8b3:6f6cd4a039f46458c8818653c2cfa146df782ce796ffcea7a69bfb8fd7c5aa2621d9c70abf086d820f605965a6c8c2"

// here is where the values of the tests are stored.
var here = Place{Table: "UserExchangeAccounts", Row: "row-1", User: "user-1", Field: "api_key"}

// sealWith encrypts with known random bytes.
func sealWith(t *testing.T, kr *Keyring, f Format, random []byte, plain string) string {
	t.Helper()
	w, err := kr.Writing(f)
	require.NoError(t, err)
	fixed := *w
	fixed.random = bytes.NewReader(random)
	text, err := fixed.Encrypt(here, plain)
	require.NoError(t, err)
	return text
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
	m, err := newKey(secret.New(vectorKey)).material()
	require.NoError(t, err)
	require.Equal(t, vectorScrypt, hex.EncodeToString(m.derived))
	require.Equal(t, "75330e0ee521109b9e57542e", hex.EncodeToString(m.nonce))
}

func TestKeyring_SeedVectorsBothWays(t *testing.T) {
	t.Parallel()
	kr := newTestKeyring(t, vectorKey)
	for _, v := range seedVectors {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			plain, info, err := kr.Decrypt(here, v.text)
			require.NoError(t, err)
			require.Equal(t, v.plain, plain.Reveal())
			require.Equal(t, FormatSeed, info.Format)
			require.True(t, info.Current)

			upper, _, err := kr.Decrypt(here, strings.ToUpper(v.text))
			require.NoError(t, err, "hex is read in either case")
			require.Equal(t, v.plain, upper.Reveal())

			iv, err := hex.DecodeString(strings.Split(v.text, ":")[0])
			require.NoError(t, err)
			require.Equal(t, v.text, sealWith(t, kr, FormatSeed, iv, v.plain))
		})
	}
}

func TestKeyring_CacheTextsDoNotOpen(t *testing.T) {
	t.Parallel()
	plain, _, err := newTestKeyring(t, vectorKey).Decrypt(here, cacheText)
	require.ErrorIs(t, err, ErrWrongKey)
	require.True(t, plain.IsZero())
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
		_, _, err := kr.Decrypt(here, text[:i]+string(flipped)+text[i+1:])
		require.ErrorIs(t, err, ErrWrongKey, "digit %d", i)
	}
}

func TestKeyring_RefusesMalformedTexts(t *testing.T) {
	t.Parallel()
	kr := newTestKeyring(t, vectorKey)
	p := strings.Split(seedVectors[0].text, ":")
	for name, text := range map[string]string{
		"tag of 4 bytes":  p[0] + ":" + p[1][:8] + ":" + p[2],
		"tag of 15 bytes": p[0] + ":" + p[1][:30] + ":" + p[2],
		"tag of 17 bytes": p[0] + ":" + p[1] + "00:" + p[2],
		"nonce of 12":     p[0][:24] + ":" + p[1] + ":" + p[2],
		"odd digits":      p[0] + ":" + p[1] + ":" + p[2] + "a",
		"not hex":         p[0] + ":" + p[1] + ":zz",
		"four parts":      seedVectors[0].text + ":00",
		"space around":    " " + seedVectors[0].text,
	} {
		_, _, err := kr.Decrypt(here, text)
		require.ErrorIs(t, err, ErrFormat, name)
	}
}

func TestKeyring_PreviousKeys(t *testing.T) {
	t.Parallel()
	old := newTestKeyring(t, vectorKey)
	text, err := old.Encrypt(here, "rotate me")
	require.NoError(t, err)

	both := newTestKeyring(t, otherKey, vectorKey, vectorKey, otherKey)
	require.Len(t, both.keys, 2, "repeated keys are dropped")
	plain, info, err := both.Decrypt(here, text)
	require.NoError(t, err)
	require.Equal(t, "rotate me", plain.Reveal())
	require.False(t, info.Current)
	oldID, err := old.KeyID()
	require.NoError(t, err)
	require.Equal(t, oldID, info.KeyID)

	_, _, err = newTestKeyring(t, otherKey).Decrypt(here, text)
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
		wg.Go(func() { texts[i], _ = kr.Encrypt(here, "same") })
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, text := range texts {
		require.NotEmpty(t, text)
		require.False(t, seen[text])
		seen[text] = true
	}
}
