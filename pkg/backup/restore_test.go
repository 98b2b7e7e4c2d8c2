package backup

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRestoreTo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.create(t, b.request())
	name := "restored_" + e.Manifest.Database.Name
	t.Cleanup(func() { b.dropAfter(t, name) })

	got, err := b.repo.RestoreTo(t.Context(), e, Restore{Server: b.url, Database: name})
	require.NoError(t, err)
	require.Equal(t, Restored{ID: e.ID, Database: name, Created: true, Tables: 5, Rows: 2102}, got)

	_, err = b.repo.RestoreTo(t.Context(), e, Restore{Server: b.url, Database: name})
	require.ErrorIs(t, err, ErrTargetNotEmpty)
	require.Contains(t, b.databases(t, name), name, "a refused target is left alone")
	_, err = b.repo.RestoreTo(t.Context(), e, Restore{Server: b.url, Database: e.Manifest.Database.Name})
	require.ErrorIs(t, err, ErrTargetNotEmpty)
}

func TestRestoreTo_FailureLeavesNoDatabase(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.create(t, b.request())
	e = forge(t, b, e, func(m *Manifest) { m.Tables = m.Tables[1:] })
	name := "failed_" + e.Manifest.Database.Name
	_, err := b.repo.RestoreTo(t.Context(), e, Restore{Server: b.url, Database: name})
	require.ErrorIs(t, err, ErrDamaged)
	require.Empty(t, b.databases(t, name))

	_, err = b.repo.RestoreTo(t.Context(), e, Restore{Server: b.url})
	var input *InputError
	require.ErrorAs(t, err, &input)
}
