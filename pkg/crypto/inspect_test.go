package crypto

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/secret"
)

func states(values []Value) map[string]State {
	out := map[string]State{}
	for _, v := range values {
		out[v.Field] = v.State
	}
	return out
}

// mixed is a credentials object in which every state occurs.
func mixed(t *testing.T, current, other *Keyring) []byte {
	t.Helper()
	seal := func(kr *Keyring, at Place, plain string) string {
		text, err := kr.Encrypt(at, plain)
		require.NoError(t, err)
		return text
	}
	bound, err := current.Writing(FormatV2)
	require.NoError(t, err)
	column, err := json.Marshal(map[string]any{
		"a current": seal(current, here, "one"), "b cbc": cbcVectors[0].text, "c literal": literalVectors[0].text,
		"d clear": "CLEAR <&>", "e other key": seal(other, here, "five"), "f moved": seal(bound, here.Of("x"), "six"),
		"g v2": seal(bound, here.Of("g v2"), "seven"), "h cut": cbcVectors[0].text[:40], "i number": 7, "j empty": "",
		"isTestnet": true, "testnet": "false", "k null": nil,
	})
	require.NoError(t, err)
	return column
}

func TestInspect(t *testing.T) {
	t.Parallel()
	kr, other := newTestKeyring(t, vectorKey), newTestKeyring(t, otherKey)
	values := kr.Inspect(here, mixed(t, kr, other))
	require.Equal(t, map[string]State{
		"a current": StateCurrent, "b cbc": StateOutdated, "c literal": StateWeak, "d clear": StateClear,
		"e other key": StateWrongKey, "f moved": StateAltered, "g v2": StateOutdated, "h cut": StateUnreadable,
		"i number": StateUnreadable, "j empty": StateEmpty, "isTestnet": StateFlag, "testnet": StateFlag, "k null": StateUnreadable,
	}, states(values))
	require.NotContains(t, fmt.Sprintf("%+v", values), "CLEAR")
	id, err := kr.KeyID()
	require.NoError(t, err)
	for _, v := range values {
		if v.Field == "f moved" {
			require.Equal(t, FormatV2, v.Format)
			require.Equal(t, id, v.KeyID, "a value that does not open still names its key")
		}
	}
	for _, column := range []string{`null`, `[]`, `7`, ``, `{`} {
		require.Equal(t, map[string]State{"": StateUnreadable}, states(kr.Inspect(here, []byte(column))), column)
	}
	require.Equal(t, map[string]State{"": StateClear}, states(kr.Inspect(here, []byte(`"text"`))))
	require.Empty(t, kr.Inspect(here, []byte(`{}`)))
}

func TestReseal_KeepsWhatItCannotOpen(t *testing.T) {
	t.Parallel()
	kr, other := newTestKeyring(t, vectorKey), newTestKeyring(t, otherKey)
	column := mixed(t, kr, other)
	for _, f := range Writable() {
		w, err := kr.Writing(f)
		require.NoError(t, err)
		out, err := w.Reseal(here, column)
		require.NoError(t, err)
		after := states(w.Inspect(here, out.Column))
		for _, name := range []string{"a current", "b cbc", "c literal", "d clear", "g v2"} {
			require.Equal(t, StateCurrent, after[name], "%s %s", f, name)
		}
		var before, now map[string]any
		require.NoError(t, json.Unmarshal(column, &before))
		require.NoError(t, json.Unmarshal(out.Column, &now))
		for _, name := range []string{"e other key", "f moved", "h cut", "i number", "j empty", "isTestnet", "testnet", "k null"} {
			require.Equal(t, before[name], now[name], name)
		}
		require.Len(t, now, len(before))
		plain, _, err := w.Decrypt(here.Of("d clear"), now["d clear"].(string))
		require.NoError(t, err)
		require.Equal(t, "CLEAR <&>", plain.Reveal())

		again, err := w.Reseal(here, out.Column)
		require.NoError(t, err)
		require.Zero(t, again.Sealed)
		require.Nil(t, again.Column, "a second rotation has nothing to do")
	}
}

func TestReseal_WholeObject(t *testing.T) {
	t.Parallel()
	old := newTestKeyring(t, vectorKey)
	text, err := old.Encrypt(here.Of(""), `{"api_key":"k"}`)
	require.NoError(t, err)
	column, err := json.Marshal(text)
	require.NoError(t, err)
	kr, err := newTestKeyring(t, otherKey, vectorKey).Writing(FormatV2)
	require.NoError(t, err)
	out, err := kr.Reseal(here, column)
	require.NoError(t, err)
	require.Equal(t, 1, out.Sealed)
	opened, err := kr.DecryptJSON(here, out.Column)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"api_key": "k"}, reveal(opened))
}

func FuzzInspect(f *testing.F) {
	kr, err := NewKeyring(secret.New(vectorKey), nil)
	require.NoError(f, err)
	f.Add([]byte(`{"api_key":"000102030405060708090a0b0c0d0e0f:4913540ebb55ec4fa4e04e877e4f5220:fe750e28ff88f97b917ea010ec7e24740c84"}`))
	f.Add([]byte(`"v2:a0d04b37:AAEC"`))
	f.Add([]byte(`{"isTestnet":true,"x":{"y":[]}}`))
	f.Fuzz(func(t *testing.T, column []byte) {
		out, err := kr.Reseal(here, column)
		require.NoError(t, err)
		if out.Column == nil {
			return
		}
		require.True(t, json.Valid(out.Column))
		for _, v := range kr.Inspect(here, out.Column) {
			require.False(t, v.State.stale(), "%q", v.Field)
		}
	})
}
