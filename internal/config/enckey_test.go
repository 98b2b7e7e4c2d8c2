package config

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func toText(v any) string { return fmt.Sprintf("%+v", v) }

func readAll(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(b)
}

func TestEncryptionKey_None(t *testing.T) {
	t.Parallel()
	_, err := newWorld(t).must().EncryptionKey(t.Context())
	require.ErrorIs(t, err, ErrNoKey)
}

func TestEncryptionKey_File(t *testing.T) {
	t.Parallel()
	long := "clé-d’essai-à-trente-deux-caractères"
	for _, tc := range []struct {
		name, content string
		mode          os.FileMode
		want          string
	}{
		{"good", long + "\n", 0o600, ""},
		{"read-only", long, 0o400, ""},
		{"inner spaces stay", " " + long + " \r\n", 0o600, ""},
		{"writable by the group", long, 0o660, "is a file that others can open (mode 0660)"},
		{"empty", "\n", 0o600, "gives nothing"},
		{"two lines", long + "\n" + long + "\n", 0o600, "gives more than one line"},
		{"binary", long + "\xff\xfe", 0o600, "not text"},
		{"short", canary + "\n", 0o600, "must have at least 32 characters, has 12"},
		{"guessable", strings.Repeat("0", 64), 0o600, "is made of very few different characters"},
		{"missing", "", 0, "cannot be read: no such file"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			path := filepath.Join(w.dir, "key")
			if tc.mode != 0 {
				w.file("key", tc.content)
				require.NoError(t, os.Chmod(path, tc.mode))
			}
			w.env["AXISOR_ENCRYPTION_KEY_FILE"] = "key"
			ld := w.must()
			key, err := ld.EncryptionKey(t.Context())
			if tc.want != "" {
				require.ErrorContains(t, err, tc.want)
				require.ErrorContains(t, err, path)
				require.NotContains(t, err.Error(), canary)
				require.NotContains(t, err.Error(), long)
				require.True(t, key.IsZero())
				return
			}
			require.NoError(t, err)
			require.Equal(t, strings.TrimRight(tc.content, "\r\n"), key.Reveal())
			require.NoError(t, os.Remove(path))
			again, err := ld.EncryptionKey(t.Context())
			require.NoError(t, err, "read once, then remembered")
			require.True(t, key.Equal(again))
		})
	}
}

func TestEncryptionKey_Command(t *testing.T) {
	t.Parallel()
	long := "printed-by-a-program-for-one-test-only"
	sh, err := exec.LookPath("sh")
	require.NoError(t, err)
	for _, tc := range []struct {
		name, script string
		want         string
	}{
		{"good", "echo " + long, ""},
		{"with the given environment", `echo "$FROM_ENV"`, ""},
		{"fails", "echo " + canary + "; echo " + canary + " >&2; exit 3", "failed, got \"" + sh + "\": exit status 3"},
		{"prints nothing", "true", "gives nothing"},
		{"prints a short one", "echo " + canary, "must have at least 32 characters"},
		{"prints a sequence", "echo 0987654321ZYXWVUTSRQPONMLKJIHGFEDCBA", "is a sequence"},
		{"prints two lines", "echo " + long + "; echo " + canary, "gives more than one line"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.env["FROM_ENV"] = long
			w.env["AXISOR_ENCRYPTION_KEY_COMMAND"] = fmt.Sprintf("%s -c '%s'", sh, tc.script)
			key, err := w.must().EncryptionKey(t.Context())
			if tc.want != "" {
				require.ErrorContains(t, err, tc.want)
				require.NotContains(t, err.Error(), canary)
				return
			}
			require.NoError(t, err)
			require.Equal(t, long, key.Reveal())
		})
	}
}

func TestEncryptionKey_CommandIsFoundInThePathGiven(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	long := "printed-by-a-program-for-one-test-only"
	bin := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(bin, "print-key"), []byte("#!/bin/sh\necho "+long+"\n"), 0o700))
	w.file(FileName, "encryption: {key_command: [print-key]}")
	_, err := w.must().EncryptionKey(t.Context())
	require.ErrorContains(t, err, "program not found")
	w.env["PATH"] = "relative:" + bin
	key, err := w.must().EncryptionKey(t.Context())
	require.NoError(t, err)
	require.Equal(t, long, key.Reveal())
}

func TestEncryptionKey_CommandStopsWithTheContext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.env["AXISOR_ENCRYPTION_KEY_COMMAND"] = `["/bin/sh", "-c", "exec sleep 60"]`
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := w.must().EncryptionKey(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestWords(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][]string{
		"":                     nil,
		"  a  b ":              {"a", "b"},
		`a 'b c' "d e"`:        {"a", "b c", "d e"},
		`a\ b 'c\d' "e\"f"`:    {"a b", `c\d`, `e"f`},
		`''`:                   {""},
		`pre"fix"ed $HOME *.x`: {"prefixed", "$HOME", "*.x"},
	} {
		got, rule := splitCommand(in)
		require.Empty(t, rule, in)
		require.Equal(t, want, got, in)
	}
	for _, bad := range []string{`'a`, `"a`, `a\`} {
		_, rule := splitCommand(bad)
		require.NotEmpty(t, rule, bad)
	}
}
