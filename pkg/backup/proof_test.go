package backup

import (
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestProof_EveryDamageIsFound: a flipped bit, a zeroed block, a cut end, in any stored file of
// a dump, a base backup or the archived log.
func TestProof_EveryDamageIsFound(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.commit(t, 1, 30)
	dump, err := c.repo.Create(t.Context(), Request{URL: c.url, Recipients: c.keys})
	require.NoError(t, err)
	base := c.base(t)
	c.archiveAll(t)
	logs, _, err := c.repo.logFiles(base.Manifest.Server.SystemIdentifier)
	require.NoError(t, err)
	require.NotEmpty(t, logs)

	sound := func(e Entry) bool {
		report, err := c.repo.Verify(t.Context(), e, Check{Level: LevelDigest})
		return err == nil && report.OK
	}
	checkDump := func() bool {
		e, err := c.repo.Find(dump.ID)
		require.NoError(t, err)
		return e.State == StateGood && sound(e)
	}
	checkBase := func() bool {
		list, err := c.repo.Bases()
		require.NoError(t, err)
		return len(list) == 1 && list[0].State == StateGood && sound(list[0])
	}
	checkLog := func() bool {
		report, err := c.repo.VerifyLog(t.Context(), LogCheck{Level: LevelDigest})
		require.NoError(t, err)
		return len(report.Problems) == 0
	}
	victims := map[string]func() bool{
		dump.Path(): checkDump, dump.manifestPath(): checkDump, filepath.Join(dump.dir, dump.Manifest.Globals.Name): checkDump,
		base.Path(): checkBase, base.manifestPath(): checkBase,
		filepath.Join(logs[0].dir, logs[0].File.Name): checkLog, filepath.Join(logs[0].dir, logs[0].Name+manifestExt): checkLog,
	}
	report, err := c.repo.Verify(t.Context(), base, Check{Level: LevelDeep, Identities: c.get})
	require.NoError(t, err)
	require.True(t, report.OK && report.Recorded, report.Problem)
	require.Equal(t, LevelDecode, report.Level, "what was done, not what was asked for")
	random := mathrand.New(mathrand.NewPCG(300, 1))
	trials := 0
	for trials < 300 {
		for path, intact := range victims {
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			damaged := append([]byte{}, data...)
			at := random.IntN(len(data))
			kind := []string{"bit", "block", "cut"}[trials%3]
			switch kind {
			case "bit":
				damaged[at] ^= 1 << random.IntN(8)
			case "block":
				clear(damaged[at:min(len(damaged), at+4096)])
			case "cut":
				damaged = damaged[:at]
			}
			if string(damaged) == string(data) {
				continue
			}
			require.NoError(t, os.WriteFile(path, damaged, 0o600))
			require.False(t, intact(), "%s of %s at %d", kind, filepath.Base(path), at)
			require.NoError(t, os.WriteFile(path, data, 0o600))
			// The record of a failed check is part of the manifest now.
			switch {
			case filepath.Ext(path) == manifestExt:
			case strings.HasPrefix(filepath.Base(path), stemPrefix):
				e, err := c.repo.Find(dump.ID)
				require.NoError(t, err)
				require.True(t, sound(e))
			case strings.HasPrefix(filepath.Base(path), basePrefix):
				e, err := c.repo.FindBase(base.ID)
				require.NoError(t, err)
				require.True(t, sound(e))
			}
			trials++
		}
	}
}

// TestProof_FailedDaysDeleteNothing: for 31 days every backup fails, and every day retention runs.
func TestProof_FailedDaysDeleteNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	now := time.Now()
	b.repo.o.Now = func() time.Time { return now }
	b.create(t, b.request())
	now = now.AddDate(0, 0, 1)
	b.create(t, b.request())
	before := files(t, b.dir)
	good := b.repo.o.Tools
	b.repo.o.Tools = Finder{Directory: fakeTools(t, `case "$1" in --version) exec $REAL --version;; esac; exit 1`)}
	for day := range 31 {
		now = now.AddDate(0, 0, 1)
		_, err := b.repo.Create(t.Context(), b.request())
		require.ErrorIs(t, err, ErrToolFailed)
		_, gone, err := b.repo.Prune(t.Context(), Policy{KeepDays: 30, KeepLast: 1})
		require.NoError(t, err)
		require.Empty(t, gone, "day %d", day)
	}
	require.Equal(t, before, files(t, b.dir))
	b.repo.o.Tools = good
	b.create(t, b.request())
	_, gone, err := b.repo.Prune(t.Context(), Policy{KeepDays: 30, KeepLast: 1})
	require.NoError(t, err)
	require.Len(t, gone, 2, "once backups work again, old ones go")
}

// TestProof_SmallFileSystem: a real file system that fills up in the middle. Where this user may
// not mount one, the same comes from a file that refuses to grow.
func TestProof_SmallFileSystem(t *testing.T) {
	t.Parallel()
	b := setup(t)
	noise := make([]byte, 1<<20)
	_, err := rand.Read(noise)
	require.NoError(t, err)
	b.exec(t, fmt.Sprintf(`CREATE TABLE noise AS SELECT decode('%x', 'hex') AS x FROM generate_series(1, 3)`, noise))
	small := t.TempDir()
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=2m,mode=0700"); err == nil {
		t.Cleanup(func() { require.NoError(t, syscall.Unmount(small, 0)) })
	} else {
		left := &atomic.Int64{}
		left.Store(2 << 20)
		b.repo.open = func(path string) (stagedFile, error) {
			f, err := openPartial(path)
			return &fullDisk{stagedFile: f, left: left}, err
		}
	}
	b.repo.o.Directory = small
	_, err = b.repo.Create(t.Context(), Request{URL: b.url, Compression: "none"})
	require.ErrorIs(t, err, ErrNoSpace)
	require.Contains(t, err.Error(), small)
	require.Empty(t, files(t, small), "nothing is left of it")
}
