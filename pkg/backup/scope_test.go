package backup

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/backup/remote"
)

// fakeOf writes a published backup of some database of some cluster.
func fakeOf(t *testing.T, dir string, at time.Time, id Identity) Entry {
	t.Helper()
	e := fakeBackup(t, dir, at)
	require.NoError(t, amend(t.Context(), e, func(m *Manifest) {
		m.Server.SystemIdentifier, m.Database.Name = id.System, id.Database
	}))
	return e.inspect()
}

func idsIn(list []Entry) []string {
	var out []string
	for _, e := range list {
		out = append(out, e.ID)
	}
	return out
}

func TestScope(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	dir := t.TempDir()
	repo := newRepository(dir)
	repo.o.Now = func() time.Time { return now }
	day := func(n int) time.Time { return now.AddDate(0, 0, -n) }
	own, staging, twin := Identity{"71", "shop"}, Identity{"71", "staging"}, Identity{"72", "shop"}
	mine := []Entry{fakeOf(t, dir, day(1), own), fakeOf(t, dir, day(90), own)}
	other := []Entry{fakeOf(t, dir, now.Add(-time.Hour), staging), fakeOf(t, dir, day(91), staging)}
	foreign := fakeOf(t, dir, day(40), twin)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "axisor_backup_20260101_000000.json"), []byte("{}"), 0o600))

	scoped := repo.For(Scope{Identity: own})
	e, err := scoped.Find("latest")
	require.NoError(t, err)
	require.Equal(t, mine[0].ID, e.ID, "a newer one of another database is not the latest")
	list, err := scoped.List()
	require.NoError(t, err)
	require.Equal(t, []string{mine[0].ID, mine[1].ID, "20260101_000000"}, idsIn(list), "what cannot be read may be anybody's")
	e, err = scoped.Find(foreign.ID)
	require.NoError(t, err, "an id says by itself what is meant")
	require.Equal(t, twin, e.Identity())
	_, err = repo.Find("latest")
	require.ErrorContains(t, err, "71/shop, 72/shop, 71/staging")
	e, err = repo.ForAll().Find("latest")
	require.NoError(t, err)
	require.Equal(t, other[0].ID, e.ID)
	_, err = repo.For(Scope{Identity: Identity{"73", "shop"}}).Find("latest")
	var missing *NotFoundError
	require.ErrorAs(t, err, &missing)
	require.Equal(t, []string{"71/shop", "72/shop", "71/staging"}, missing.Others)
	list, err = repo.For(Scope{Identity: Identity{Database: "shop"}, AnyCluster: true}).List()
	require.NoError(t, err)
	require.Len(t, list, 4)

	for _, test := range []struct {
		text   string
		own    *Scope
		strict bool
		want   Identity
		err    string
	}{
		{"shop", &Scope{Identity: own}, false, own, ""},
		{"shop", &Scope{Identity: Identity{"72", "x"}}, false, twin, ""},
		{"shop", &Scope{Identity: Identity{"73", "x"}}, false, Identity{}, "which cluster"},
		{"shop", &Scope{Identity: Identity{"73", "x"}}, true, Identity{"73", "shop"}, ""},
		{"72/shop", &Scope{Identity: own}, true, twin, ""},
		{"staging", nil, false, staging, ""},
		{"staging", &Scope{Identity: Identity{Database: "shop"}, AnyCluster: true}, true, Identity{}, "which cluster"},
		{"absent", &Scope{Identity: own}, false, Identity{}, "no backup"},
	} {
		got, err := repo.Named(test.text, test.own, test.strict)
		if test.err != "" {
			require.ErrorContains(t, err, test.err, test.text)
			continue
		}
		require.NoError(t, err, test.text)
		require.Equal(t, Scope{Identity: test.want}, got)
	}

	policy := Policy{KeepDays: 30}
	_, gone, err := scoped.Prune(t.Context(), policy)
	require.NoError(t, err)
	require.Equal(t, []string{mine[1].ID}, idsIn(gone))
	plan, gone, err := repo.Prune(t.Context(), policy)
	require.NoError(t, err)
	require.Equal(t, []string{other[1].ID}, idsIn(gone), "each database keeps its own newest good one")
	require.True(t, plan.Stale)
	require.Equal(t, "72/shop: the newest good backup is older than 30 days", plan.Stopped)
	_, err = repo.Find(foreign.ID)
	require.NoError(t, err)
}

// TestScope_RunsBesideEachOther makes, in one directory, a backup of one database while that of another is under way,
// prunes, and looks that neither took the other's files for a dead run's.
func TestScope_RunsBesideEachOther(t *testing.T) {
	t.Parallel()
	a, b := setup(t), setup(t)
	at := time.Now()
	a.repo.o.Now = func() time.Time { return at } // both want the same second
	gate, begun := filepath.Join(t.TempDir(), "go"), filepath.Join(t.TempDir(), "begun")
	a.repo.o.Tools = Finder{Directory: fakeTools(t, `case "$1" in --version) exec $REAL --version;; esac
		touch `+begun+`; while [ ! -e `+gate+` ]; do sleep 0.01; done; exec $REAL "$@"`)}
	type result struct {
		e   Entry
		err error
	}
	done := make(chan result, 1)
	go func() {
		e, err := a.repo.Create(t.Context(), a.request())
		done <- result{e, err}
	}()
	eventually(t, "the first dump runs", func() bool { _, err := os.Stat(begun); return err == nil })
	_, err := a.repo.Create(t.Context(), a.request())
	require.ErrorIs(t, err, ErrLocked, "one at a time of the same database")

	beside := newRepository(a.dir)
	beside.o.Now = a.repo.o.Now
	second, err := beside.Create(t.Context(), b.request())
	require.NoError(t, err)
	require.Equal(t, StateGood, second.State, second.Problem)
	_, _, err = beside.For(Scope{Identity: second.Identity()}).Prune(t.Context(), Policy{KeepLast: 1})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(gate, nil, 0o600))
	first := <-done
	require.NoError(t, first.err)
	require.Equal(t, StateGood, first.e.State, first.e.Problem)
	require.NotEqual(t, first.e.ID, second.ID)
	for _, e := range []Entry{first.e, second} {
		report, err := beside.Verify(t.Context(), e, Check{Level: LevelDecode})
		require.NoError(t, err)
		require.True(t, report.OK, report.Problem)
	}
	require.Len(t, files(t, a.dir), 6)
}

// TestPush_TwoClustersOneTarget: backups of two hosts that were begun in the same second.
func TestPush_TwoClustersOneTarget(t *testing.T) {
	t.Parallel()
	at := time.Now().UTC().Truncate(time.Second)
	there := t.TempDir()
	target := remote.Target{Name: there, Store: remote.NewDirectory(there)}
	var repos []*Repository
	var made []Entry
	for i, system := range []string{"81", "82", "83"} {
		dir := t.TempDir()
		e := fakeOf(t, dir, at, Identity{system, "shop"})
		data := []byte(fmt.Sprintf("archive of cluster %d", i))
		require.NoError(t, os.WriteFile(e.Path(), data, 0o600))
		sum, n, err := digestFile(t.Context(), e.Path())
		require.NoError(t, err)
		require.NoError(t, amend(t.Context(), e, func(m *Manifest) {
			m.Archive.Bytes, m.Archive.SHA256, m.Archive.RawBytes, m.Archive.RawSHA256 = n, sum, n, sum
		}))
		made = append(made, e.inspect())
		repos = append(repos, newRepository(dir))
	}
	// The third host has sent its data, and not its manifest yet.
	data, err := os.ReadFile(made[2].Path())
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(there, made[2].Manifest.Archive.Name), data, 0o600))
	for _, i := range []int{0, 1, 2, 0, 1, 2} {
		_, err := repos[i].Push(t.Context(), made[i], target, nil)
		require.NoError(t, err)
	}
	far, err := OpenTarget(t.Context(), repos[0].o, target)
	require.NoError(t, err)
	list, err := far.List()
	require.NoError(t, err)
	require.Len(t, list, 3)
	_, err = far.Find(made[0].ID)
	require.ErrorContains(t, err, "81/shop, 82/shop, 83/shop")
	for i, e := range made {
		own := far.For(Scope{Identity: e.Identity()})
		require.True(t, own.Holds(e))
		copied, err := own.Find(e.ID)
		require.NoError(t, err)
		require.Equal(t, e.Manifest.Archive.SHA256, copied.Manifest.Archive.SHA256)
		report, err := own.Verify(t.Context(), copied, Check{Level: LevelDigest})
		require.NoError(t, err)
		require.True(t, report.OK, "%d: %s", i, report.Problem)
	}
	far.o.Now = func() time.Time { return at.AddDate(0, 0, 1) }
	_, gone, err := far.For(Scope{Identity: made[1].Identity()}).PruneTarget(t.Context(), Policy{KeepLast: 1})
	require.NoError(t, err)
	require.Empty(t, gone)
}
