package marginguard

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDecide_RestoreTo(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		side    Side
		reading Reading
		x, to   float64
		amount  int64
	}{
		"long, half of the way":   {Long, Remaining, 91700, 50, 182425},
		"short, half of the way":  {Short, Remaining, 98600, 50, 160264},
		"long, 10 % of the price": {Long, Price, 91700, 10, 584720},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := input(tc.x, 9.9, 20, position("a1", tc.side, 5000, 95000, 210526, tc.x))
			in.Reading, in.Config.RestoreTo = tc.reading, tc.to
			in.Caps.PositionDaySats = -1
			v := Decide(in)[0]
			require.Equal(t, Add, v.Decision, v.Reason)
			require.Equal(t, tc.amount, v.Amount)
			require.InDelta(t, tc.to, v.DistanceAfter, 0.02)
			require.False(t, v.Insufficient)

			in.Caps.PositionDaySats = 1000
			capped := Decide(in)[0]
			require.Equal(t, int64(1000), capped.Amount, "every cap holds")
			require.Equal(t, LimitPositionDay, capped.LimitedBy)
		})
	}
}

func TestDecide_CrossPosition(t *testing.T) {
	t.Parallel()
	// Collateral 600,000, of which 3,191 must stay: 2000 short at 94000.
	p := Position{
		ID: CrossID("b1"), Side: Short, Quantity: 2000, Price: 94000, Margin: 600000, Reserve: 3191,
		Liquidation: 130646.5, EntryMargin: 212765,
	}
	in := input(128000, 10, 20, p)
	v := Decide(in)[0]
	require.Equal(t, Add, v.Decision, v.Reason)
	require.Equal(t, int64(120000), v.Amount)
	require.InDelta(t, 141758.5, v.LiquidationAfter, 0.5)
	in.Config = Config{Mode: Unit, Threshold: 10, AddPercent: 20, Positions: []string{"b1"}}
	require.Equal(t, Add, Decide(in)[0].Decision, "it is listed under its own id")

	in.Positions[0].Quantity, in.Positions[0].Liquidation = 0, 0
	require.Equal(t, NoLiquidation, Decide(in)[0].Decision, "flat")
	in.Positions[0].Unreadable = "permission missing"
	require.Equal(t, BadData, Decide(in)[0].Decision)

	// A flat position is still there: that the deposit arrived can be seen.
	state, _ := Judge(Intent{TradeID: p.ID, Amount: 5000, Before: Snapshot{Margin: 600000}}, &Position{ID: p.ID, Margin: 605000}, time.Second)
	require.Equal(t, Applied, state)
}
