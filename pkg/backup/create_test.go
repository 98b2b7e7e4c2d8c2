package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/secret"
)

type counter struct{ n atomic.Int64 }

func (c *counter) Add(n int64) { c.n.Add(n) }

func TestCreate_RoundTrip(t *testing.T) {
	t.Parallel()
	key, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	identities := func() ([]age.Identity, error) { return []age.Identity{key}, nil }

	for _, test := range []struct {
		name, compression, suffix string
		recipients                []string
	}{
		{"zstd", "", ".dump.zst", nil},
		{"gzip", "gzip:6", ".dump.gz", nil},
		{"plain", "none", ".dump", nil},
		{"encrypted", "zstd:3", ".dump.zst.age", []string{key.Recipient().String()}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			progress := &counter{}
			q := b.request()
			q.Compression, q.Recipients, q.Progress = test.compression, test.recipients, progress
			e := b.create(t, q)
			m := e.Manifest
			require.Equal(t, stemOf(e.ID)+test.suffix, m.Archive.Name)
			require.Regexp(t, `^\d{8}_\d{6}$`, e.ID)
			require.True(t, m.RowsCounted)
			require.Equal(t, []TableRows{
				{Schema: "other", Name: "empty", Rows: 0},
				{Schema: "public", Name: "User", Rows: 2000},
				{Schema: "public", Name: "parted_high", Rows: 50},
				{Schema: "public", Name: "parted_low", Rows: 50},
				{Schema: "public", Name: "secrets", Rows: 2},
			}, m.Tables)
			require.GreaterOrEqual(t, progress.n.Load(), m.Archive.RawBytes)
			require.NotNil(t, m.Globals)
			require.NotEmpty(t, m.Server.SystemIdentifier)

			for _, level := range []Level{LevelDigest, LevelDecode, LevelDeep} {
				report, err := b.repo.Verify(t.Context(), e, Check{Level: level, Server: b.url, Identities: identities})
				require.NoError(t, err)
				require.True(t, report.OK, report.Problem)
				require.True(t, report.Recorded, report.Warning)
			}
			again, err := b.repo.Find(e.ID)
			require.NoError(t, err)
			require.Len(t, again.Manifest.Verifications, 4)
			require.True(t, again.Manifest.Last(LevelDeep).OK)
			require.Empty(t, ownScratch(t, b), "the scratch database is dropped")

			if test.recipients != nil {
				_, err := b.repo.Verify(t.Context(), e, Check{Level: LevelDecode})
				require.ErrorIs(t, err, ErrNoIdentity)
				other, err := age.GenerateX25519Identity()
				require.NoError(t, err)
				_, err = b.repo.Verify(t.Context(), e, Check{
					Level:      LevelDecode,
					Identities: func() ([]age.Identity, error) { return []age.Identity{other}, nil },
				})
				require.ErrorIs(t, err, ErrWrongIdentity)
			}
		})
	}
}

// ownScratch lists the scratch databases that nobody uses and nobody removes. Other tests share the server and
// make some of their own for a moment, so only what stays counts.
func ownScratch(t *testing.T, b *bundle) []string {
	t.Helper()
	var out []string
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		out = nil
		for _, name := range b.databases(t, scratchPrefix) {
			if len(b.sessions(t, name)) == 0 && len(b.databases(t, name)) > 0 {
				out = append(out, name)
			}
		}
		if len(out) == 0 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	return out
}

func TestCreate_FileModes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.create(t, b.request())
	info, err := os.Stat(b.dir)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	list, err := os.ReadDir(b.dir)
	require.NoError(t, err)
	require.Len(t, list, 6)
	for _, f := range list {
		info, err := f.Info()
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), f.Name())
	}
}

func TestCreate_SameSecondTwice(t *testing.T) {
	t.Parallel()
	b := setup(t)
	fixed := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	b.repo.o.Now = func() time.Time { return fixed }
	require.Equal(t, "20260102_030405", b.create(t, b.request()).ID)
	require.Equal(t, "20260102_030406", b.create(t, b.request()).ID)
}

func TestCreate_FailingDumpLeavesNothing(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"at once":  `case "$1" in --version) exec $REAL --version;; esac; echo "boom $(cat $PGPASSFILE)" >&2; exit 1`,
		"half way": `case "$1" in --version) exec $REAL --version;; esac; $REAL "$@" | head -c 30000; echo "boom $(cat $PGPASSFILE)" >&2; exit 1`,
		"silently": `case "$1" in --version) exec $REAL --version;; esac; $REAL "$@" | head -c 30000; exit 0`,
		"nothing":  `case "$1" in --version) exec $REAL --version;; esac; exit 0`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.repo.o.Tools = Finder{Directory: fakeTools(t, body)}
			_, err := b.repo.Create(t.Context(), b.request())
			require.ErrorIs(t, err, ErrToolFailed)
			require.NotContains(t, err.Error(), testPassword)
			if strings.Contains(body, "boom") {
				require.ErrorContains(t, err, "boom *:*:*:*:[redacted]")
			}
			require.Empty(t, files(t, b.dir))
		})
	}
}

func TestCreate_ToolProblems(t *testing.T) {
	t.Parallel()
	b := setup(t)
	old := fakeTools(t, `echo "pg_dump (PostgreSQL) 9.6.24"`)
	b.repo.o.Tools = Finder{Path: []string{old}}
	_, err := b.repo.Create(t.Context(), b.request())
	var tool *ToolError
	require.ErrorAs(t, err, &tool)
	require.ErrorIs(t, err, ErrToolTooOld)
	require.Equal(t, "9.6", tool.Have)

	b.repo.o.Tools = Finder{Path: []string{t.TempDir()}}
	_, err = b.repo.Create(t.Context(), b.request())
	require.ErrorIs(t, err, ErrToolMissing)

	require.NoError(t, os.Remove(filepath.Join(old, "pg_restore")))
	b.repo.o.Tools = Finder{Directory: old}
	_, err = b.repo.Create(t.Context(), b.request())
	require.ErrorIs(t, err, ErrToolMissing)
	require.ErrorContains(t, err, "pg_restore")
	require.NoDirExists(t, b.dir, "a refused backup does not even make its directory")
}

// fullDisk fails like a file system that fills up after a number of bytes.
type fullDisk struct {
	stagedFile

	left *atomic.Int64
}

func (f *fullDisk) Write(p []byte) (int, error) {
	if f.left.Add(-int64(len(p))) < 0 {
		return 0, &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	}
	return f.stagedFile.Write(p)
}

func TestCreate_FullDiskLeavesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	size := b.create(t, b.request()).Manifest.Bytes()
	before := files(t, b.dir)
	faults := 0
	for room := int64(0); room < size+8000; room += 4000 {
		left := &atomic.Int64{}
		left.Store(room)
		b.repo.open = func(path string) (stagedFile, error) {
			f, err := openPartial(path)
			return &fullDisk{stagedFile: f, left: left}, err
		}
		_, err := b.repo.Create(t.Context(), b.request())
		if err == nil {
			break
		}
		faults++
		require.ErrorIs(t, err, ErrNoSpace)
		require.Equal(t, before, files(t, b.dir))
	}
	require.Greater(t, faults, 10)
}

func TestCreate_RefusesWhenTooLittleIsFree(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.repo.free = func(string) (int64, error) { return minFree - 1, nil }
	_, err := b.repo.Create(t.Context(), b.request())
	require.ErrorIs(t, err, ErrNoSpace)
	b.repo.free = freeBytes
	b.exec(t, `INSERT INTO "User" SELECT md5(i::text), md5((-i)::text) FROM generate_series(2001, 6000) i`)
	size := b.create(t, b.request()).Manifest.Bytes()
	require.Greater(t, size+size/5, int64(minFree))
	b.repo.free = func(string) (int64, error) { return size + size/10, nil }
	_, err = b.repo.Create(t.Context(), b.request())
	var space *SpaceError
	require.ErrorAs(t, err, &space)
	require.Equal(t, size+size/5, space.Need)
}

func TestCreate_OneAtATime(t *testing.T) {
	t.Parallel()
	b := setup(t)
	// Each dump waits until the others have been refused.
	gate := filepath.Join(t.TempDir(), "go")
	b.repo.o.Tools = Finder{Directory: fakeTools(t, `case "$1" in --version) exec $REAL --version;; esac
		while [ ! -e `+gate+` ]; do sleep 0.01; done; exec $REAL "$@"`)}
	const starts = 20
	results := make([]error, starts)
	refused := atomic.Int32{}
	var wg sync.WaitGroup
	for i := range starts {
		wg.Go(func() {
			_, results[i] = b.repo.Create(t.Context(), b.request())
			if results[i] != nil {
				refused.Add(1)
			}
		})
	}
	eventually(t, "all but one are refused", func() bool { return refused.Load() == starts-1 })
	require.NoError(t, os.WriteFile(gate, nil, 0o600))
	wg.Wait()
	for _, err := range results {
		if err == nil {
			continue
		}
		require.ErrorIs(t, err, ErrLocked)
		var locked *LockedError
		require.ErrorAs(t, err, &locked)
		require.Contains(t, locked.Holder, fmt.Sprintf("process %d on testhost", os.Getpid()))
	}
	list, err := b.repo.List()
	require.NoError(t, err)
	require.Len(t, list, 1)
}

func TestCreate_PasswordIsNowhereVisible(t *testing.T) {
	t.Parallel()
	b := setup(t)
	seen := filepath.Join(t.TempDir(), "argv")
	b.repo.o.Tools = Finder{Directory: fakeTools(t, `case "$1" in --version) exec $REAL --version;; esac
		tr '\0' ' ' < /proc/$$/cmdline >> `+seen+`; grep -q "`+testPassword+`" $PGPASSFILE && echo has-password >> `+seen+`; exec $REAL "$@"`)}
	ctx, stop := context.WithCancel(t.Context())
	var leaks, samples atomic.Int32
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			found, _ := filepath.Glob("/proc/[0-9]*/[ce][mn][dv]*") // cmdline and environ
			for _, path := range found {
				text, err := os.ReadFile(path)
				if err == nil && strings.Contains(string(text), "pg_dump") {
					samples.Add(1)
				}
				if err == nil && strings.Contains(string(text), testPassword) {
					leaks.Add(1)
				}
			}
		}
	})
	e := b.create(t, b.request())
	report, err := b.repo.Verify(t.Context(), e, Check{Level: LevelDeep, Server: b.url})
	require.NoError(t, err)
	require.True(t, report.OK, report.Problem)
	stop()
	wg.Wait()
	require.Positive(t, samples.Load(), "the dump was observed")
	require.Zero(t, leaks.Load())
	argv, err := os.ReadFile(seen)
	require.NoError(t, err)
	require.Contains(t, string(argv), "--snapshot=")
	require.Contains(t, string(argv), "has-password")
	for _, f := range files(t, b.dir) {
		text, err := os.ReadFile(filepath.Join(b.dir, f))
		require.NoError(t, err)
		require.NotContains(t, string(text), testPassword)
	}
}

func TestCreate_CancelStopsTheChildAndCleansUp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	pidFile := filepath.Join(t.TempDir(), "pid")
	b.repo.o.Tools = Finder{Directory: fakeTools(t, `case "$1" in --version) exec $REAL --version;; esac
		echo $$ > `+pidFile+`.new; mv `+pidFile+`.new `+pidFile+`; sleep 1000`)}
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped by the operator")
	done := make(chan error, 1)
	go func() {
		_, err := b.repo.Create(ctx, b.request())
		done <- err
	}()
	eventually(t, "the dump runs", func() bool { _, err := os.Stat(pidFile); return err == nil })
	cancel(stopped)
	require.ErrorIs(t, <-done, stopped)
	pid, err := os.ReadFile(pidFile)
	require.NoError(t, err)
	require.NoDirExists(t, "/proc/"+strings.TrimSpace(string(pid)))
	require.Empty(t, files(t, b.dir))
}

func TestCreate_ServerProblems(t *testing.T) {
	t.Parallel()
	repo := newRepository(t.TempDir())
	_, err := repo.Create(t.Context(), Request{URL: secret.New("postgres://u:" + testPassword + "@127.0.0.1:1/x")})
	require.ErrorIs(t, err, ErrUnavailable)
	require.NotContains(t, err.Error(), testPassword)
	_, err = repo.Create(t.Context(), Request{URL: secret.New("postgres://u:" + testPassword + "@%zz/x")})
	var input *InputError
	require.ErrorAs(t, err, &input)
	require.NotContains(t, err.Error(), testPassword)
}

func TestCreate_RepositoryProblems(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for _, dir := range []string{file, filepath.Join(file, "below"), "/proc/self/backups"} {
		_, err := newRepository(dir).Create(t.Context(), Request{URL: secret.New("postgres://u@127.0.0.1:1/x")})
		require.ErrorIs(t, err, ErrRepository, dir)
	}
}

func TestPreflight_WritesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	plan, err := b.repo.Preflight(t.Context(), b.request())
	require.NoError(t, err)
	require.True(t, plan.CreatesDirectory)
	require.Positive(t, plan.FreeBytes)
	require.NoDirExists(t, b.dir)
	q := b.request()
	q.DumpFlags = []string{"--schema-only"}
	_, err = b.repo.Preflight(t.Context(), q)
	var input *InputError
	require.ErrorAs(t, err, &input)
}
