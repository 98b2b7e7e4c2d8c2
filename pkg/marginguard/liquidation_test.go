package marginguard

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDecide_AnImpossibleLiquidationPriceIsNoSafety: whatever the exchange reports
// instead of the liquidation price, the one that follows from entry and margin
// counts, or the reported one where it is nearer, and the contradiction is told.
func TestDecide_AnImpossibleLiquidationPriceIsNoSafety(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name         string
		side         Side
		quantity     int64
		price        float64
		margin       int64
		reported     float64
		market       float64
		want         Decision
		liquidation  float64
		contradicted bool
	}{
		{"long, as computed", Long, 1000, 100000, 100000, 90909, 91500, Add, 90909, false},
		{"long, a tick away", Long, 1000, 100000, 100000, 90908.5, 91500, Add, 90908.5, false},
		{"long, none", Long, 1000, 100000, 100000, 0, 91500, Add, 90909, true},
		{"long, negative", Long, 1000, 100000, 100000, -5, 91500, Add, 90909, true},
		{"long, not a number", Long, 1000, 100000, 100000, math.NaN(), 91500, Add, 90909, true},
		{"long, infinite", Long, 1000, 100000, 100000, math.Inf(1), 91500, Add, 90909, true},
		{"long, absurd", Long, 1000, 100000, 100000, 1e8, 91500, Add, 90909, true},
		{"long, above entry", Long, 1000, 100000, 100000, 100000, 91500, Add, 90909, true},
		{"long, too far", Long, 1000, 100000, 100000, 60000, 91500, Add, 90909, true},
		{"long, 40 USD too far", Long, 1000, 100000, 100000, 90869, 91500, Add, 90909, true},
		{"long, nearer than computed", Long, 1000, 100000, 100000, 95000, 95400, Add, 95000, true},
		{"long at 2x", Long, 1000, 110000, 454545, 0, 74000, Add, 73333.5, true},
		{"short, none", Short, 1000, 100000, 100000, 0, 110500, Add, 111111, true},
		{"short, below entry", Short, 1000, 100000, 100000, 99000, 110500, Add, 111111, true},
		{"short, too far", Short, 1000, 100000, 100000, 150000, 110500, Add, 111111, true},
		{"short, nearer than computed", Short, 1000, 100000, 100000, 105000, 104600, Add, 105000, true},
		{"short at 1x", Short, 1000, 110000, 909091, 0, 150000, NoLiquidation, 0, false},
		{"short below 1x, capped", Short, 1000, 110000, 1_000_000, 1e8, 150000, NoLiquidation, 0, false},
		{"short below 1x, below entry", Short, 1000, 110000, 1_000_000, 100000, 150000, NoLiquidation, 0, true},
		{"short of one contract, none", Short, 1, 100000, 10, 0, 100950, OK, 101010, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := Position{ID: "a1", Side: tc.side, Quantity: tc.quantity, Price: tc.price, Margin: tc.margin, EntryMargin: tc.margin, Liquidation: tc.reported}
			p.PL = p.maths().PLSats(tc.market)
			in := input(tc.market, 10, 20, p)
			in.Caps.MinAddSats = 1
			if tc.want == OK {
				in.Config.Threshold = 1
			}
			v := Decide(in)[0]
			require.Equal(t, tc.want, v.Decision, v.Reason)
			require.InDelta(t, tc.liquidation, v.Liquidation, 1e-9)
			require.Equal(t, tc.contradicted, v.Doubt != "", v.Doubt)
			watched := IndexEntries(in.Config, Remaining, []Position{p})
			if tc.want == NoLiquidation {
				require.Empty(t, watched)
				return
			}
			require.Len(t, watched, 1, "it is in the index of a watcher")
			require.InDelta(t, v.Trigger, watched[0].Trigger, 1e-9)
		})
	}
}

// TestDecide_RestoringFromADoubtedLiquidationPriceRestores: where the exchange's own
// number is the worse one, the addition is as large as it must be from there.
func TestDecide_RestoringFromADoubtedLiquidationPriceRestores(t *testing.T) {
	t.Parallel()
	for _, side := range []Side{Long, Short} {
		p := position("a1", side, 1000, 100000, 100000, 100000)
		nearer := 94000.0
		if side == Short {
			nearer = 106500
		}
		p.Liquidation = nearer
		x := nearer + (100000-nearer)*0.05
		p.PL = p.maths().PLSats(x)
		in := input(x, 10, 20, p)
		in.Config.RestoreTo = 40
		v := Decide(in)[0]
		require.Equal(t, Add, v.Decision, v.Reason)
		require.NotEmpty(t, v.Doubt)
		require.False(t, v.Insufficient)
		require.GreaterOrEqual(t, v.DistanceAfter, 39.9, fmt.Sprint(side))
	}
}

// TestDecide_ACrossPositionWithoutALiquidationPriceIsProtected also for a cross
// position, whose maintenance margin must stay.
func TestDecide_ACrossPositionWithoutALiquidationPriceIsProtected(t *testing.T) {
	t.Parallel()
	p := Position{ID: CrossID("b1"), Side: Short, Quantity: 2000, Price: 94000, Margin: 600000, EntryMargin: 212765, Reserve: 3191}
	v := Decide(input(129000, 10, 20, p))[0]
	require.Equal(t, Add, v.Decision, v.Reason)
	require.InDelta(t, 130646.5, v.Liquidation, 1e-9)
	require.NotEmpty(t, v.Doubt)
}
