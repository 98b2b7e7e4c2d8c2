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
	stored, err := kr.EncryptFields(fields)
	require.NoError(t, err)
	require.Equal(t, "true", stored["isTestnet"])
	for _, name := range []string{"api_key", "api_secret", "passphrase"} {
		require.Regexp(t, `^[0-9a-f]{32}:[0-9a-f]{32}:[0-9a-f]*$`, stored[name])
	}
	opened, err := kr.DecryptFields(stored)
	require.NoError(t, err)
	require.Equal(t, reveal(fields), reveal(opened))

	column, err := json.Marshal(stored)
	require.NoError(t, err)
	opened, err = kr.DecryptJSON(column)
	require.NoError(t, err)
	require.Equal(t, reveal(fields), reveal(opened))
}

func TestFields_WholeObjectInOneText(t *testing.T) {
	t.Parallel()
	kr := newTestKeyring(t, vectorKey)
	text, err := kr.Encrypt(`{"api_key":"k","testnet":false}`)
	require.NoError(t, err)
	column, err := json.Marshal(text)
	require.NoError(t, err)
	opened, err := kr.DecryptJSON(column)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"api_key": "k", "testnet": "false"}, reveal(opened))
}

func TestFields_ErrorsNameTheFieldOnly(t *testing.T) {
	t.Parallel()
	kr := newTestKeyring(t, vectorKey)
	other, err := newTestKeyring(t, otherKey).Encrypt("x")
	require.NoError(t, err)
	for _, tc := range []struct {
		name, column string
		want         error
		field        string
	}{
		{"clear text", `{"api_key":"CLEARVALUE"}`, ErrFormat, "api_key"},
		{"other key", `{"api_key":"` + other + `"}`, ErrWrongKey, "api_key"},
		{"number", `{"api_key":123456789}`, ErrFormat, "api_key"},
		{"flag among secrets", `{"api_key":true}`, ErrFormat, "api_key"},
		{"array", `["CLEARVALUE"]`, ErrFormat, ""},
		{"null", `null`, ErrFormat, ""},
		{"broken", `{"api_key":CLEARVALUE`, ErrFormat, ""},
		{"clear string", `"CLEARVALUE"`, ErrFormat, ""},
	} {
		opened, err := kr.DecryptJSON([]byte(tc.column))
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
