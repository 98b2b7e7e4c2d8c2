package wholefile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/wholefile"
)

func TestFile_IsThereCompletelyOrNotAtAll(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	names := func() (out []string) {
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		for _, e := range entries {
			out = append(out, e.Name())
		}
		return out
	}
	begun, err := wholefile.Create(path, false)
	require.NoError(t, err)
	_, err = begun.WriteString("half")
	require.NoError(t, err)
	require.NoFileExists(t, path)
	begun.Discard()
	require.Empty(t, names())

	begun, err = wholefile.Create(path, false)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, []byte("appeared meanwhile"), 0o600))
	require.ErrorIs(t, begun.Commit(), wholefile.ErrExists)
	require.Equal(t, []string{"f"}, names())
	_, err = wholefile.Create(path, false)
	require.ErrorIs(t, err, wholefile.ErrExists)

	require.NoError(t, wholefile.Write(path, []byte("new"), true))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "new", string(text))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())

	err = wholefile.Write(filepath.Join(dir, "nowhere", "f"), nil, true)
	require.EqualError(t, err, "write "+filepath.Join(dir, "nowhere", "f")+": no such file or directory")
	require.Equal(t, []string{"f"}, names())
}
