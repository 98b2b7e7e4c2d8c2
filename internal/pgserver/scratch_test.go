package pgserver_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/pgserver"
)

// scratchDir makes the test binary own a scratch server until it is killed.
const scratchDir = "AXISOR_PGSERVER_TEST_SCRATCH"

func ownScratch(dir string) {
	ctx := context.Background()
	b, err := pgserver.Find(ctx)
	if err == nil {
		var s *pgserver.Scratch
		if s, err = pgserver.StartScratch(ctx, dir, b); err == nil {
			fmt.Println(s.DataDir())
			_, _ = io.Copy(io.Discard, os.Stdin) // for ever
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func TestScratch(t *testing.T) {
	t.Parallel()
	parent := filepath.Dir(openDir(t))
	b, err := pgserver.Find(t.Context())
	require.NoError(t, err)
	major := b.Major(t.Context())
	same, err := pgserver.FindMajor(t.Context(), major)
	require.NoError(t, err)
	require.Equal(t, b, same)
	_, err = pgserver.FindMajor(t.Context(), 9)
	require.ErrorIs(t, err, pgserver.ErrNoBinaries)

	s, err := pgserver.StartScratch(t.Context(), parent, b)
	require.NoError(t, err)
	got, err := queryOne(t, s.URL("postgres").Reveal(), "SELECT current_setting('listen_addresses') || '/' || current_setting('fsync')")
	require.NoError(t, err)
	require.Equal(t, "/off", got)
	info, err := os.Stat(s.SocketDir())
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	pgserver.SweepScratch(parent)
	require.DirExists(t, s.DataDir(), "its owner lives")
	require.NoError(t, s.Close())
	left, err := os.ReadDir(parent)
	require.NoError(t, err)
	require.Empty(t, left)
}

// TestScratch_KilledOwner leaves no server, and nothing on the disk after the next start.
func TestScratch_KilledOwner(t *testing.T) {
	t.Parallel()
	parent := filepath.Dir(openDir(t))
	self, err := os.Executable()
	require.NoError(t, err)
	c := exec.CommandContext(t.Context(), self)
	c.Env = append(os.Environ(), scratchDir+"="+parent)
	in, err := c.StdinPipe()
	require.NoError(t, err)
	defer in.Close()
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	data, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(data), "postmaster.pid"))
	require.NoError(t, err)
	var pid int
	_, err = fmt.Sscan(string(text), &pid)
	require.NoError(t, err)
	require.NoError(t, c.Process.Kill())
	require.Error(t, c.Wait())
	require.Eventually(t, func() bool { return syscall.Kill(pid, 0) != nil }, 20*time.Second, 5*time.Millisecond, "the server ends with its owner")
	require.DirExists(t, strings.TrimSpace(data))
	pgserver.SweepScratch(parent)
	left, err := os.ReadDir(parent)
	require.NoError(t, err)
	require.Empty(t, left)
}
