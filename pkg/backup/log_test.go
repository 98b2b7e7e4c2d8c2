package backup

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/backup/wal"
)

func TestLogArchive(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.commit(t, 1, 3)
	last := c.text(t, "SELECT pg_walfile_name(pg_switch_wal())")
	c.commit(t, 4, 6)
	next := c.text(t, "SELECT pg_walfile_name(pg_switch_wal())")
	source := filepath.Join(c.server.DataDir(), "pg_wal", last)
	ctx := t.Context()

	dry, err := c.repo.ArchiveLog(ctx, ArchiveRequest{Path: source, Recipients: c.keys, DryRun: true})
	require.NoError(t, err)
	require.False(t, dry.Already)
	require.NoDirExists(t, c.repo.o.Directory)
	got, err := c.repo.ArchiveLog(ctx, ArchiveRequest{Path: source, Recipients: c.keys})
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(got.Path, last+".zst.age"))
	info, err := os.Stat(got.Path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	got, err = c.repo.ArchiveLog(ctx, ArchiveRequest{Path: source})
	require.NoError(t, err)
	require.True(t, got.Already, "the same content twice is fine")

	// Data whose description was never written is done again.
	description := filepath.Join(filepath.Dir(got.Path), last+manifestExt)
	require.NoError(t, os.Remove(description))
	got, err = c.repo.ArchiveLog(ctx, ArchiveRequest{Path: source, Recipients: c.keys})
	require.NoError(t, err)
	require.False(t, got.Already)

	// Another content under the same name is another history.
	data, err := os.ReadFile(source)
	require.NoError(t, err)
	data[len(data)-100] ^= 1
	other := filepath.Join(t.TempDir(), last)
	require.NoError(t, os.WriteFile(other, data, 0o600))
	_, err = c.repo.ArchiveLog(ctx, ArchiveRequest{Path: other})
	require.ErrorIs(t, err, ErrDifferent)
	for name, content := range map[string][]byte{"0000000100000000000000AA": data, "0000000100000000000000AB": make([]byte, 16<<20), "0000000100000000000000AC": nil} {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, content, 0o600))
		_, err = c.repo.ArchiveLog(ctx, ArchiveRequest{Path: path})
		require.ErrorIs(t, err, ErrDamaged, name)
	}
	_, err = c.repo.ArchiveLog(ctx, ArchiveRequest{Path: filepath.Join(t.TempDir(), "passwd")})
	require.ErrorContains(t, err, "is not the name")

	to := filepath.Join(t.TempDir(), "RECOVERYXLOG")
	_, err = c.repo.FetchLog(ctx, FetchRequest{Name: last, To: to, Identities: c.get})
	require.NoError(t, err)
	back, err := os.ReadFile(to)
	require.NoError(t, err)
	original, err := os.ReadFile(source)
	require.NoError(t, err)
	require.Equal(t, original, back)
	_, err = c.repo.FetchLog(ctx, FetchRequest{Name: next, To: to, Identities: c.get})
	require.ErrorIs(t, err, ErrNotFound)
	_, err = c.repo.FetchLog(ctx, FetchRequest{Name: last, To: to})
	require.ErrorIs(t, err, ErrNoIdentity)

	report, err := c.repo.VerifyLog(ctx, LogCheck{Level: LevelDecode, Identities: c.get})
	require.NoError(t, err)
	require.Empty(t, report.Problems)
	require.Len(t, report.Ranges, 1)
	flip(t, got.Path)
	report, err = c.repo.VerifyLog(ctx, LogCheck{Level: LevelDigest})
	require.NoError(t, err)
	require.Len(t, report.Problems, 1)
	_, err = c.repo.FetchLog(ctx, FetchRequest{Name: last, To: to, Identities: c.get})
	require.ErrorIs(t, err, ErrDamaged)
	flip(t, got.Path)
}

func TestLogReceive_StatusHolesAndPrune(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	old := c.base(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	messages := make(chan string, 100)
	ended := make(chan error, 1)
	q := ReceiveRequest{URL: c.url, Recipients: c.keys, Report: func(m string) { messages <- m }}
	go func() { ended <- c.repo.ReceiveLog(ctx, q) }()
	require.Contains(t, <-messages, "receiving the log")
	states, err := c.repo.Receivers()
	require.NoError(t, err)
	require.Len(t, states, 1)
	require.True(t, states[0].Running)
	require.ErrorIs(t, c.repo.ReceiveLog(t.Context(), q), ErrLocked)
	// Being stopped is no error, also before anything came.
	early, stop := context.WithCancel(ctx)
	stop()
	require.NoError(t, c.repo.ReceiveLog(early, q))

	archived := func(segment string) func() bool {
		return func() bool {
			files, _, err := c.repo.logFiles(states[0].System)
			require.NoError(t, err)
			for _, f := range files {
				if f.Name == segment {
					return true
				}
			}
			return false
		}
	}
	var last string
	for i := range 3 {
		c.commit(t, 10*i, 10*i+5)
		last = c.text(t, "SELECT pg_walfile_name(pg_switch_wal())")
		eventually(t, "segment "+last+" is archived", archived(last))
	}
	c.commit(t, 100, 105)
	rows, times := c.commits(t)
	slot, err := c.repo.Slot(t.Context(), c.url, "")
	require.NoError(t, err)
	require.True(t, slot.Exists && slot.Active)
	require.NotNil(t, slot.Retained)

	// The server's own unfinished segment is part of what can be recovered.
	eventually(t, "the last commit was received", func() bool {
		o := c.request("tail", PITRTarget{Time: times[len(times)-2]})
		o.DryRun = true
		_, err := c.repo.RecoverTo(t.Context(), o)
		return err == nil
	})
	d, err := c.repo.RecoverTo(t.Context(), c.request("tail", PITRTarget{Time: times[len(times)-2]}))
	require.NoError(t, err)
	require.Equal(t, rows[:len(rows)-1], c.recovered(t, d))
	stopServer(t, d)

	cancel()
	require.NoError(t, <-ended)
	states, err = c.repo.Receivers()
	require.NoError(t, err)
	require.False(t, states[0].Running)

	status, err := c.repo.Status()
	require.NoError(t, err)
	require.Len(t, status.Clusters, 1)
	cs := status.Clusters[0]
	require.Equal(t, old.Manifest.Base.StopLSN, *cs.FirstLSN)
	require.Equal(t, 1, cs.Bases)
	require.Zero(t, cs.Holes)
	require.NotNil(t, cs.LastTime)

	// It goes on where it was, without a hole.
	c.commit(t, 200, 205)
	last = c.text(t, "SELECT pg_walfile_name(pg_switch_wal())")
	end, err := wal.ParseLSN(c.text(t, "SELECT pg_current_wal_insert_lsn()::text"))
	require.NoError(t, err)
	c.commit(t, 300, 301)
	q.EndLSN = end
	require.NoError(t, c.repo.ReceiveLog(t.Context(), q))
	require.True(t, archived(last)())
	report, err := c.repo.VerifyLog(t.Context(), LogCheck{Level: LevelDecode, Identities: c.get})
	require.NoError(t, err)
	require.Empty(t, report.Problems)
	require.Len(t, report.Ranges, 1)

	// A newer base backup lets the older one and its log go, after its time.
	fresh := c.base(t)
	c.repo.o.Now = func() time.Time { return time.Now().AddDate(0, 0, 1) }
	policy := Policy{KeepLast: 1}
	plan, gone, segments, err := c.repo.PrunePhysical(t.Context(), policy)
	require.NoError(t, err)
	require.Len(t, plan.Bases.Decisions, 2)
	require.Equal(t, old.ID, gone[0].ID)
	require.Positive(t, segments)
	files, _, err := c.repo.logFiles(cs.System)
	require.NoError(t, err)
	for _, f := range files {
		require.Greater(t, f.End, fresh.Manifest.Base.StartLSN, "only what the kept one needs is left")
	}
	o := c.request("after", PITRTarget{Latest: true})
	o.DryRun = true
	_, err = c.repo.RecoverTo(t.Context(), o)
	require.NoError(t, err)
}

// TestReceive_IsBackSoonAfterItsServer: however long the server was away, nobody waits long for the receiver.
func TestReceive_IsBackSoonAfterItsServer(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	messages := make(chan string, 100)
	go func() {
		ended <- c.repo.ReceiveLog(ctx, ReceiveRequest{URL: c.url, Recipients: c.keys, Report: func(m string) { messages <- m }})
	}()
	require.Contains(t, <-messages, "receiving the log")
	state := func() ReceiverState {
		list, err := c.repo.Receivers()
		require.NoError(t, err)
		require.Len(t, list, 1)
		return list[0]
	}
	eventually(t, "it receives", func() bool { return state().Receiving })
	require.NoError(t, c.server.Stop(t.Context()))
	eventually(t, "its pauses are as long as they get", func() bool { return state().Restarts >= 5 })
	require.False(t, state().Receiving)
	require.NoError(t, c.server.Start(t.Context()))
	began := time.Now()
	eventually(t, "it receives again", func() bool { return state().Receiving })
	require.Less(t, time.Since(began), lastBackoff+5*time.Second, "a pause, and what a busy machine needs to connect")
	stop()
	require.NoError(t, <-ended)
}
