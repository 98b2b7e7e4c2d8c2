package backup

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/pgserver"
	"github.com/axisor/axisor/pkg/backup/wal"
)

// restart ends a recovered server as an operator does, and starts it with an archive_command of its own, which copies to
// the folder that is returned.
func (c *cluster) restart(t *testing.T, d Recovered) (kept string) {
	t.Helper()
	kept = filepath.Join(c.dir, "kept")
	require.NoError(t, os.Mkdir(kept, 0o755))
	if c.account != nil {
		require.NoError(t, os.Chown(kept, c.account.UID, c.account.GID))
	}
	bin, err := pgserver.Find(t.Context())
	require.NoError(t, err)
	control := func(args ...string) {
		cmd := exec.CommandContext(t.Context(), bin.Path("pg_ctl"), append([]string{"-D", d.DataDirectory, "-s", "-w"}, args...)...)
		cmd.Dir = d.DataDirectory
		if c.account != nil {
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(c.account.UID), Gid: uint32(c.account.GID)}}
		}
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	control("stop", "-m", "fast")
	control("start", "-l", d.LogFile, "-o", "-c archive_mode=on -c archive_command='cp %p "+kept+"/%f' -c listen_addresses= -c unix_socket_directories="+d.SocketFolder)
	return kept
}

// Whoever uses archive_command needs nothing but that after a promotion: the history of the new timeline and what follows
// get into the archive, and the next recovery goes over the branch. The cluster is without the usual databases for
// maintenance, which some remove.
func TestPromotion_TheServerArchivesItsHistory(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.exec(t, "UPDATE pg_database SET datistemplate = false WHERE datname = 'template1'")
	c.exec(t, "DROP DATABASE template1")
	c.commit(t, 1, 5)
	c.base(t)
	c.commit(t, 6, 10)
	c.archiveAll(t)
	_, times := c.commits(t)
	o := c.request("new", PITRTarget{Time: times[7]})
	o.Promote = true
	d, err := c.repo.RecoverTo(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, []int{1, 2, 3, 4, 5, 6, 7, 8}, c.recovered(t, d))

	kept := c.restart(t, d)
	now := live(t, d)
	defer now.stop()
	now.exec(t, "INSERT INTO log VALUES (100), (101)")
	var last string
	require.NoError(t, now.conn.QueryRow(t.Context(), "SELECT pg_walfile_name(pg_switch_wal())").Scan(&last))
	eventually(t, "the server has archived "+last, func() bool {
		var done bool
		err := now.conn.QueryRow(t.Context(), "SELECT last_archived_wal >= $1 FROM pg_stat_archiver", last).Scan(&done)
		return err == nil && done
	})
	require.FileExists(t, filepath.Join(kept, wal.HistoryName(2)))
	files, err := os.ReadDir(kept)
	require.NoError(t, err)
	for _, f := range files {
		_, err := c.repo.ArchiveLog(t.Context(), ArchiveRequest{Path: filepath.Join(kept, f.Name()), Recipients: c.keys})
		require.NoError(t, err, f.Name())
	}

	report, err := c.repo.VerifyLog(t.Context(), LogCheck{Level: LevelDecode, Identities: c.get})
	require.NoError(t, err)
	require.Empty(t, report.Problems)
	again, err := c.repo.RecoverTo(t.Context(), c.request("again", PITRTarget{Latest: true}))
	require.NoError(t, err)
	defer stopServer(t, again)
	require.EqualValues(t, 2, again.Timeline)
	require.Equal(t, []int{1, 2, 3, 4, 5, 6, 7, 8, 100, 101}, c.recovered(t, again))
}
