package backup

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// damage changes a stored file in one of three ways.
func damage(rnd *rand.Rand, kind int, data []byte) []byte {
	out := append([]byte(nil), data...)
	switch at := rnd.IntN(len(out)); kind {
	case 0:
		out[at] ^= 1 << rnd.IntN(8)
	case 1:
		out = out[:at]
	default:
		block := out[at:min(at+4096, len(out))]
		clear(block)
	}
	return out
}

func TestVerify_FindsEveryDamage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.create(t, b.request())
	const seed = 20260101
	rnd := rand.New(rand.NewPCG(seed, 1))
	for _, f := range append(e.Manifest.files(), FileInfo{Name: stemOf(e.ID) + manifestExt}) {
		path := filepath.Join(b.dir, f.Name)
		good, err := os.ReadFile(path)
		require.NoError(t, err)
		for trial := range 60 {
			bad := damage(rnd, trial%3, good)
			if string(bad) == string(good) {
				continue // a block of zeros, zeroed
			}
			require.NoError(t, os.WriteFile(path, bad, 0o600))
			hurt, err := b.repo.Find(e.ID)
			require.NoError(t, err, "a damaged backup stays listed")
			report, err := b.repo.Verify(t.Context(), hurt, Check{Level: LevelDigest})
			require.NoError(t, err)
			require.False(t, report.OK, "%s, trial %d of seed %d", f.Name, trial, seed)
			require.NotEmpty(t, report.Problem)
			// A result was recorded in the manifest; the next trial starts from a fresh one.
			if f.Name != stemOf(e.ID)+manifestExt {
				recorded, err := b.repo.Find(e.ID)
				require.NoError(t, err)
				require.NotEqual(t, StateGood, recorded.State)
			}
			require.NoError(t, os.WriteFile(path, good, 0o600))
		}
	}
	report, err := b.repo.Verify(t.Context(), e, Check{Level: LevelDecode})
	require.NoError(t, err)
	require.True(t, report.OK, report.Problem)
	again, err := b.repo.Find("latest")
	require.NoError(t, err)
	require.Equal(t, e.ID, again.ID, "a passed check makes it good again")
	require.LessOrEqual(t, len(again.Manifest.Verifications), keptVerifications)
}

// forge makes a stored archive wrong in a way that the digests do not show.
func forge(t *testing.T, b *bundle, e Entry, change func(m *Manifest)) Entry {
	t.Helper()
	m := *e.Manifest
	change(&m)
	text, err := m.encode()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(b.dir, stemOf(e.ID)+manifestExt), text, 0o600))
	forged, err := b.repo.Find(e.ID)
	require.NoError(t, err)
	return forged
}

func TestVerify_DecodeFindsWhatDigestsCannot(t *testing.T) {
	t.Parallel()
	b := setup(t)
	q := b.request()
	q.Compression = "none"
	e := b.create(t, q)
	data, err := os.ReadFile(e.Path())
	require.NoError(t, err)
	data = data[:len(data)*2/3]
	require.NoError(t, os.WriteFile(e.Path(), data, 0o600))
	sum, n, err := digestFile(t.Context(), e.Path())
	require.NoError(t, err)
	e = forge(t, b, e, func(m *Manifest) {
		m.Archive.SHA256, m.Archive.RawSHA256, m.Archive.Bytes, m.Archive.RawBytes = sum, sum, n, n
	})
	for level, ok := range map[Level]bool{LevelDigest: true, LevelDecode: false, LevelDeep: false} {
		report, err := b.repo.Verify(t.Context(), e, Check{Level: level, Server: b.url})
		require.NoError(t, err)
		require.Equal(t, ok, report.OK, "%s: %s", level, report.Problem)
	}
	require.Empty(t, ownScratch(t, b))
}

func TestVerify_DeepComparesEveryTable(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.create(t, b.request())
	for name, change := range map[string]func(m *Manifest){
		"1999": func(m *Manifest) { m.Tables = append([]TableRows{}, m.Tables...); m.Tables[1].Rows = 1999 },
		"not come": func(m *Manifest) {
			m.Tables = append(m.Tables[:5:5], TableRows{Schema: "public", Name: "gone", Rows: 1})
		},
		"from nowhere": func(m *Manifest) { m.Tables = m.Tables[1:] },
	} {
		report, err := b.repo.Verify(t.Context(), forge(t, b, e, change), Check{Level: LevelDeep, Server: b.url})
		require.NoError(t, err)
		require.False(t, report.OK)
		require.Equal(t, LevelDeep, report.Level)
		require.Contains(t, report.Problem, name)
	}
	require.Empty(t, ownScratch(t, b), "dropped on failure too")
}

func TestVerify_DropsScratchDatabasesOfTheDead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.create(t, b.request())
	const orphan = "axisor_verify_00000000deadbeef"
	b.exec(t, "CREATE DATABASE "+orphan)
	report, err := b.repo.Verify(t.Context(), e, Check{Level: LevelDeep, Server: b.url})
	require.NoError(t, err)
	require.True(t, report.OK, report.Problem)
	require.Empty(t, b.databases(t, orphan))
}

// A server that cannot take the restore says nothing against the backup.
func TestVerify_TheServersFaultIsNotDamage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.create(t, b.request())
	tools := fakeTools(t, `exec $REAL "$@"`)
	script := "#!/bin/sh\ncase \"$*\" in *--dbname=*) echo 'extension \"postgis\" is not available' >&2; exit 1;; esac\ncat > /dev/null\n"
	require.NoError(t, os.WriteFile(filepath.Join(tools, "pg_restore"), []byte(script), 0o755))
	b.repo.o.Tools = Finder{Directory: tools}
	_, err := b.repo.Verify(t.Context(), e, Check{Level: LevelDeep, Server: b.url})
	require.ErrorIs(t, err, ErrToolFailed)
	require.ErrorContains(t, err, "postgis")
	again, err := b.repo.Find(e.ID)
	require.NoError(t, err)
	require.Equal(t, StateGood, again.State)
	require.Empty(t, ownScratch(t, b))
}

func TestVerify_CancelIsNotDamage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.create(t, b.request())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := b.repo.Verify(ctx, e, Check{Level: LevelDecode})
	require.ErrorIs(t, err, context.Canceled)
	again, err := b.repo.Find(e.ID)
	require.NoError(t, err)
	require.Equal(t, StateGood, again.State)
}
