package guard_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPrune_CountsAsksAndLeavesATrace(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.Fails(2, "guard", "prune")
	s.Fails(2, "guard", "prune", "--older-than", "soon")
	require.Contains(t, s.Fails(2, "guard", "prune", "--older-than", "7d").Stderr, "at least 8d")
	require.Contains(t, s.OK("guard", "prune", "--older-than", "90d", "--yes").Stderr, "nothing is that old")
	// Half a day off the border: the clocks of the program and the server need not agree.
	require.NoError(t, s.db.Gorm(t.Context()).Exec(`INSERT INTO axisor.guard_run (state, reading, started_at, finished_at)
		SELECT 'finished', 'remaining', at, at FROM generate_series(80, 100) d, LATERAL (SELECT now() - interval '1 day' * (d - 0.5) AS at) t`).Error)
	v := s.OK("guard", "prune", "--older-than", "90d", "--dry-run", "-o", "json").JSON()
	require.InDelta(t, 10, v["runs"], 0)
	require.Equal(t, true, v["dry_run"])
	s.Fails(2, "guard", "prune", "--older-than", "90d") // nobody to ask
	require.InDelta(t, 10, s.OK("guard", "prune", "--older-than", "90d", "--yes", "-o", "json").JSON()["runs"], 0)
	require.InDelta(t, 0, s.OK("guard", "prune", "--older-than", "90d", "--dry-run", "-o", "json").JSON()["runs"], 0)
	require.Len(t, s.OK("audit", "list", "--action", "guard.prune", "-o", "json").Items(), 1)
}
