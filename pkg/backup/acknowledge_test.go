package backup

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/backup/remote"
	"github.com/axisor/axisor/pkg/backup/wal"
)

// A loss that a later base backup has made meaningless can be acknowledged: it stays named, and counts again when that
// base backup is gone.
func TestAcknowledgeLoss(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.base(t)
	for n := range 4 {
		c.commit(t, 10*n, 10*n+3)
		c.archiveAll(t)
	}
	system := c.serverSystem(t)[0]
	files, _, err := c.repo.logFiles(system)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 4)
	missing, damaged := files[len(files)-3], files[len(files)-1]
	require.NoError(t, os.Remove(filepath.Join(missing.dir, missing.Name+manifestExt)))
	flip(t, filepath.Join(damaged.dir, damaged.File.Name))
	names := []string{missing.Name, damaged.Name}
	left := func() (open, all int) {
		report, err := c.repo.VerifyLog(t.Context(), LogCheck{Level: LevelDigest})
		require.NoError(t, err)
		for _, p := range report.Problems {
			if !p.Acknowledged {
				open++
			}
		}
		return open, len(report.Problems)
	}
	holes := func() int {
		s, err := c.repo.Status()
		require.NoError(t, err)
		return s.Clusters[0].Holes
	}
	_, err = c.repo.AcknowledgeLoss(t.Context(), "", names, false)
	require.ErrorIs(t, err, ErrUnreachable, "no base backup begins behind it")
	open, all := left()
	require.Equal(t, []int{2, 2, 1}, []int{open, all, holes()})

	later := c.base(t)
	c.archiveAll(t) // what a busy server wrote between the last switch and the base
	open, _ = left()
	require.Equal(t, 2, open, "nobody has said yet that it is known")
	_, err = c.repo.For(Scope{Identity: Identity{System: "7000000000000000001"}}).AcknowledgeLoss(t.Context(), "", names, false)
	require.ErrorIs(t, err, ErrNotFound, "another cluster's losses")
	_, err = c.repo.AcknowledgeLoss(t.Context(), "", []string{files[0].Name}, false)
	require.ErrorIs(t, err, ErrNotFound, "nothing is wrong with that one")
	noted, err := c.repo.AcknowledgeLoss(t.Context(), "", names, true)
	require.NoError(t, err)
	require.Len(t, noted, 2)
	open, _ = left()
	require.Equal(t, 2, open, "a plan writes nothing")
	_, err = c.repo.AcknowledgeLoss(t.Context(), system, names, false)
	require.NoError(t, err)
	open, all = left()
	require.Equal(t, []int{0, 2, 0}, []int{open, all, holes()}, "still named")
	noted, err = c.repo.AcknowledgeLoss(t.Context(), "", names, false)
	require.NoError(t, err)
	require.Empty(t, noted)

	require.NoError(t, os.Rename(later.dir, later.dir+".away"))
	open, _ = left()
	require.Equal(t, []int{2, 1}, []int{open, holes()}, "it matters again")
}

// A piece of a segment that grew takes the place of the shorter one, here and on a target.
func TestPartial_TheLongerOneIsKept(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.exec(t, "SET synchronous_commit = on")
	base := c.base(t)
	live := filepath.Join(c.server.DataDir(), "pg_wal", c.text(t, "SELECT pg_walfile_name(pg_current_wal_insert_lsn())"))
	name := filepath.Base(live) + partialExt
	there := filepath.Join(c.dir, "there")
	require.NoError(t, os.Mkdir(there, 0o700))
	target := remote.Target{Name: there, Store: remote.NewDirectory(there)}
	_, err := c.repo.Push(t.Context(), base, target, nil)
	require.NoError(t, err)
	push := func() *Repository {
		far, err := OpenTarget(t.Context(), c.repo.o, target)
		require.NoError(t, err)
		_, err = c.repo.PushLog(t.Context(), far, false, nil)
		require.NoError(t, err)
		far, err = OpenTarget(t.Context(), c.repo.o, target)
		require.NoError(t, err)
		far.sync = c.repo.sync
		return far
	}
	read := func() []byte {
		data, err := os.ReadFile(live)
		require.NoError(t, err)
		return data
	}
	store := func(data []byte) error {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, data, 0o600))
		_, err := c.repo.ArchiveLog(t.Context(), ArchiveRequest{Path: path})
		return err
	}
	ends := func() wal.LSN {
		f, err := readLogFile(c.repo.logDirectory(c.serverSystem(t)[0], 1), name, nil)
		require.NoError(t, err)
		return f.End
	}
	c.commit(t, 1, 5)
	short := read()
	require.NoError(t, store(short))
	first := ends()
	push()
	c.commit(t, 6, 40)
	require.NoError(t, store(read()))
	longer := ends()
	require.Greater(t, longer, first)
	require.NoError(t, store(short), "the shorter one changes nothing")
	require.Equal(t, longer, ends())
	far := push()
	o := c.request("far", PITRTarget{Latest: true})
	d, err := far.RecoverTo(t.Context(), o)
	require.NoError(t, err)
	defer stopServer(t, d)
	require.Equal(t, longer, d.ReachedLSN)
	require.Len(t, c.recovered(t, d), 40)
}
