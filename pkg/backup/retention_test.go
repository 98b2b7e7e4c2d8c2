package backup

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func entryAt(at time.Time, state State) Entry {
	e := Entry{ID: at.Format(stampLayout), State: state, Manifest: &Manifest{StartedAt: at}}
	if state == StateInvalid {
		e.Manifest = nil
	}
	return e
}

func TestPlanRetention(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	day := func(n int, state State) Entry { return entryAt(now.AddDate(0, 0, -n).Add(-time.Hour), state) }
	pinned := day(90, StateGood)
	pinned.Manifest.Pinned = true
	for _, test := range []struct {
		name    string
		policy  Policy
		entries []Entry
		removed []int // indexes into entries
		stopped bool
	}{
		{"nothing to do", Policy{KeepDays: 30}, nil, nil, true},
		{"no rule keeps everything", Policy{}, []Entry{day(0, StateGood), day(400, StateGood)}, nil, true},
		{"days", Policy{KeepDays: 30}, []Entry{day(0, StateGood), day(29, StateGood), day(31, StateGood)}, []int{2}, false},
		{"days or last", Policy{KeepDays: 2, KeepLast: 3}, []Entry{day(0, StateGood), day(9, StateGood), day(20, StateGood), day(21, StateGood)}, []int{3}, false},
		{"backups have stopped", Policy{KeepDays: 30, KeepLast: 1}, []Entry{day(31, StateGood), day(32, StateGood), day(99, StateGood)}, nil, true},
		{
			"failed ones fill no slot",
			Policy{KeepLast: 2},
			[]Entry{day(0, StateFailed), day(1, StateMissing), day(2, StateGood), day(3, StateFailed), day(4, StateGood), day(5, StateGood)},
			[]int{3, 5},
			false,
		},
		{"none is good", Policy{KeepLast: 1}, []Entry{day(0, StateFailed), day(50, StateFailed)}, nil, true},
		{"unreadable and pinned stay", Policy{KeepLast: 1}, []Entry{day(0, StateGood), day(50, StateInvalid), pinned, day(91, StateGood)}, []int{3}, false},
		{
			"daily, the newest of each day",
			Policy{KeepDaily: 2},
			[]Entry{day(0, StateGood), entryAt(now.Add(-2*time.Hour), StateGood), day(5, StateGood), day(6, StateGood)},
			[]int{1, 3},
			false,
		},
		{"weekly", Policy{KeepWeekly: 2}, []Entry{day(0, StateGood), day(1, StateGood), day(7, StateGood), day(14, StateGood)}, []int{1, 3}, false},
		{"monthly", Policy{KeepMonthly: 2}, []Entry{day(0, StateGood), day(20, StateGood), day(40, StateGood), day(70, StateGood)}, []int{1, 3}, false},
		{"a clock that went back", Policy{KeepDays: 1}, []Entry{day(-5, StateGood), day(0, StateGood), day(9, StateGood)}, []int{2}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			plan := PlanRetention(test.entries, test.policy, now)
			var want, got []string
			for _, i := range test.removed {
				want = append(want, test.entries[i].ID)
			}
			for _, e := range plan.Removals() {
				got = append(got, e.ID)
			}
			require.Equal(t, want, got)
			require.Equal(t, test.stopped, plan.Stopped != "", plan.Stopped)
			// No rule and no backup are nothing to be alarmed about.
			require.Equal(t, test.stopped && len(test.entries) > 0 && test.policy != Policy{}, plan.Stale)
		})
	}
}

// TestPlanRetention_Invariants tries random catalogues: every backup is judged once, the
// newest good one always stays, and removing twice removes nothing more.
func TestPlanRetention_Invariants(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(7, 7))
	now := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	states := []State{StateGood, StateGood, StateGood, StateFailed, StateMissing, StateInvalid}
	for range 3000 {
		var entries []Entry
		for range rnd.IntN(25) {
			at := now.Add(-time.Duration(rnd.Int64N(int64(120 * 24 * time.Hour))))
			entries = append(entries, entryAt(at, states[rnd.IntN(len(states))]))
		}
		policy := Policy{KeepDays: rnd.IntN(40), KeepLast: rnd.IntN(4), KeepDaily: rnd.IntN(4), KeepWeekly: rnd.IntN(4), KeepMonthly: rnd.IntN(4)}
		plan := PlanRetention(entries, policy, now)
		require.Len(t, plan.Decisions, len(entries))
		var kept []Entry
		first := true
		for _, d := range plan.Decisions {
			require.NotEmpty(t, d.Reason)
			if d.Entry.State == StateGood && first {
				require.False(t, d.Remove)
				first = false
			}
			if !d.Remove {
				kept = append(kept, d.Entry)
			}
		}
		require.Empty(t, PlanRetention(kept, policy, now).Removals(), "the plan is stable")
	}
}
