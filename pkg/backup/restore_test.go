package backup

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/secret"
)

func TestRestoreTo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.create(t, b.request())
	name := "restored_" + e.Manifest.Database.Name
	t.Cleanup(func() { b.dropAfter(t, name) })

	plan, err := b.repo.RestoreTo(t.Context(), e, Restore{Server: b.url, Database: name, DryRun: true})
	require.NoError(t, err)
	require.True(t, plan.Created)
	require.Empty(t, b.databases(t, name))

	got, err := b.repo.RestoreTo(t.Context(), e, Restore{Server: b.url, Database: name})
	require.NoError(t, err)
	require.Equal(t, Restored{ID: e.ID, Database: name, Created: true, Tables: 5, Rows: 2102, Target: b.repo.urlOf(b.url, name)}, got)

	_, err = b.repo.RestoreTo(t.Context(), e, Restore{Server: b.url, Database: name})
	require.ErrorIs(t, err, ErrTargetNotEmpty)
	require.Contains(t, b.databases(t, name), name, "a refused target is left alone")
	_, err = b.repo.RestoreTo(t.Context(), e, Restore{Server: b.url, Database: e.Manifest.Database.Name})
	require.ErrorIs(t, err, ErrTargetNotEmpty)
}

// The database to restore is the one the configuration names, and it is gone.
func TestRestoreTo_AfterTheDatabaseWasLost(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.create(t, b.request())
	u, err := url.Parse(b.url.Reveal())
	require.NoError(t, err)
	u.Path = "/lost_" + e.Manifest.Database.Name
	t.Cleanup(func() { b.dropAfter(t, u.Path[1:]) })
	got, err := b.repo.RestoreTo(t.Context(), e, Restore{Server: secret.New(u.String()), Database: u.Path[1:]})
	require.NoError(t, err)
	require.True(t, got.Created)
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
