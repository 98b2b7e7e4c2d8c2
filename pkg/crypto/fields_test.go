package crypto

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/secret"
)

func reveal(in map[string]secret.Secret) map[string]string {
	out := map[string]string{}
	for k, v := range in {
		out[k] = v.Reveal()
	}
	return out
}

func TestFields_RoundTrip(t *testing.T) {
	t.Parallel()
	kr := newTestKeyring(t, vectorKey)
	fields := map[string]secret.Secret{
		"api_key": secret.New("k"), "api_secret": secret.New("s"), "passphrase": secret.New(""), "isTestnet": secret.New("true"),
	}
	stored, err := kr.EncryptFields(here, fields)
	require.NoError(t, err)
	require.Equal(t, "true", stored["isTestnet"])
	for _, name := range []string{"api_key", "api_secret", "passphrase"} {
		require.Regexp(t, `^[0-9a-f]{32}:[0-9a-f]{32}:[0-9a-f]*$`, stored[name])
	}
	column, err := json.Marshal(stored)
	require.NoError(t, err)
	opened, err := kr.DecryptJSON(here, column)
	require.NoError(t, err)
	require.Equal(t, reveal(fields), reveal(opened))
}

func TestFields_WholeObjectInOneText(t *testing.T) {
	t.Parallel()
	kr := newTestKeyring(t, vectorKey)
	text, err := kr.Encrypt(here.Of(""), `{"api_key":"k","testnet":false}`)
	require.NoError(t, err)
	column, err := json.Marshal(text)
	require.NoError(t, err)
	opened, err := kr.DecryptJSON(here, column)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"api_key": "k", "testnet": "false"}, reveal(opened))
}

func TestFields_ErrorsNameTheFieldOnly(t *testing.T) {
	t.Parallel()
	kr := newTestKeyring(t, vectorKey)
	other, err := newTestKeyring(t, otherKey).Encrypt(here, "x")
	require.NoError(t, err)
	for _, tc := range []struct {
		name, column string
		want         error
		field        string
	}{
		{"cut", `{"api_key":"000102030405060708090a0b0c0d0e0f:00"}`, ErrFormat, "api_key"},
		{"other key", `{"api_key":"` + other + `"}`, ErrWrongKey, "api_key"},
		{"number", `{"api_key":123456789}`, ErrFormat, "api_key"},
		{"flag among secrets", `{"api_key":true}`, ErrFormat, "api_key"},
		{"array", `["CLEARVALUE"]`, ErrFormat, ""},
		{"null", `null`, ErrFormat, ""},
		{"broken", `{"api_key":CLEARVALUE`, ErrFormat, ""},
		{"clear string", `"CLEARVALUE"`, ErrFormat, ""},
	} {
		opened, err := kr.DecryptJSON(here, []byte(tc.column))
		require.ErrorIs(t, err, tc.want, tc.name)
		require.Nil(t, opened, tc.name)
		require.NotContains(t, err.Error(), "CLEARVALUE", tc.name)
		require.NotContains(t, err.Error(), "123456789", tc.name)
		var fe *FieldError
		if tc.field != "" {
			require.ErrorAs(t, err, &fe, tc.name)
			require.Equal(t, tc.field, fe.Field, tc.name)
		}
	}
}

func TestFields_ClearTextIsUsedAsItIs(t *testing.T) {
	t.Parallel()
	opened, err := newTestKeyring(t, vectorKey).DecryptJSON(here, []byte(`{"API Key":"k:1","API Secret":"","isTestnet":true}`))
	require.NoError(t, err)
	require.Equal(t, map[string]string{"API Key": "k:1", "API Secret": "", "isTestnet": "true"}, reveal(opened))
}

func TestFields_SpellingsOfOneField(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"API Key", "api_key", "apiKey", "api-key", "APIKEY"} {
		require.Equal(t, "apikey", FieldKey(name), name)
	}
	by := ByFieldKey(map[string]secret.Secret{"api_key": secret.New("second"), "API Key": secret.New("first"), "Passphrase": secret.New("p")})
	require.Equal(t, map[string]string{"apikey": "first", "passphrase": "p"}, reveal(by))
}
