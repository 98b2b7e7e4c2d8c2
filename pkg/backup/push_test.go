package backup

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/backup/remote"
)

// lossy damages what passes through it.
type lossy struct {
	remote.Store

	damage bool
}

func (l *lossy) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	in, err := l.Store.Get(ctx, name)
	if err != nil || !l.damage {
		return in, err
	}
	defer in.Close()
	data, err := io.ReadAll(in)
	if len(data) > 0 {
		data[len(data)/2] ^= 1
	}
	return io.NopCloser(bytes.NewReader(data)), err
}

func (l *lossy) Replace(ctx context.Context, name string, content []byte) error {
	if l.damage {
		return errors.New("cut")
	}
	return l.Store.Replace(ctx, name, content)
}

func TestPush(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	q := b.request()
	q.Recipients = []string{key.Recipient().String()}
	e := b.create(t, q)
	there := t.TempDir()
	store := &lossy{Store: remote.NewDirectory(there), damage: true}
	target := remote.Target{Name: there, Store: store}
	ctx := t.Context()

	_, err = b.repo.Push(ctx, e, target, nil)
	require.ErrorContains(t, err, "read back")
	far, err := OpenTarget(ctx, b.repo.o, target)
	require.NoError(t, err)
	list, err := far.List()
	require.NoError(t, err)
	require.Empty(t, list, "half a copy is no backup")

	store.damage = false
	pushed, err := b.repo.Push(ctx, e, target, nil)
	require.NoError(t, err)
	require.Equal(t, e.Manifest.Bytes(), pushed.Bytes)
	pushed, err = b.repo.Push(ctx, e, target, nil)
	require.NoError(t, err)
	require.True(t, pushed.Already)

	// The local ones are gone; the copy alone restores.
	require.NoError(t, os.RemoveAll(b.dir))
	far, err = OpenTarget(ctx, b.repo.o, target)
	require.NoError(t, err)
	copied, err := far.Find("latest")
	require.NoError(t, err)
	get := func() ([]age.Identity, error) { return []age.Identity{key}, nil }
	name := "axisor_pushed_" + randomName(t)
	defer b.dropAfter(t, name)
	d, err := far.RestoreTo(ctx, copied, Restore{Server: b.url, Database: name, Identities: get})
	require.NoError(t, err)
	require.EqualValues(t, 2000, b.count(t, d.Target, `SELECT count(*) FROM "User"`))
	report, err := far.Verify(ctx, copied, Check{Level: LevelDecode, Identities: get})
	require.NoError(t, err)
	require.True(t, report.OK)

	archive := filepath.Join(there, copied.Manifest.Archive.Name)
	flip(t, archive)
	report, err = far.Verify(ctx, copied, Check{Level: LevelDigest})
	require.NoError(t, err)
	require.False(t, report.OK)
	flip(t, archive)

	// Retention of its own, and never the newest one.
	require.Equal(t, Policy{KeepDays: 90}, PolicyFor(remote.Target{Keep: map[string]int{"days": 90}}, Policy{KeepLast: 1}))
	b.repo.o.Now = func() time.Time { return time.Now().Add(time.Minute) }
	newer := b.create(t, q)
	_, err = b.repo.Push(ctx, newer, target, nil)
	require.NoError(t, err)
	far, err = OpenTarget(ctx, b.repo.o, target)
	require.NoError(t, err)
	_, gone, err := far.PruneTarget(ctx, Policy{KeepLast: 1})
	require.NoError(t, err)
	require.Equal(t, e.ID, gone[0].ID)
	require.Len(t, files(t, there), 3)
}
