package migrate_test

import (
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/migrate"
)

var update = flag.Bool("update", false, "write schema.json from the migrations")

// TestBaselineSnapshot proves that what a baseline compares with is what the first migrations make.
func TestBaselineSnapshot(t *testing.T) {
	t.Parallel()
	b := setupEmpty(t)
	_, err := b.m.UpTo(b.ctx, migrate.BaselineVersion)
	require.NoError(t, err)
	snapshot(t, b, "baseline.json")
}

// TestSnapshot proves that the committed snapshot is what the migrations make.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	snapshot(t, setupFresh(t), "schema.json")
}

func snapshot(t *testing.T, b *testBundle, file string) {
	t.Helper()
	raw, err := json.MarshalIndent(b.catalog(t), "", "  ")
	require.NoError(t, err)
	raw = append(raw, '\n')
	if *update {
		require.NoError(t, os.WriteFile(file, raw, 0o644))
		return
	}
	committed, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(committed), string(raw), "a migration changed the schema: run go generate ./pkg/migrate")
}
