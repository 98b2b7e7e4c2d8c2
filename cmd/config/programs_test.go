package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
)

// Arguments of a program may be tokens: what is shown of it is its name, in every format and in what is said about a
// value that cannot be used.
func TestShow_ArgumentsOfProgramsAreHidden(t *testing.T) {
	t.Parallel()
	p := clitest.New(t)
	const yaml = "encryption: {key_command: [fetch, --token, s3cret]}\nbackup:\n  pre_hook: [notify, --token, s3cret]\n  post_hook: [notify, --token, s3cret]\n"
	require.NoError(t, os.WriteFile(filepath.Join(p.Dir, ".axisor.yaml"), []byte(yaml), 0o600))
	for _, format := range []string{"table", "csv", "json", "jsonl", "yaml"} {
		r := p.OK("config", "show", "-o", format)
		require.NotContains(t, r.Stdout+r.Stderr, "s3cret")
		require.NotContains(t, r.Stdout+r.Stderr, "--token")
	}
	r := p.OK("config", "show", "-o", "json", "--jq", `[.items[] | select(.value == "notify" or .value == "fetch")] | length`)
	require.Equal(t, "3\n", r.Stdout)
	for _, key := range []string{"encryption: {key_command", "backup: {pre_hook", "backup: {post_hook"} {
		require.NoError(t, os.WriteFile(filepath.Join(p.Dir, ".axisor.yaml"), []byte(key+": {a: s3cret}}\n"), 0o600))
		r := p.Fails(10, "config", "show")
		require.NotContains(t, r.Stderr, "s3cret", key)
	}
}
