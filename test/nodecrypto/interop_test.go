//go:build interop

package nodecrypto

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/secret"
)

const encryptionKey = "axisor-interop-key-0123456789abcdef-é₿"

type value struct {
	Format crypto.Format `json:"format"`
	Table  string        `json:"table"`
	Row    string        `json:"row"`
	User   string        `json:"user"`
	Field  string        `json:"field"`
	Plain  string        `json:"plain"`
	Text   *string       `json:"text,omitempty"`
	Error  string        `json:"error,omitempty"`
}

func (v value) place() crypto.Place {
	return crypto.Place{Table: v.Table, Row: v.Row, User: v.User, Field: v.Field}
}

func values(format crypto.Format) []value {
	var out []value
	for _, plain := range []string{"test-api-key-12345", "ação ₿ 21", "", strings.Repeat("k", 16), strings.Repeat("long ", 500)} {
		for _, field := range []string{"api_key", "API Secret", ""} {
			out = append(out, value{Format: format, Table: "UserExchangeAccounts", Row: "row-1", User: "user-1", Field: field, Plain: plain})
		}
	}
	return out
}

func TestNodeWrites_WeRead(t *testing.T) {
	t.Parallel()
	kr := keyring(t)
	formats := append(crypto.Writable(), crypto.FormatLiteral)
	for _, format := range formats {
		in := values(format)
		for i, got := range node(t, in) {
			require.Empty(t, got.Error, "%s needs Node.js 20 or 21: later ones have no createCipher", format)
			plain, info, err := kr.Decrypt(in[i].place(), *got.Text)
			require.NoError(t, err, format)
			require.Equal(t, in[i].Plain, plain.Reveal(), format)
			require.Equal(t, format, info.Format)
		}
	}
}

func TestWeWrite_NodeReads(t *testing.T) {
	t.Parallel()
	for _, format := range crypto.Writable() {
		kr, err := keyring(t).Writing(format)
		require.NoError(t, err)
		in := values(format)
		want := make([]string, len(in))
		for i := range in {
			text, err := kr.Encrypt(in[i].place(), in[i].Plain)
			require.NoError(t, err)
			want[i], in[i].Plain, in[i].Text = in[i].Plain, "", &text
		}
		for i, got := range node(t, in) {
			require.Empty(t, got.Error, format)
			require.Equal(t, want[i], got.Plain, format)
		}
	}
}

// The reader in the documentation must refuse what ours refuses.
func TestDocumentedReader_RefusesAMovedValue(t *testing.T) {
	t.Parallel()
	kr, err := keyring(t).Writing(crypto.FormatV2)
	require.NoError(t, err)
	v := values(crypto.FormatV2)[0]
	text, err := kr.Encrypt(v.place(), "bound")
	require.NoError(t, err)
	v.Text = &text
	moved, cut, good := v, v, v
	moved.Row = "row-2"
	cut.Text = new(text[:len(text)-4])
	got := node(t, []value{moved, cut, good})
	require.NotEmpty(t, got[0].Error)
	require.NotEmpty(t, got[1].Error)
	require.Empty(t, got[2].Error)
	require.Equal(t, "bound", got[2].Plain)
}

func keyring(t *testing.T) *crypto.Keyring {
	t.Helper()
	kr, err := crypto.NewKeyring(secret.New(encryptionKey), nil)
	require.NoError(t, err)
	return kr
}

// node runs the example of the documentation and the platform's own code.
func node(t *testing.T, in []value) []value {
	t.Helper()
	program, err := exec.LookPath("node")
	require.NoError(t, err, "this proof needs Node.js 20; https://nodejs.org")
	page, err := os.ReadFile("../../docs/credential-format-v2.md")
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(page), "```js\n")
	require.True(t, ok, "the documentation has no example")
	example, _, ok := strings.Cut(rest, "```\n")
	require.True(t, ok)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "v2.mjs"), []byte(example), 0o600))
	runner, err := os.ReadFile("node.mjs")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "node.mjs"), runner, 0o600))

	request, err := json.Marshal(map[string]any{"key": encryptionKey, "values": in})
	require.NoError(t, err)
	c := exec.CommandContext(t.Context(), program, "--no-deprecation", "node.mjs")
	var stderr bytes.Buffer
	c.Dir, c.Stdin, c.Stderr = dir, bytes.NewReader(request), &stderr
	answer, err := c.Output()
	require.NoError(t, err, stderr.String())
	var out []value
	require.NoError(t, json.Unmarshal(answer, &out))
	require.Len(t, out, len(in))
	return out
}
