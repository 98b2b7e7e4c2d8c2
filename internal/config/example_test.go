package config

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const examplePath = "../../.axisor.yaml.example"

// TestExampleFile keeps the example complete and true: it loads as it is, names
// every key once, and shows defaults that are the defaults.
func TestExampleFile(t *testing.T) {
	t.Parallel()
	path, err := filepath.Abs(examplePath)
	require.NoError(t, err)
	profiles, err := Check(path)
	require.NoError(t, err)
	require.Equal(t, []string{"staging"}, profiles)

	text := readAll(t, path)
	main, _, found := strings.Cut(text, "\nprofiles:")
	require.True(t, found)
	w := newWorld(t)
	w.opts.File = w.file("c.yaml", main)
	shown := w.must()
	w.opts.File = ""
	defaults := w.must()
	set := map[string]bool{keyDatabaseURL: true, keyKeyFile: true} // examples, not defaults
	for _, k := range Keys() {
		section, name, _ := strings.Cut(k.Name, ".")
		block := regexp.MustCompile(`(?ms)^` + section + `:\n(.*?)(^\S|\z)`).FindStringSubmatch(main)
		require.NotNil(t, block, section)
		lines := regexp.MustCompile(`(?m)^  (# )?`+name+`: \S`).FindAllString(block[1], -1)
		require.Len(t, lines, 1, k.Name)
		if !set[k.Name] {
			require.Equal(t, k.field(defaults.Config), k.field(shown.Config), k.Name)
		}
	}
}

// TestExampleFile_CommentedSettings loads the settings that are commented out, one
// at a time, so that they cannot rot.
func TestExampleFile_CommentedSettings(t *testing.T) {
	t.Parallel()
	lines := strings.Split(readAll(t, examplePath), "\n")
	tried := 0
	for i, line := range lines {
		m := regexp.MustCompile(`^(\s*)# ([a-z_]+: \S.*)$`).FindStringSubmatch(line)
		if m == nil {
			continue
		}
		tried++
		changed := append([]string{}, lines...)
		changed[i] = m[1] + strings.ReplaceAll(m[2], "…", "an-example-of-a-key-that-is-long-enough")
		text := strings.Join(changed, "\n")
		if strings.HasPrefix(m[2], "key: ") || strings.HasPrefix(m[2], "key_command: ") {
			text = strings.Replace(text, "  key_file: ", "  # key_file: ", 1)
		}
		path := filepath.Join(t.TempDir(), "c.yaml")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := Check(path)
		require.NoError(t, err, line)
	}
	require.Equal(t, 31, tried)
}
