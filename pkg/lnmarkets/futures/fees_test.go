package futures_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/lnmarkets/futures"
)

func TestReserve_Vectors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name             string
		position         futures.Position
		opening, closing int64
	}{
		{"V1", futures.Position{Side: futures.Buy, Quantity: 1, Price: 100000, Margin: 10}, 1, 1},
		{"V9", futures.Position{Side: futures.Buy, Quantity: 60, Price: 60000, Margin: 10000}, 100, 109},
		{"guard long", futures.Position{Side: futures.Buy, Quantity: 5000, Price: 95000, Margin: 210526}, 5263, 5473},
		{"guard short", futures.Position{Side: futures.Sell, Quantity: 5000, Price: 95000, Margin: 210526}, 5263, 5052},
		{"short at leverage 1", futures.Position{Side: futures.Sell, Quantity: 1000, Price: 110000, Margin: 909090}, 909, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			opening, closing := tt.position.Reserve()
			require.Equal(t, tt.opening, opening)
			require.Equal(t, tt.closing, closing)
		})
	}
}

func TestFee(t *testing.T) {
	t.Parallel()
	for tier, want := range []int64{100, 80, 70, 60} {
		rate, ok := futures.FeeRate(tier)
		require.True(t, ok)
		require.Equal(t, want, futures.Fee(60, 60000, rate), "tier %d", tier)
	}
	_, ok := futures.FeeRate(4)
	require.False(t, ok)
	_, ok = futures.FeeRate(-1)
	require.False(t, ok)
	require.Equal(t, int64(5376), futures.Fee(5000, 93000, 0.001))
}

func TestFunding_Vectors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		side        futures.Side
		quantity    int64
		price, rate float64
		want        int64
	}{
		{futures.Buy, 10000, 60000, 0.0001, 1667},
		{futures.Sell, 10000, 60000, 0.0001, -1667},
		{futures.Buy, 10, 30000, 0.0001, 3},
		{futures.Buy, 5000, 95000, 0.0001, 526},
		{futures.Buy, 1000, 100000, -0.00025, -250},
		{futures.Sell, 1000, 100000, -0.00025, 250},
		{futures.Buy, 1000, 100000, 0, 0},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, futures.Funding(tt.side, tt.quantity, tt.price, tt.rate))
	}
}

func TestFunding_DriftOfTheGuardLong(t *testing.T) {
	t.Parallel()
	p := futures.Position{Side: futures.Buy, Quantity: 5000, Price: 95000, Margin: 210526}
	for range 3 {
		p.Margin -= futures.Funding(p.Side, p.Quantity, 95000, 0.0001)
	}
	require.Equal(t, int64(208948), p.Margin)
	liq, ok := p.Liquidation()
	require.True(t, ok)
	require.InDelta(t, 91372.5, liq, 0)
	require.InDelta(t, 25.189, p.Leverage(), 0.0005)
}

func TestCashIn(t *testing.T) {
	t.Parallel()
	loss := futures.Position{Side: futures.Buy, Quantity: 5000, Price: 95000, Margin: 235526}
	got, err := loss.CashIn(93000, 10000)
	require.NoError(t, err)
	require.Equal(t, int64(225526), got.Margin)
	require.Equal(t, int64(10000), got.FromMarginSats)
	require.Zero(t, got.FromPLSats)
	require.InDelta(t, 23.337255548082446, got.Leverage, 1e-13)
	require.InDelta(t, 91096.5, got.Liquidation, 0)
	require.InDelta(t, 95000, got.Price, 0)

	for _, side := range []futures.Side{futures.Buy, futures.Sell} {
		market := map[futures.Side]float64{futures.Buy: 99000, futures.Sell: 91000}[side]
		gain := futures.Position{Side: side, Quantity: 5000, Price: 95000, Margin: 210526}
		pl := gain.PLSats(market)
		require.Positive(t, pl)

		part, err := gain.CashIn(market, 50000)
		require.NoError(t, err)
		require.Equal(t, int64(210526), part.Margin)
		require.Equal(t, int64(50000), part.FromPLSats)
		require.InDelta(t, float64(pl-50000), part.PL(market), 20, "profit left, up to the tick of the price")

		more, err := gain.CashIn(market, 300000)
		require.NoError(t, err)
		require.InDelta(t, market, more.Price, 0)
		require.Equal(t, int64(300000), more.FromPLSats+more.FromMarginSats)
		require.Equal(t, int64(210526)-more.FromMarginSats, more.Margin)
	}

	_, err = loss.CashIn(93000, 0)
	require.ErrorIs(t, err, futures.ErrAmount)
	_, err = loss.CashIn(93000, 235526)
	require.ErrorIs(t, err, futures.ErrLeverage)
	_, err = loss.CashIn(93000, 185526)
	require.ErrorIs(t, err, futures.ErrLeverage)
}

func TestQuantityFor(t *testing.T) {
	t.Parallel()
	require.Equal(t, int64(5000), futures.QuantityFor(210527, 95000, 25))
	require.Equal(t, int64(1), futures.QuantityFor(10, 100000, 100))
	require.Equal(t, int64(1000), futures.QuantityFor(100000, 100000, 10))
}

func TestCross_Vectors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                 string
		position             futures.CrossPosition
		running, maintenance int64
		want                 float64
	}{
		{"long", futures.CrossPosition{Quantity: 1000, EntryPrice: 100000, Leverage: 10, Margin: 500000}, 100000, 1500, 66733.5},
		{"short", futures.CrossPosition{Quantity: -1000, EntryPrice: 100000, Leverage: 10, Margin: 500000}, 100000, 1500, 199402},
		{"long after a deposit", futures.CrossPosition{Quantity: 1000, EntryPrice: 100000, Leverage: 10, Margin: 600000}, 100000, 1500, 62558.5},
		{"short after a deposit", futures.CrossPosition{Quantity: -1000, EntryPrice: 100000, Leverage: 10, Margin: 600000}, 100000, 1500, 249066},
		{"documented answer", futures.CrossPosition{Quantity: -2000, EntryPrice: 94000, Leverage: 10, Margin: 600000}, 212765, 3191, 130646.5},
		{"documented deposit", futures.CrossPosition{Quantity: -2000, EntryPrice: 94000, Leverage: 10, Margin: 650000}, 212765, 3191, 135057.5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.running, tt.position.RunningMargin())
			require.Equal(t, tt.maintenance, tt.position.MaintenanceMargin())
			got, ok := tt.position.Liquidation()
			require.True(t, ok)
			require.InDelta(t, tt.want, got, 0)
		})
	}
	small := futures.CrossPosition{Quantity: 2, EntryPrice: 66834, Leverage: 1}
	require.Equal(t, int64(2992), small.RunningMargin())
	require.Equal(t, int64(4), small.MaintenanceMargin())
	require.Equal(t, int64(22878), tests[4].position.PLSats(93000))
	_, ok := futures.CrossPosition{Margin: 5}.Liquidation()
	require.False(t, ok)
	require.InDelta(t, 96000, futures.CrossEntry(0, 0, 10, 96000), 0)
	require.InDelta(t, 97435.5, futures.CrossEntry(1000, 95000, 1000, 100000), 0.5)
}
