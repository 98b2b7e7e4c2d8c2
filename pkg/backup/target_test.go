package backup

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/backup/remote"
	"github.com/axisor/axisor/pkg/backup/wal"
)

// TestTarget_RecoversToAPoint copies base backups and log to a target, loses everything here, and
// recovers from the target alone.
func TestTarget_RecoversToAPoint(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	ctx := t.Context()
	there := filepath.Join(c.dir, "there")
	require.NoError(t, os.Mkdir(there, 0o700))
	target := remote.Target{Name: there, Store: remote.NewDirectory(there)}
	open := func() *Repository {
		far, err := OpenTarget(ctx, c.repo.o, target)
		require.NoError(t, err)
		far.sync = c.repo.sync
		return far
	}
	c.commit(t, 1, 5)
	old := c.base(t)
	c.commit(t, 6, 10)
	c.archiveAll(t)
	sent, err := c.repo.PushLog(ctx, open(), false, nil)
	require.NoError(t, err)
	require.Empty(t, sent, "log without a base backup is of no use there")

	_, err = c.repo.Push(ctx, old, target, nil)
	require.NoError(t, err)
	sent, err = c.repo.PushLog(ctx, open(), false, nil)
	require.NoError(t, err)
	require.Positive(t, sent[0].Files)
	c.repo.o.Now = func() time.Time { return time.Now().Add(time.Minute) }
	young := c.base(t)
	c.commit(t, 11, 20)
	c.archiveAll(t)
	c.commit(t, 21, 22)
	c.archiveAll(t)
	rows, times := c.commits(t)
	_, err = c.repo.Push(ctx, young, target, nil)
	require.NoError(t, err)
	again, err := c.repo.PushLog(ctx, open(), false, nil)
	require.NoError(t, err)
	require.Equal(t, sent[0].Files, again[0].Already)
	none, err := c.repo.PushLog(ctx, open(), false, nil)
	require.NoError(t, err)
	require.Zero(t, none[0].Files)

	// Retention there keeps what the base backup needs that it keeps, and no more.
	far := open()
	system := old.Manifest.Server.SystemIdentifier
	before := len(far.logs[system])
	_, gone, removed, err := far.PruneTargetPhysical(ctx, Policy{KeepLast: 1})
	require.NoError(t, err)
	require.Equal(t, []string{old.ID}, []string{gone[0].ID})
	require.Positive(t, removed)
	far = open()
	require.Len(t, far.logs[system], before-removed)
	require.Empty(t, far.Wants([]Entry{old}, Policy{KeepLast: 1}), "it would go again at once")
	require.Len(t, far.Wants([]Entry{old}, Policy{KeepLast: 2}), 1)
	report, err := far.VerifyLog(ctx, LogCheck{Level: LevelDecode, Identities: c.get})
	require.NoError(t, err)
	require.Empty(t, report.Problems)
	require.Len(t, report.Ranges, 1)

	require.NoError(t, os.Rename(c.repo.o.Directory, c.repo.o.Directory+".lost"))
	require.NoError(t, far.ReadEnds(ctx))
	s, err := far.Status()
	require.NoError(t, err)
	require.Equal(t, young.Manifest.Base.StopTime, *s.Clusters[0].FirstTime)
	require.True(t, s.Clusters[0].LastTime.Equal(times[len(times)-1]))

	d, err := far.RecoverTo(ctx, c.request("far", PITRTarget{Time: times[15]}))
	require.NoError(t, err)
	require.Equal(t, rows[:16], c.recovered(t, d))
	stopServer(t, d)

	to := filepath.Join(c.dir, "fetched")
	name := far.logs[system][0].Name
	_, err = AtTarget(c.repo.o, target).FetchLog(ctx, FetchRequest{Name: name, To: to, System: system, Identities: c.get})
	require.NoError(t, err)
	data, err := os.ReadFile(to)
	require.NoError(t, err)
	n, err := wal.ParseName(name)
	require.NoError(t, err)
	_, err = wal.CheckSegment(n, data)
	require.NoError(t, err)
	_, err = AtTarget(c.repo.o, target).FetchLog(ctx, FetchRequest{Name: wal.HistoryName(9), To: to, System: system, Identities: c.get})
	require.ErrorIs(t, err, ErrNotFound)

	// A hole and a flipped byte on the target are found before a server starts.
	f := far.logs[system][1]
	flip(t, filepath.Join(there, f.dir, f.File.Name))
	_, err = far.RecoverTo(ctx, c.request("flipped", PITRTarget{Latest: true}))
	require.ErrorIs(t, err, ErrDamaged)
	require.NoError(t, target.Store.Delete(ctx, filepath.Join(f.dir, f.Name+manifestExt)))
	_, err = open().RecoverTo(ctx, c.request("hole", PITRTarget{Latest: true}))
	require.ErrorIs(t, err, ErrUnreachable)
	require.ErrorContains(t, err, "hole")
}

// TestPushLog_AnotherHistory refuses to mix two histories on one target.
func TestPushLog_AnotherHistory(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	ctx := t.Context()
	c.keys = nil // as it is stored, sizes alone do not tell
	there := filepath.Join(c.dir, "there")
	require.NoError(t, os.Mkdir(there, 0o700))
	target := remote.Target{Name: there, Store: remote.NewDirectory(there)}
	c.base(t)
	files, _, err := c.repo.logFiles(c.system(t))
	require.NoError(t, err)
	f := files[0]
	require.NoError(t, c.repo.PushLogFile(ctx, f.System, f.Name, target))
	require.NoError(t, c.repo.PushLogFile(ctx, f.System, f.Name, target), "the same again is fine")
	// Archived again elsewhere it may have another size, and is still the same.
	same := *f
	same.File.Bytes++
	copied := &LogFile{Name: f.Name, dir: farLog(f), store: target.Store, bare: true, File: f.File}
	require.NoError(t, same.sameAs(ctx, copied))
	same.File.RawSHA256 = "0"
	require.ErrorIs(t, same.sameAs(ctx, copied), ErrDifferent)

	other := *f
	other.File.RawSHA256 = "0"
	text, err := encodeChecked(&other, &other.Checksum)
	require.NoError(t, err)
	require.NoError(t, target.Store.Replace(ctx, filepath.Join(farLog(f), f.Name+manifestExt), text))
	require.ErrorIs(t, c.repo.PushLogFile(ctx, f.System, f.Name, target), ErrDifferent)
}

func (c *cluster) system(t *testing.T) string {
	t.Helper()
	list, err := c.repo.logSystems()
	require.NoError(t, err)
	require.Len(t, list, 1)
	return list[0]
}

// away is a target that cannot be reached for a while.
type away struct {
	remote.Store

	mu sync.Mutex
	is bool
}

func (a *away) List(ctx context.Context, prefix string) ([]remote.Object, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.is {
		return nil, errors.Join(remote.ErrUnavailable)
	}
	return a.Store.List(ctx, prefix)
}

// TestMirror keeps on receiving while a target is away, says so once, and catches up.
func TestMirror(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	there := filepath.Join(c.dir, "there")
	require.NoError(t, os.Mkdir(there, 0o700))
	store := &away{Store: remote.NewDirectory(there), is: true}
	target := remote.Target{Name: "there", Store: store}
	base := c.base(t)
	_, err := c.repo.Push(t.Context(), base, remote.Target{Name: "there", Store: store.Store}, nil)
	require.NoError(t, err)
	reports := make(chan error, 10)
	m := startMirror(t.Context(), c.repo, []remote.Target{target}, func(_ context.Context, err error) { reports <- err })
	defer m.end()
	require.ErrorIs(t, <-reports, remote.ErrUnavailable)
	store.mu.Lock()
	store.is = false
	store.mu.Unlock()
	require.NoError(t, <-reports)
	far, err := OpenTarget(t.Context(), c.repo.o, target)
	require.NoError(t, err)
	require.NotEmpty(t, far.logs[base.Manifest.Server.SystemIdentifier])
}
