package migrate_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/migrate"
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
