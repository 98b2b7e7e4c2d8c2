//go:build linux

package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
)

// Whoever types an answer does not have to delete what is proposed, nothing typed takes the proposal, and a password is
// never seen.
func TestInit_OnATerminal(t *testing.T) {
	t.Parallel()
	p := clitest.New(t)
	term := p.OnTerminal(100, 40, "config", "init", "--offline")
	term.Expect("Database URL").Type("postgres://me@db.example.com/other\r")
	term.Expect("Database password").Type("s3cret/pass word\r")
	term.Expect("Where is the key").Type("\r")
	term.Expect("File of the encryption key").Type("\r")
	term.Expect("Directory for backups").Type("bk\r")
	term.Expect("LN Markets network").Type("\r")
	term.Exits(0)
	require.NotContains(t, term.Output(), "s3cret")
	text, err := os.ReadFile(filepath.Join(p.Dir, ".axisor.yaml"))
	require.NoError(t, err)
	require.Contains(t, string(text), "postgres://me:s3cret%2Fpass%20word@db.example.com/other")
	require.NotContains(t, string(text), "localhost:5432")
	require.Regexp(t, `directory: \S*bk\b`, string(text))
	require.Contains(t, string(text), "key_file:")
}
