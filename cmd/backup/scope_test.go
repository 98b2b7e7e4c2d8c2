package backup_test

import (
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
)

// TestOneDirectoryTwoDatabases: two databases, as of two hosts, with one backup directory and one target.
func TestOneDirectoryTwoDatabases(t *testing.T) {
	t.Parallel()
	shared, offsite := filepath.Join(t.TempDir(), "backups"), t.TempDir()
	env := []string{"AXISOR_BACKUP_DIRECTORY=" + shared, "AXISOR_BACKUP_TARGETS=" + offsite + "?keep_last=1", "AXISOR_BACKUP_RETENTION_DAYS=0"}
	a, b := clitest.WithDB(t, env...), clitest.WithDB(t, env...)
	made := func(p *clitest.Program) string { return strings.TrimSpace(p.OK("backup", "-q", "--no-prune").Stdout) }
	first, second := made(a), made(a)
	other := made(b)

	require.Equal(t, second, a.OK("backup", "show", "latest", "-o", "json").JSON()["id"])
	require.Equal(t, other, b.OK("backup", "show", "latest", "-o", "json").JSON()["id"])
	require.Equal(t, second+"\n"+first+"\n", a.OK("backup", "list", "-q").Stdout)
	require.Len(t, a.OK("backup", "list", "--all-databases", "-o", "json").Items(), 3)
	shown := b.OK("backup", "list", "-o", "json").Items()[0]
	name, system := shown["database"].(string), shown["system_identifier"].(string)
	require.Equal(t, other, a.OK("backup", "show", "latest", "--database", name, "-o", "json").JSON()["id"])
	require.Equal(t, other+"\n", a.OK("backup", "list", "-q", "--database", system+"/"+name).Stdout)
	require.Equal(t, second, a.OK("restore", "--to-database", "never_made", "--plan", "-o", "json").JSON()["id"])
	require.Equal(t, other, a.OK("restore", "--to-database", "never_made", "--plan", "--database", name, "-o", "json").JSON()["id"])
	require.Equal(t, other, a.OK("restore", other, "--to-database", "never_made", "--plan", "-o", "json").JSON()["id"], "an id says it by itself")
	require.Equal(t, second, a.OK("restore", "--from", offsite+"?keep_last=1", "--to-database", "never_made", "--plan", "-o", "json").JSON()["id"], "the very text of backup.targets")
	require.Len(t, a.OK("backup", "verify", "--all", "-o", "json").Items(), 2)
	status := a.OK("backup", "status", "--all-databases", "-o", "json").JSON()
	require.Len(t, status["databases"], 2)
	require.Equal(t, second, a.OK("backup", "status", "-o", "json").JSON()["newest_id"])

	b.OK("backup", "prune", "--keep-last", "1", "--yes")
	b.OK("backup", "push")
	require.Len(t, a.OK("backup", "list", "--all-databases", "-o", "json").Items(), 3, "another's are not touched")
	done := a.OK("backup", "prune", "--keep-last", "1", "--yes", "-o", "json").Items()
	require.Len(t, done, 2)
	require.Equal(t, other+"\n", b.OK("backup", "list", "-q", "--from", offsite).Stdout)
	require.Equal(t, second+"\n"+first+"\n", a.OK("backup", "list", "-q", "--from", offsite).Stdout, "another host prunes its own copies only")
	a.OK("backup", "push")
	require.Equal(t, second+"\n", a.OK("backup", "list", "-q", "--from", offsite).Stdout)
	a.Fails(2, "backup", "list", "--database", name, "--all-databases")
	r := a.Fails(3, "backup", "show", "latest", "--database", "absent")
	require.Contains(t, r.Stderr, system+"/"+name)

	// A server that is away tells nothing: lists go by the name, and nothing is removed.
	away := a.With("DATABASE_URL=postgres://u@127.0.0.1:1/" + name)
	r = away.OK("backup", "list", "-q")
	require.Equal(t, other+"\n", r.Stdout)
	require.Equal(t, "database_unreachable", away.Fails(11, "backup", "prune", "--yes", "-o", "json").Error()["code"])
	away.OK("backup", "prune", "--database", system+"/"+name, "--keep-last", "1", "--yes")
}

// TestNothingThereIsNoSuccess takes the directory away, as a mount that is missing does.
func TestNothingThereIsNoSuccess(t *testing.T) {
	t.Parallel()
	offsite := t.TempDir()
	p := clitest.WithDB(t, "AXISOR_BACKUP_TARGETS="+offsite)
	require.NoError(t, os.Mkdir(backups(p), 0o700))
	require.Equal(t, "no_good_backup", p.Fails(8, "backup", "status", "-o", "json").Error()["code"])
	p.Fails(3, "backup", "verify", "--all")
	p.Fails(3, "backup", "wal", "verify")
	p.OK("backup", "prune")
	id := strings.TrimSpace(p.OK("backup", "-q").Stdout)
	p.OK("backup", "status")

	calls := [][]string{{"backup", "list"}, {"backup", "status"}, {"backup", "verify", "--all"}, {"backup", "wal", "verify"}, {"backup", "prune", "--yes"}}
	away := backups(p) + "-away"
	require.NoError(t, os.Rename(backups(p), away))
	for _, args := range calls {
		require.Equal(t, "backup_directory_missing", p.Fails(3, append(args, "-o", "json")...).Error()["code"], args)
	}
	require.NoError(t, os.Mkdir(backups(p), 0o700)) // an empty mount point
	for _, args := range calls {
		p.Fails(3, args...)
	}
	require.Contains(t, p.Fails(3, "backup", "list").Stderr, "but one was made at")
	require.NoError(t, os.Remove(backups(p)))
	require.NoError(t, os.Rename(away, backups(p)))

	require.NoError(t, os.Rename(offsite, offsite+"-away"))
	for _, args := range calls[:4] {
		require.Equal(t, "target_unreachable", p.Fails(11, append(args, "--from", offsite, "-o", "json")...).Error()["code"], args)
	}
	require.NoError(t, os.Mkdir(offsite, 0o700))
	p.Fails(3, "backup", "list", "--from", offsite)

	// A check that has failed: then there is no good one.
	file := filepath.Join(backups(p), "axisor_backup_"+id+".dump.zst")
	require.NoError(t, os.Truncate(file, 10))
	require.Equal(t, "no_good_backup", p.Fails(8, "backup", "status", "-o", "json").Error()["code"])
}

func TestOpenDirectory(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	p.OK("backup")
	require.NoError(t, os.Chmod(backups(p), 0o777))
	for _, args := range [][]string{{"backup"}, {"backup", "list"}, {"backup", "verify"}, {"restore", "--to-database", "x", "--plan"}, {"backup", "prune", "-n"}} {
		r := p.Fails(10, append(args, "-o", "json")...)
		require.Equal(t, "backup_directory_open", r.Error()["code"], args)
		require.Contains(t, r.Stderr, "chmod go-w ")
	}
	require.Contains(t, p.Fails(8, "doctor").Stdout, "chmod 700 ")
}

func TestBadTargetIsFoundBeforeTheDump(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t, "AXISOR_BACKUP_TARGETS=/mnt/x?keep_day=3")
	for _, args := range [][]string{{"backup"}, {"backup", "-n"}, {"backup", "base"}} {
		p.Fails(10, args...)
		require.Empty(t, stored(t, p))
	}
}

func TestSigningKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	private, public := filepath.Join(dir, "key.pem"), filepath.Join(dir, "public.pem")
	for _, args := range [][]string{{"genpkey", "-algorithm", "ed25519", "-out", private}, {"pkey", "-in", private, "-pubout", "-out", public}} {
		if out, err := osexec.Command("openssl", args...).CombinedOutput(); err != nil {
			t.Skipf("openssl: %s", out)
		}
	}
	require.NoError(t, os.Chmod(private, 0o600))
	p := clitest.WithDB(t)
	signed, checks := p.With("AXISOR_BACKUP_SIGNING_KEY_FILE="+private), p.With("AXISOR_BACKUP_SIGNING_KEY_FILE="+public)
	old := strings.TrimSpace(p.OK("backup", "-q").Stdout)
	require.Equal(t, "invalid_signing_key_file", checks.Fails(10, "backup", "-o", "json").Error()["code"])
	id := strings.TrimSpace(signed.OK("backup", "-q").Stdout)
	require.Equal(t, id, checks.OK("backup", "verify", "-o", "json").JSON()["id"])
	checks.OK("restore", id, "--to-database", "never_made", "--plan")
	checks.Fails(8, "backup", "verify", old)
	r := checks.Fails(8, "restore", old, "--to-database", "never_made", "--plan", "-o", "json")
	require.Equal(t, "backup_unsigned", r.Error()["code"])
	require.Equal(t, "unsigned", checks.OK("backup", "list", "-o", "json").Items()[1]["state"])
	p.With("AXISOR_BACKUP_SIGNING_KEY_FILE=").OK("restore", old, "--to-database", "never_made", "--plan")
	require.NoError(t, os.Chmod(private, 0o644))
	signed.Fails(10, "backup")
}
