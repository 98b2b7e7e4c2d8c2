package marginguard

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestVerdict_TriggerUnderEachReading(t *testing.T) {
	t.Parallel()
	v := Decide(input(95000, 10, 20, position("a1", Long, 5000, 95000, 210526, 95000)))[0]
	for reading, want := range map[Reading]float64{Remaining: 91711.4, Price: 101495.5555, Travelled: 94634.6} {
		got, ok := v.TriggerUnder(reading)
		require.True(t, ok)
		require.InDelta(t, want, got, 1e-3, reading)
	}
	require.True(t, v.FiresAtEntry(Price), "25x lies inside a zone of 10 % of the price")
	require.False(t, v.FiresAtEntry(Remaining))
	require.False(t, v.FiresAtEntry(Travelled))

	none := Decide(input(95000, 10, 20, Position{
		ID: "a1", Side: Short, Quantity: 5000, Price: 95000, Margin: 5263157, EntryMargin: 5263157,
	}))[0]
	_, ok := none.TriggerUnder(Remaining)
	require.False(t, ok)
	require.False(t, none.FiresAtEntry(Price))
}
