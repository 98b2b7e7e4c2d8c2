package backup

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/backup/remote"
)

// meeting is a store that does something just before a manifest is deleted.
type meeting struct {
	remote.Store
	before func()
	broken bool // nothing can be put back
}

func (m meeting) Replace(ctx context.Context, name string, content []byte) error {
	if m.broken {
		return remote.ErrUnavailable
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return m.Store.Replace(ctx, name, content)
}

func (m meeting) List(ctx context.Context, prefix string) ([]remote.Object, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return m.Store.List(ctx, prefix)
}

func (m meeting) Delete(ctx context.Context, name string) error {
	if strings.HasSuffix(name, manifestExt) {
		m.before()
	}
	return m.Store.Delete(ctx, name)
}

// TestTarget_PruneLeavesWhatIsRead prunes copies while others begin to read them, read them, and have died reading.
func TestTarget_PruneLeavesWhatIsRead(t *testing.T) {
	t.Parallel()
	now := time.Now()
	here, there := t.TempDir(), t.TempDir()
	repo := newRepository(here)
	young, old := fakeBackup(t, here, now), fakeBackup(t, here, now.AddDate(0, 0, -40))
	store := remote.NewDirectory(there)
	target := remote.Target{Name: there, Store: store}
	for _, e := range []Entry{young, old} {
		_, err := repo.Push(t.Context(), e, target, nil)
		require.NoError(t, err)
	}
	open := func(store remote.Store) (*Repository, Entry) {
		far, err := OpenTarget(t.Context(), repo.o, remote.Target{Name: there, Store: store})
		require.NoError(t, err)
		list, err := far.List()
		require.NoError(t, err)
		require.Len(t, list, 2)
		require.Equal(t, old.ID, list[1].ID)
		require.Equal(t, StateGood, list[1].State, list[1].Problem)
		return far, list[1]
	}
	prune := func(far *Repository) int {
		plan, gone, err := far.PruneTarget(t.Context(), Policy{KeepDays: 30})
		require.NoError(t, err)
		if len(gone) == 0 {
			require.Equal(t, "being read: left for the next time", plan.Decisions[1].Reason)
		}
		return len(gone)
	}

	far, copied := open(store)
	first, err := copied.hold(t.Context(), time.Now)
	require.NoError(t, err)
	second, err := copied.hold(t.Context(), time.Now)
	require.NoError(t, err, "any number may read")
	require.Zero(t, prune(far))
	first()
	require.Zero(t, prune(far))
	second()
	require.Empty(t, marks(t, there))

	// Somebody begins between the look at the marks and the removal.
	var release func()
	far, copied = open(meeting{Store: store, before: func() {
		var err error
		release, err = copied.hold(t.Context(), time.Now)
		require.NoError(t, err)
	}})
	require.Zero(t, prune(far))
	far, copied = open(store)
	require.Zero(t, prune(far))
	release()

	// The same, and the prune is told to stop at that moment; then also the target fails.
	for _, broken := range []bool{false, true} {
		ctx, stop := context.WithCancel(t.Context())
		far, copied = open(meeting{Store: store, broken: broken, before: func() {
			var err error
			release, err = copied.hold(t.Context(), time.Now)
			require.NoError(t, err)
			stop()
		}})
		text, err := os.ReadFile(filepath.Join(there, copied.manifestPath()))
		require.NoError(t, err)
		_, gone, err := far.PruneTarget(ctx, Policy{KeepDays: 30})
		require.Error(t, err)
		require.Empty(t, gone)
		if broken {
			require.ErrorContains(t, err, "put "+copied.manifestPath()+" back")
			require.NoError(t, store.Replace(t.Context(), copied.manifestPath(), text))
		}
		release()
		far, copied = open(store) // it is there, and whole
	}

	// Somebody has died half an hour ago; somebody else comes too late.
	require.NoError(t, store.Replace(t.Context(), copied.marksOf()+"dead", []byte(time.Now().Add(-time.Hour).UTC().Format(time.RFC3339))))
	require.Equal(t, 1, prune(far))
	require.Empty(t, marks(t, there))
	_, err = copied.hold(t.Context(), time.Now)
	require.ErrorIs(t, err, ErrNotFound)
	require.Empty(t, marks(t, there))
}

func marks(t *testing.T, dir string) (out []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), markPrefix) {
			out = append(out, e.Name())
		}
	}
	return out
}
