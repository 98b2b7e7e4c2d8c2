package migrate_test

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/migrate"
)

// table is a migration that makes one table.
func table(name string) *fstest.MapFile {
	return file("-- +goose Up\nCREATE TABLE " + name + " (id integer);\n-- +goose Down\nDROP TABLE " + name + ";\n")
}

// Two branches add migrations; the one with the higher number is released first.
func TestUp_OlderMigrationsAreRefusedUnlessAllowed(t *testing.T) {
	t.Parallel()
	b := setupEmpty(t)
	files := fstest.MapFS{"00001_make_one.sql": table("one"), "00003_make_three.sql": table("three")}
	_, err := from(t, b.db, files, migrate.Options{}).Up(b.ctx)
	require.NoError(t, err)

	files["00002_make_two.sql"], files["00004_make_four.sql"] = table("two"), table("four")
	m := from(t, b.db, files, migrate.Options{})
	require.ErrorIs(t, m.Check(b.ctx), migrate.ErrSchemaOld)
	_, err = m.Up(b.ctx)
	var order *migrate.OutOfOrderError
	require.ErrorAs(t, err, &order)
	require.Equal(t, []string{"00002_make_two.sql"}, order.Missing)
	require.EqualValues(t, 3, order.Newest)
	_, err = m.Pending(b.ctx, 4)
	require.ErrorIs(t, err, migrate.ErrOutOfOrder)
	require.Len(t, b.catalog(t).Tables, 2, "nothing was applied, also not the newer one")
	_, err = m.UpTo(b.ctx, 1)
	require.NoError(t, err, "up to here nothing is missing")

	m = from(t, b.db, files, migrate.Options{OutOfOrder: true})
	done, err := m.Up(b.ctx)
	require.NoError(t, err)
	require.Len(t, done, 2)
	require.EqualValues(t, 2, done[0].Version, "oldest first")
	require.NoError(t, m.Check(b.ctx))

	// The way down is by version and not by the hour of arrival.
	done, err = m.Down(b.ctx, 2)
	require.NoError(t, err)
	require.Len(t, done, 2)
	require.EqualValues(t, 4, done[0].Version)
	require.Len(t, b.catalog(t).Tables, 2)
}

// A newest migration that is there must not hide that an older one is not.
func TestCheck_SeesAGapBelowTheHead(t *testing.T) {
	t.Parallel()
	b := setupMigrated(t)
	b.exec(t, `DELETE FROM axisor.axisor_migrations WHERE version_id = 12`)
	err := b.m.Check(b.ctx)
	require.ErrorIs(t, err, migrate.ErrSchemaOld)
	require.ErrorContains(t, err, "lacks 1 older migration")
}
