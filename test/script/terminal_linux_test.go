package script

import (
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
)

// A terminal is not questioned (its background colour, where its cursor is): the answer takes a round trip, and five
// seconds where none comes.
func TestTerminal_NotQuestioned(t *testing.T) {
	t.Parallel()
	ours, theirs := clitest.OpenTerminal(t, 80, 24)
	defer ours.Close()
	self, err := os.Executable()
	require.NoError(t, err)
	c := &exec.Cmd{
		Path: self, Args: []string{"axisor", "version"}, Env: []string{"TERM=xterm-256color", "HOME=" + t.TempDir()},
		Stdin: theirs, Stdout: theirs, Stderr: theirs, SysProcAttr: &syscall.SysProcAttr{Setsid: true, Setctty: true},
	}
	require.NoError(t, c.Run())
	require.NoError(t, theirs.Close())
	said, err := io.ReadAll(ours)
	require.ErrorIs(t, err, syscall.EIO, "this is how Linux tells that nobody holds the other side any more")
	require.Contains(t, string(said), "platform")
	require.NotContains(t, string(said), "\x1b]11;?")
	require.NotContains(t, string(said), "\x1b[6n")
}
