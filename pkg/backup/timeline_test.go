package backup

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/backup/wal"
	"github.com/axisor/axisor/pkg/secret"
)

// TestTimelines follows a cluster over a promotion: the log of the new timeline is received into the same
// archive, and both the old and the new timeline can be recovered to, the new one also over the branch.
func TestTimelines(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	ctx := t.Context()
	c.commit(t, 1, 10)
	base := c.base(t)
	c.commit(t, 11, 20)
	c.archiveAll(t)
	c.commit(t, 21, 30)
	c.archiveAll(t)
	c.commit(t, 31, 31)
	c.archiveAll(t)
	_, times := c.commits(t)

	// Back to row 15, and on from there on timeline 2.
	o := c.request("second", PITRTarget{Time: times[14]})
	o.Promote = true
	second, err := c.repo.RecoverTo(ctx, o)
	require.NoError(t, err)
	defer stopServer(t, second)
	url := second.URL("postgres")
	conn, err := pgx.Connect(ctx, url.Reveal())
	require.NoError(t, err)
	defer conn.Close(ctx)
	for n := range 5 {
		_, err := conn.Exec(ctx, "INSERT INTO log VALUES ($1, 'second')", 100+n)
		require.NoError(t, err)
	}
	var last time.Time
	require.NoError(t, conn.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&last))
	_, err = conn.Exec(ctx, "INSERT INTO log VALUES (200, 'later'); CHECKPOINT")
	require.NoError(t, err)
	c.receiveAll(t, url, conn)

	system := base.Manifest.Server.SystemIdentifier
	files, broken, err := c.repo.logFiles(system)
	require.NoError(t, err)
	require.Empty(t, broken)
	path := newestTimeline(files)
	require.EqualValues(t, 2, path.newest())
	require.Len(t, path.Ancestry, 2, "the description tells the branch without the private key")
	require.Equal(t, second.ReachedLSN.String()[:4], path.Ancestry[0].End.String()[:4])

	report, err := c.repo.VerifyLog(ctx, LogCheck{Level: LevelDecode, Identities: c.get})
	require.NoError(t, err)
	require.Empty(t, report.Problems)
	require.Len(t, report.Ranges, 2)
	require.EqualValues(t, 1, report.Ranges[1].Parent)
	require.Equal(t, path.Ancestry[0].End, report.Ranges[1].Branch)
	s, err := c.repo.Status()
	require.NoError(t, err)
	require.EqualValues(t, 2, s.Clusters[0].Timeline)
	require.Equal(t, report.Ranges[1].End, *s.Clusters[0].LastLSN)

	recovered := func(name string, target PITRTarget, timeline uint32) []int {
		o := c.request(name, target)
		o.Timeline = timeline
		d, err := c.repo.RecoverTo(ctx, o)
		require.NoError(t, err)
		rows := c.recovered(t, d)
		stopServer(t, d)
		return rows
	}
	first15 := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	require.Equal(t, append(append([]int{}, first15...), 100, 101, 102, 103, 104), recovered("new", PITRTarget{Time: last}, 0), "over the branch")
	require.Equal(t, first15, recovered("shared", PITRTarget{Time: times[14]}, 0), "before the branch it is the same")
	require.Equal(t, append(append([]int{}, first15...), 16, 17, 18, 19, 20, 21, 22, 23, 24, 25), recovered("old", PITRTarget{Time: times[24]}, 1), "what was left behind")
	_, err = c.repo.RecoverTo(ctx, c.request("none", PITRTarget{Time: times[24].Add(time.Hour)}))
	require.ErrorIs(t, err, ErrUnreachable)

	// A base backup of the new timeline.
	c.repo.o.Now = func() time.Time { return time.Now().Add(time.Minute) }
	e, err := c.repo.Base(ctx, BaseRequest{Request: Request{URL: url, Recipients: c.keys}})
	require.NoError(t, err)
	require.EqualValues(t, 2, e.Manifest.Base.Timeline)
	o = c.request("from the second", PITRTarget{LSN: e.Manifest.Base.StopLSN})
	o.DryRun = true
	d, err := c.repo.RecoverTo(ctx, o)
	if err == nil { // the record at that position may not be archived yet
		require.Equal(t, e.ID, d.Base)
	}

	// Without the history the new timeline is of no use, and without the segment of the branch as well.
	history := filepath.Join(c.repo.logDirectory(system, 2), wal.HistoryName(2)+manifestExt)
	require.NoError(t, os.Rename(history, history+".away"))
	report, err = c.repo.VerifyLog(ctx, LogCheck{Level: LevelDigest})
	require.NoError(t, err)
	// Between the end of the receiver and the base backup there may be a hole as well.
	require.NotEmpty(t, report.Problems)
	require.Equal(t, "history", report.Problems[0].Kind)
	require.Equal(t, wal.HistoryName(2), report.Problems[0].Name)
	require.NoError(t, os.Remove(filepath.Join(c.repo.spool(system), wal.HistoryName(2))), "the receiver has its own")
	_, err = c.repo.RecoverTo(ctx, c.request("lost", PITRTarget{Time: last}))
	require.ErrorIs(t, err, ErrUnreachable)
	require.ErrorContains(t, err, "history of timeline 2")
	require.NoError(t, os.Rename(history+".away", history))
	first := report.Ranges[1]
	branch := filepath.Join(c.repo.logDirectory(system, 2), wal.SegmentName(2, uint64(first.Start)/files[0].SegmentBytes, files[0].SegmentBytes)+manifestExt)
	require.NoError(t, os.Rename(branch, branch+".away"))
	report, err = c.repo.VerifyLog(ctx, LogCheck{Level: LevelDigest})
	require.NoError(t, err)
	require.NotEmpty(t, report.Problems)
	require.Equal(t, "hole", report.Problems[0].Kind)
	require.Contains(t, report.Problems[0].Problem, "timeline 2 left timeline 1")
}

// receiveAll runs the receiver against a server until everything written so far is in the archive.
func (c *cluster) receiveAll(t *testing.T, url secret.Secret, conn *pgx.Conn) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() {
		ended <- c.repo.ReceiveLog(ctx, ReceiveRequest{URL: url, Slot: "second", Recipients: c.keys, Report: func(m string) { t.Log(m) }})
	}()
	eventually(t, "the receiver has its slot", func() bool {
		var there bool
		err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = 'second' AND active)").Scan(&there)
		return err == nil && there
	})
	var segment string
	require.NoError(t, conn.QueryRow(ctx, "SELECT pg_walfile_name(pg_current_wal_lsn())").Scan(&segment))
	_, err := conn.Exec(ctx, "SELECT pg_switch_wal()")
	require.NoError(t, err)
	n, err := wal.ParseName(segment)
	require.NoError(t, err)
	eventually(t, "segment "+segment+" is archived", func() bool {
		select {
		case err := <-ended:
			require.NoError(t, err)
			require.Fail(t, "the receiver ended")
		default:
		}
		for _, s := range c.serverSystem(t) {
			if _, err := readLogFile(c.repo.logDirectory(s, n.Timeline), segment, nil); err == nil {
				return true
			}
		}
		return false
	})
	stop()
	require.NoError(t, <-ended)
}

func (c *cluster) serverSystem(t *testing.T) []string {
	t.Helper()
	list, err := c.repo.logSystems()
	require.NoError(t, err)
	return list
}
