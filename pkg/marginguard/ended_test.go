package marginguard

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestClosing_Liquidated: the exchange has no word for it, only prices and a result.
func TestClosing_Liquidated(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		side   Side
		exit   float64
		liq    float64
		pl     int64
		wanted bool
	}{
		{"at its liquidation price", Long, 91346, 91346, -210526, true},
		{"beyond it", Long, 91000, 91346, -200000, true},
		{"a short beyond it", Short, 99100, 98958.5, -1, true},
		{"the whole margin, without a price", Long, 0, 91346, -210526, true},
		{"more than the margin", Short, 0, 0, -210527, true},
		{"stopped one tick before", Long, 91346.5, 91346, -210400, false},
		{"a short stopped one tick before", Short, 98958, 98958.5, -210400, false},
		{"with a loss", Long, 93000, 91346, -113186, false},
		{"with a profit", Short, 90000, 98958.5, 292397, false},
		{"without a price", Long, 0, 91346, -100, false},
		{"without a liquidation price", Short, 120000, 0, -100, false},
	} {
		got := Closing{Position: Position{Side: c.side, Margin: 210526, Liquidation: c.liq, PL: c.pl}, ExitPrice: c.exit}.liquidated()
		require.Equal(t, c.wanted, got, c.name)
	}
}
