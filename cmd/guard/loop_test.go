package guard_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWatch_RoundsHeartbeatAndStatus(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.guarded(t, "anna")
	s.sim.MustPrice(91700)
	s.Fails(8, "guard", "status")
	s.Fails(2, "guard", "watch", "--interval", "1s")
	s.Fails(2, "guard", "watch", "--refresh", "5s")
	s.Fails(2, "guard", "watch", "--rounds", "-1")

	dry := s.OK("guard", "watch", "--dry-run", "--rounds", "1", "-o", "jsonl")
	require.Contains(t, dry.Stdout, `"dry_run":true`)
	require.Empty(t, s.OK("guard", "history", "-q").Stdout)
	s.Fails(8, "guard", "status")

	one := s.OK("guard", "watch", "--rounds", "2", "--interval", "2s")
	require.Contains(t, one.Stdout, "1 added (42105 sats)")
	require.Equal(t, 1, strings.Count(one.Stdout, "\n"), "a quiet round says nothing")
	v := s.OK("guard", "status", "-o", "json").JSON()
	require.Equal(t, true, v["ok"])

	lag := s.OK("guard", "worker", "--status", "-o", "json").JSON()
	require.InDelta(t, 1, lag["active_users"], 0)
	require.InDelta(t, 1, lag["positions"], 0)
	require.Empty(t, lag["workers"], "it has stopped")
	require.Contains(t, s.OK("guard", "worker", "--status").Stdout, "longest since a look")
	s.OK("guard", "worker", "--rounds", "1", "--interval", "2s")
	s.Fails(3, "guard", "run", "--user", "nobody")
}
