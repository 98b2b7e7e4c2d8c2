package migrate_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/migrate"
	"github.com/axisor/axisor/pkg/pgdirect"
)

func TestPooler_IsRefusedBeforeAnythingIsTouched(t *testing.T) {
	t.Parallel()
	url := testdb.Empty(t)
	through := setup(t, testdb.Pooler(t, url).Reveal())
	_, err := through.m.Up(through.ctx)
	require.ErrorIs(t, err, migrate.ErrPooler)
	require.Empty(t, through.catalog(t).Tables)
	_, err = through.m.Baseline(through.ctx, false)
	require.Error(t, err)

	direct := setup(t, url.Reveal())
	_, err = direct.m.Up(direct.ctx)
	require.NoError(t, err)
	_, err = through.m.Repair(through.ctx, []migrate.Finding{{Kind: "index", FixSQL: "SELECT 1;"}})
	require.ErrorIs(t, err, migrate.ErrPooler)
	_, err = through.m.DropRedundant(through.ctx, false)
	require.ErrorIs(t, err, migrate.ErrPooler)
	findings, err := through.m.Verify(through.ctx)
	require.NoError(t, err, "looking is possible")
	require.Empty(t, findings)
}

// A pooler that keeps sessions apart, as its owner says and as it is seen to do, is as good as the server. One that is seen
// to hand them on is refused, whatever is said of it.
func TestPooler_OfSessionsMayMigrate(t *testing.T) {
	t.Parallel()
	url := testdb.Pooler(t, testdb.Empty(t)).Reveal()
	b := setup(t, url)
	m, err := migrate.New(b.db, migrate.Options{Sessions: true})
	require.NoError(t, err)
	_, err = m.UpTo(b.ctx, 2)
	require.NoError(t, err)
	require.Empty(t, b.list(t, `SELECT pid::text FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`))

	var pooler *pgdirect.Error
	_, err = b.m.Up(b.ctx)
	require.ErrorAs(t, err, &pooler)
	require.Contains(t, pooler.Hints()[1], "pgbouncer=session", "without the word it is told")

	one, err := pgx.Connect(b.ctx, url)
	require.NoError(t, err)
	defer one.Close(b.ctx)
	require.ErrorAs(t, pgdirect.Apart(b.ctx, one, one), &pooler, "one session for two connections")
	require.ErrorIs(t, pooler, pgdirect.ErrPooler)
	require.ErrorContains(t, pooler, "sessions were seen to change hands")
}
