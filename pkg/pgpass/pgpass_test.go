package pgpass_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/pgpass"
)

// TestGive: the program can read the file as often as it likes, also its own children, and nobody else finds it.
func TestGive(t *testing.T) {
	before := temporaries(t)
	other, err := os.Open(os.DevNull)
	require.NoError(t, err)
	defer other.Close()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `cat "$PGPASSFILE"; sh -c 'cat "$PGPASSFILE"'; stat -L -c '%a %F' "$PGPASSFILE"; env`)
	cmd.ExtraFiles = []*os.File{other}
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "PGPASSFILE=/another"}
	done, err := pgpass.Give(cmd, `a:b\c`)
	require.NoError(t, err)
	out, err := cmd.Output()
	require.NoError(t, err)
	const line = `*:*:*:*:a\:b\\c` + "\n"
	require.True(t, strings.HasPrefix(string(out), line+line+"600 regular file\n"), "%s", out)
	require.Equal(t, 2, strings.Count(string(out), `a\:b`))
	done()
	require.Equal(t, before, temporaries(t))
}

func temporaries(t *testing.T) []os.DirEntry {
	t.Helper()
	list, err := os.ReadDir(os.TempDir())
	require.NoError(t, err)
	var ours []os.DirEntry
	for _, e := range list {
		if strings.HasPrefix(e.Name(), "axisor-pass") {
			ours = append(ours, e)
		}
	}
	return ours
}

func TestGive_NothingToGive(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "true")
	done, err := pgpass.Give(cmd, "")
	require.NoError(t, err)
	done()
	require.Empty(t, cmd.Env)
	for _, p := range []string{"a\nb", "a\r", "\x00"} {
		_, err := pgpass.Give(cmd, p)
		require.ErrorIs(t, err, pgpass.ErrLineBreak)
	}
	require.Empty(t, cmd.Env)
	require.Empty(t, cmd.ExtraFiles)
}
