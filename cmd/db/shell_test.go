package db_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
)

// psql comes from where backups get pg_dump: AXISOR_PG_BIN alone, when it is given, whatever PATH has.
func TestShell_TakesPsqlFromTheDirectoryOfBackups(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	script := func(text string) string {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "psql"), []byte("#!/bin/sh\necho "+text+" \"$@\"\n"), 0o700))
		return dir
	}
	chosen, path := script("chosen"), script("path")
	both := p.With("AXISOR_PG_BIN="+chosen, "PATH="+path+":"+os.Getenv("PATH"))
	require.Contains(t, both.OK("db", "shell", "--", "-c", "SELECT 1").Stdout, "chosen")
	require.Equal(t, "tool_missing", p.With("AXISOR_PG_BIN="+t.TempDir(), "PATH="+path).Fails(14, "db", "shell", "-o", "json").Error()["code"])
}
