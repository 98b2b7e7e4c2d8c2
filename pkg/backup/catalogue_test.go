package backup

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fakeBackup writes a published backup without a server.
func fakeBackup(t *testing.T, dir string, at time.Time) Entry {
	t.Helper()
	require.NoError(t, os.MkdirAll(dir, 0o700))
	id := at.UTC().Format(stampLayout)
	data := []byte("archive of " + id)
	name := stemOf(id) + ".dump"
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
	sum, n, err := digestFile(t.Context(), filepath.Join(dir, name))
	require.NoError(t, err)
	m := &Manifest{
		SchemaVersion: manifestVersion, Kind: "logical", ID: id, StartedAt: at.UTC(), Compression: "none",
		Archive:       FileInfo{Name: name, Bytes: n, SHA256: sum, RawBytes: n, RawSHA256: sum},
		Verifications: []Verification{{Level: LevelDecode, At: at, OK: true}},
	}
	text, err := m.encode()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, stemOf(id)+manifestExt), text, 0o600))
	return newRepository(dir).entry(id)
}

func TestList(t *testing.T) {
	t.Parallel()
	base := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	dir := t.TempDir()
	repo := newRepository(dir)
	list, err := newRepository(filepath.Join(dir, "absent")).List()
	require.NoError(t, err)
	require.Empty(t, list)

	old, middle, newest := fakeBackup(t, dir, base), fakeBackup(t, dir, base.AddDate(0, 0, 1)), fakeBackup(t, dir, base.AddDate(0, 0, 2))
	for _, foreign := range []string{
		"notes.txt", "axisor_backup_20260101_000000.sql.gz", "axisor_backup_.json", "backup.json",
		"axisor_backup_20260105_000000.dump.zst", "axisor_backup_20260106_000000.json.partial",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, foreign), []byte("x"), 0o600))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "axisor_backup_20251231_000000.json"), []byte(`{"id":"x"}`), 0o600))
	require.NoError(t, os.Truncate(newest.Path(), 3))
	require.NoError(t, os.Remove(old.Path()))

	list, err = repo.List()
	require.NoError(t, err)
	var got []string
	for _, e := range list {
		got = append(got, e.ID+" "+string(e.State))
	}
	require.Equal(t, []string{
		newest.ID + " missing", middle.ID + " good", old.ID + " missing", "20251231_000000 invalid",
	}, got)

	for _, ref := range []string{"latest", middle.ID, stemOf(middle.ID), middle.Path(), stemOf(middle.ID) + ".json"} {
		e, err := repo.Find(ref)
		require.NoError(t, err, ref)
		require.Equal(t, middle.ID, e.ID)
	}
	_, err = repo.Find("20260102_999999")
	var missing *NotFoundError
	require.ErrorAs(t, err, &missing)
	require.Equal(t, []string{middle.ID}, missing.Near)
}

func TestManifest_NamesOnlyItsOwnFiles(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"../../etc/passwd", "axisor_backup_20260101_000001.dump", "x", "axisor_backup_20260101_000000.json", ""} {
		m := &Manifest{SchemaVersion: 1, ID: "20260101_000000", Compression: "none", Archive: FileInfo{Name: name}}
		text, err := m.encode()
		require.NoError(t, err)
		_, err = decodeManifest(text, m.ID)
		require.ErrorContains(t, err, "not its own", name)
	}
	m := &Manifest{SchemaVersion: 2, ID: "20260101_000000"}
	text, err := m.encode()
	require.NoError(t, err)
	_, err = decodeManifest(text, m.ID)
	require.ErrorContains(t, err, "newer axisor")
}

func FuzzDecodeManifest(f *testing.F) {
	m := &Manifest{SchemaVersion: 1, ID: "20260101_000000", Compression: "none", Archive: FileInfo{Name: "axisor_backup_20260101_000000.dump"}}
	text, err := m.encode()
	require.NoError(f, err)
	f.Add(text)
	f.Add([]byte(`{"checksum": "`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if got, err := decodeManifest(data, m.ID); err == nil {
			require.Equal(t, m.ID, got.ID)
		}
	})
}

func TestPrune(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	dir := t.TempDir()
	repo := newRepository(dir)
	repo.o.Now = func() time.Time { return now }
	for i := range 6 {
		fakeBackup(t, dir, now.AddDate(0, 0, -10*i))
	}
	foreign := filepath.Join(dir, "axisor_backup_20200101_000000.sql.gz")
	require.NoError(t, os.WriteFile(foreign, nil, 0o600))
	policy := Policy{KeepDays: 30}

	plan, err := repo.PlanPrune(policy)
	require.NoError(t, err)
	require.Len(t, plan.Removals(), 2)
	require.Len(t, files(t, dir), 13, "planning removes nothing")

	_, gone, err := repo.Prune(t.Context(), policy)
	require.NoError(t, err)
	require.Len(t, gone, 2)
	require.Len(t, files(t, dir), 9)
	require.FileExists(t, foreign)

	held, err := acquire(dir, "somebody")
	require.NoError(t, err)
	defer held.release()
	_, _, err = repo.Prune(t.Context(), policy)
	require.ErrorIs(t, err, ErrLocked)
}

// TestSweep_EveryInterruption stops a removal and a publication after each of their steps.
func TestSweep_EveryInterruption(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	stem := stemOf(at.Format(stampLayout))
	bystander := "axisor_backup_20260601_000001.dump.zst" // no manifest, no mark: not ours to judge
	for name, left := range map[string][]string{
		"dump running":        {stem + ".dump.zst.partial"},
		"roles running":       {stem + ".dump.zst.partial", stem + ".globals.sql.zst.partial"},
		"manifest running":    {stem + ".dump.zst.partial", stem + ".json.partial"},
		"archive published":   {stem + ".dump.zst", stem + ".globals.sql.zst.partial", stem + ".json.partial"},
		"all but manifest":    {stem + ".dump.zst", stem + ".globals.sql.zst", stem + ".json.partial"},
		"tombstone set":       {stem + ".dump.zst", stem + ".globals.sql.zst", stem + ".json.deleted"},
		"half removed":        {stem + ".globals.sql.zst", stem + ".json.deleted"},
		"only the tombstone":  {stem + ".json.deleted"},
		"recording was dying": {stem + ".json.new.partial"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			kept := fakeBackup(t, dir, at.AddDate(0, 0, -1))
			want := append(files(t, dir), bystander)
			for _, f := range append(left, bystander) {
				require.NoError(t, os.WriteFile(filepath.Join(dir, f), []byte("x"), 0o600))
			}
			repo := newRepository(dir)
			require.NoError(t, repo.sweep())
			require.ElementsMatch(t, want, files(t, dir))
			list, err := repo.List()
			require.NoError(t, err)
			require.Len(t, list, 1)
			require.Equal(t, kept.ID, list[0].ID)
		})
	}
}
