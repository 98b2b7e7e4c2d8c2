package marginguard

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestWatch_MissesNothing holds the index against the decision: whatever fires
// is at or beyond its trigger price.
func TestWatch_MissesNothing(t *testing.T) {
	t.Parallel()
	for _, r := range Readings() {
		for _, side := range []Side{Long, Short} {
			for x := 88000.0; x <= 102000; x += 125 {
				p := position("a1", side, 5000, 95000, 210526, x)
				in := input(x, 10, 20, p)
				in.Reading = r
				v := Decide(in)[0]
				w := IndexEntries(in.Config, r, []Position{p})
				require.Len(t, w, 1)
				crossed := side == Long && w[0].Trigger >= x-1e-6 || side == Short && w[0].Trigger <= x+1e-6
				require.Equal(t, v.Triggered, crossed, "%s %s at %v: trigger %v, %s", r, side, x, w[0].Trigger, v.Reason)
			}
		}
	}
}

func TestWatch_LeavesOutWhatCannotFire(t *testing.T) {
	t.Parallel()
	p := position("a1", Long, 5000, 95000, 210526, 95000)
	require.Empty(t, IndexEntries(Config{Mode: Unit, Threshold: 10, Positions: []string{"b2"}}, Remaining, []Position{p}))
	p.Liquidation = 0
	require.Empty(t, IndexEntries(Config{Mode: Global, Threshold: 10}, Remaining, []Position{p}))
}

func TestMarket_Extremes(t *testing.T) {
	t.Parallel()
	low, high := Market{LastPrice: 100, Levels: []Level{{Bid: 99, Ask: 101}, {Bid: 97}, {Ask: 104}}}.Extremes()
	require.InDelta(t, 97, low, 0)
	require.InDelta(t, 104, high, 0)
}

func TestLastFunding(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 8, 12, 0, 0, 0, 0, time.UTC)
	for after, hour := range map[time.Duration]int{0: 0, 7*time.Hour + 59*time.Minute: 0, 8 * time.Hour: 8, 23 * time.Hour: 16} {
		require.Equal(t, hour, LastFunding(day.Add(after)).Hour())
	}
}
