package migrate_test

import (
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write schema.json from the migrations")

// TestSnapshot proves that the committed snapshot is what the migrations make.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	b := setupFresh(t)
	raw, err := json.MarshalIndent(b.catalog(t), "", "  ")
	require.NoError(t, err)
	raw = append(raw, '\n')
	if *update {
		require.NoError(t, os.WriteFile("schema.json", raw, 0o644))
		return
	}
	committed, err := os.ReadFile("schema.json")
	require.NoError(t, err)
	require.Equal(t, string(committed), string(raw), "a migration changed the schema: run go generate ./pkg/migrate")
}
