package config_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"filippo.io/age"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
)

// TestStrangersFolder works in folders that others can write, with a configuration that would run a program and send
// keys to another address. Every way to name the file ends with 10, and the program does not run.
func TestStrangersFolder(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		folder, file fs.FileMode
		owner        int // of the file; -1: this user
		says         string
	}{
		"folder of all":      {0o777, 0o600, -1, "is in a folder that others can write (mode 0777)"},
		"folder of a group":  {0o770, 0o600, -1, "is in a folder that others can write (mode 0770)"},
		"file of all":        {0o700, 0o606, -1, "is a file that others can change (mode 0606)"},
		"a stranger's file":  {0o700, 0o644, 54321, "belongs to somebody else"},
		"sticky, a stranger": {0o777 | fs.ModeSticky, 0o600, 54321, "belongs to somebody else"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.owner >= 0 && os.Geteuid() != 0 {
				t.Skip("only root makes files of others")
			}
			p := clitest.New(t)
			dir := filepath.Join(p.Dir, "theirs")
			require.NoError(t, os.Mkdir(dir, 0o700))
			mark := filepath.Join(p.Dir, "ran")
			file := filepath.Join(dir, ".axisor.yaml")
			content := fmt.Sprintf("encryption: {key_command: [touch, %[1]q]}\nbackup: {pre_hook: [touch, %[1]q]}\nlnmarkets: {base_url: 'http://127.0.0.1:9/v3'}\n", mark)
			require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
			require.NoError(t, os.Chmod(file, tc.file))
			require.NoError(t, os.Chown(file, tc.owner, -1))
			require.NoError(t, os.Chmod(dir, tc.folder))

			here := *p
			here.Dir = dir
			link := filepath.Join(p.Dir, "linked.yaml")
			require.NoError(t, os.Symlink(file, link))
			for _, run := range []clitest.Result{
				here.Fails(10, "backup", "create"),
				here.Fails(10, "guard", "run"),
				here.Fails(10, "credential", "check"),
				here.Fails(10, "config", "validate"),
				p.Fails(10, "backup", "create", "--config", file),
				p.Fails(10, "backup", "create", "--config", link),
				p.With("AXISOR_CONFIG="+file).Fails(10, "user", "list"),
			} {
				require.Contains(t, run.Stderr, tc.says)
				require.Contains(t, run.Stderr, "hint: ")
			}
			require.NoFileExists(t, mark)
		})
	}
}

// TestStrangersKeys: a file that a setting names is judged like the configuration.
func TestStrangersKeys(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	dir := filepath.Join(p.Dir, "shared")
	require.NoError(t, os.Mkdir(dir, 0o700))
	file := filepath.Join(dir, "key")
	require.NoError(t, os.WriteFile(file, []byte("5f0c8a4be2d97316a5c4e1f2b3d40987\n"), 0o600))
	require.NoError(t, os.Chmod(dir, 0o777))
	for setting, args := range map[string][]string{
		"AXISOR_BACKUP_SIGNING_KEY_FILE":  {"backup", "create"},
		"AXISOR_PAYMENTS_LNBITS_KEY_FILE": {"payment", "reconcile", "--backend", "lnbits"},
	} {
		r := p.With(setting+"="+file, "AXISOR_PAYMENTS_LNBITS_URL=http://127.0.0.1:9").Fails(10, args...)
		require.Contains(t, r.Stderr, "is in a folder that others can write", setting)
	}
	identity, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	p.With("AXISOR_BACKUP_RECIPIENTS="+identity.Recipient().String()).OK("backup", "create")
	require.NoError(t, os.WriteFile(file, []byte(identity.String()+"\n"), 0o600))
	require.Contains(t, p.Fails(10, "backup", "verify", "--identity", file).Stderr, "is in a folder that others can write")
}
