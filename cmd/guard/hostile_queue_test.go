package guard_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// jobsOfNobody are ways in which jobs that no worker of ours has made stand in the queue: rubbish that waits, and jobs
// of the first shard that never begin, never end, or began when nobody can have.
func jobsOfNobody() map[string][]string {
	job := func(state, args, columns, values string) string {
		return fmt.Sprintf(`INSERT INTO river.river_job (state, max_attempts, args, kind, queue, %s) VALUES ('%s', 1, %s, 'guard_shard', 'guard_shard', %s)`,
			columns, state, args, values)
	}
	const first = `'{"shard":0,"part":0,"round":1,"after":"","until":""}'`
	out := map[string][]string{}
	for _, args := range append(hostile("jsonb"), `'{"shard":"x"}'`, `'{"shard":0,"round":[]}'`, `'{"shard":1e99,"round":-1}'`, `'{"shard":99999999999}'`) {
		out["arguments"] = append(out["arguments"], job("available", args, "created_at", "now()"), job("running", args, "attempted_at", "now()"))
	}
	for _, at := range hostile("timestamp with time zone") {
		out["beginning"] = append(out["beginning"], job("available", first, "scheduled_at", at))
		out["end"] = append(out["end"], job("running", first, "attempted_at", at))
	}
	for _, at := range []string{"'infinity'", "'-infinity'"} { // the queue's client reads no job with such a time, nor any beside it
		out["making"] = append(out["making"], job("available", first, "created_at", at), job("running", first, "attempted_at, created_at", "now() - interval '1 hour', "+at))
	}
	return out
}

// TestHostileState_OfTheQueueStopsNobody: whatever stands in the queue, the next round of workers looks at everybody.
func TestHostileState_OfTheQueueStopsNobody(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.sim.MustPrice(91700)
	g := s.db.Gorm(t.Context())
	for what, jobs := range jobsOfNobody() {
		require.NoError(t, g.Exec(`DELETE FROM river.river_job`).Error)
		for _, sql := range jobs {
			require.NoError(t, g.Exec(sql).Error)
		}
		id := s.guarded(t, strings.ReplaceAll(what, " ", "-"))
		require.Contains(t, []int{0, 8}, s.Run("guard", "worker", "--status").Code, what)
		s.OK("guard", "worker", "--rounds", "1")
		trade, _ := s.sim.Trade(id)
		require.Equal(t, int64(252631), trade.Margin, what)
	}
}
