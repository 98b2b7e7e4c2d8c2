package migrate_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/migrate"
)

// testBundle is one database of the test's own and a migrator on it.
type testBundle struct {
	ctx context.Context
	db  *sql.DB
	m   *migrate.Migrator
	url string
}

// setupEmpty gives a database without any schema.
func setupEmpty(t *testing.T) *testBundle {
	t.Helper()
	return setup(t, testdb.Empty(t).Reveal())
}

// setupMigrated gives a copy of a database at head, which is faster than migrating one.
func setupMigrated(t *testing.T) *testBundle {
	t.Helper()
	return setup(t, testdb.NewURL(t).Reveal())
}

// setupFresh migrates a database of its own.
func setupFresh(t *testing.T) *testBundle {
	t.Helper()
	b := setupEmpty(t)
	_, err := b.m.Up(b.ctx)
	require.NoError(t, err)
	return b
}

func setup(t *testing.T, url string) *testBundle {
	t.Helper()
	db, err := sql.Open("pgx", url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	m, err := migrate.New(db, migrate.Options{})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return &testBundle{ctx: ctx, db: db, m: m, url: url}
}

func (b *testBundle) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	_, err := b.db.ExecContext(b.ctx, query, args...)
	require.NoError(t, err, query)
}

func (b *testBundle) catalog(t *testing.T) *migrate.Catalog {
	t.Helper()
	c, err := migrate.ReadCatalog(b.ctx, b.db)
	require.NoError(t, err)
	return c
}
