package futures_test

import (
	"math"
	"testing"
	"testing/quick"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/lnmarkets/futures"
)

func TestLiquidation_PublishedVectors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name            string
		side            futures.Side
		quantity        int64
		price, leverage float64
		margin          int64
		raw, want       float64
	}{
		{"V1", futures.Buy, 1, 100000, 100, 10, 99009.901, 99010},
		{"V2", futures.Sell, 1, 100000, 100, 10, 101010.101, 101010},
		{"V3", futures.Buy, 1000, 110000, 1, 909090, 55000.028, 55000},
		{"V4", futures.Buy, 1000, 110000, 100, 9090, 108910.999, 108911},
		{"V5", futures.Sell, 1000, 110000, 100, 9090, 111110.999, 111111},
		{"V6", futures.Buy, 10, 90000, 10, 1111, 81818.926, 81819},
		{"V7", futures.Buy, 1000, 100000, 10, 100000, 90909.091, 90909},
		{"V8", futures.Sell, 1000, 100000, 10, 100000, 111111.111, 111111},
		{"V9", futures.Buy, 60, 60000, 10, 10000, 54545.455, 54545.5},
		{"guard long", futures.Buy, 5000, 95000, 25, 210526, 91346.159, 91346},
		{"guard short", futures.Sell, 5000, 95000, 25, 210526, 98958.327, 98958.5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			margin := futures.MarginFor(tt.quantity, tt.price, tt.leverage)
			require.Equal(t, tt.margin, margin)
			p := futures.Position{Side: tt.side, Quantity: tt.quantity, Price: tt.price, Margin: margin}
			raw, ok := p.LiquidationRaw()
			require.True(t, ok)
			require.InDelta(t, tt.raw, raw, 0.001)
			got, ok := p.Liquidation()
			require.True(t, ok)
			require.InDelta(t, tt.want, got, 0)
		})
	}
}

func TestLiquidation_ShortAtLeverageOneHasNone(t *testing.T) {
	t.Parallel()
	p := futures.Position{Side: futures.Sell, Quantity: 1000, Price: 110000, Margin: 909090}
	_, ok := p.Liquidation()
	require.False(t, ok)
	p.Margin = 2_000_000
	_, ok = p.Liquidation()
	require.False(t, ok)
}

func TestLiquidation_NonsenseHasNone(t *testing.T) {
	t.Parallel()
	for _, p := range []futures.Position{
		{Side: futures.Buy, Quantity: 0, Price: 1, Margin: 1},
		{Side: futures.Buy, Quantity: 1, Price: 0, Margin: 1},
		{Side: futures.Buy, Quantity: 1, Price: math.NaN(), Margin: 1},
		{Side: futures.Buy, Quantity: 1, Price: math.Inf(1), Margin: 1},
	} {
		_, ok := p.Liquidation()
		require.False(t, ok, "%+v", p)
	}
	liq, ok := futures.Position{Side: futures.Buy, Quantity: 1, Price: 50000, Margin: -5}.Liquidation()
	require.True(t, ok, "a margin below zero counts as none: liquidated at the entry")
	require.InDelta(t, 50000, liq, 0)
}

func TestPL(t *testing.T) {
	t.Parallel()
	tests := []struct {
		side          futures.Side
		quantity      int64
		price, market float64
		exact         float64
		want          int64
	}{
		{futures.Buy, 10, 50000, 55000, 1818.18, 1818},
		{futures.Buy, 10, 50000, 46000, -1739.13, -1739},
		{futures.Sell, 10, 50000, 45000, 2222.22, 2222},
		{futures.Sell, 10, 50000, 55000, -1818.18, -1818},
		{futures.Buy, 1000, 100000, 110000, 90909.09, 90909},
		{futures.Sell, 1000, 100000, 92000, 86956.52, 86957},
		{futures.Buy, 5000, 95000, 91800, -183465.08, -183465},
		{futures.Sell, 5000, 95000, 97900, -155905.6, -155906},
		{futures.Buy, 5000, 95000, 93000, -113186.19, -113186},
	}
	for _, tt := range tests {
		p := futures.Position{Side: tt.side, Quantity: tt.quantity, Price: tt.price}
		require.InDelta(t, tt.exact, p.PL(tt.market), 0.2)
		require.Equal(t, tt.want, p.PLSats(tt.market))
	}
}

func TestAddMargin_Vectors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		position futures.Position
		amount   int64
		margin   int64
		leverage float64
		want     float64
	}{
		{"long to 85000", futures.Position{Side: futures.Buy, Quantity: 1000, Price: 100000, Margin: 100000}, 76471, 176471, 5.666653444475296, 85000},
		{"short to 121000", futures.Position{Side: futures.Sell, Quantity: 1000, Price: 100000, Margin: 100000}, 73554, 173554, 5.761895433121680, 121000},
		{"documented answer", futures.Position{Side: futures.Buy, Quantity: 5000, Price: 95000, Margin: 210526}, 25000, 235526, 22.346398676735657, 90931},
		{"guard long", futures.Position{Side: futures.Buy, Quantity: 5000, Price: 95000, Margin: 210526}, 578120, 788646, 6.6737, 82620},
		{"guard short", futures.Position{Side: futures.Sell, Quantity: 5000, Price: 95000, Margin: 210526}, 409676, 620202, 8.4862, 107690},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.position.AddMargin(tt.amount)
			require.NoError(t, err)
			require.Equal(t, tt.margin, got.Margin)
			require.InDelta(t, tt.leverage, got.Leverage, 0.00005)
			require.False(t, got.NoLiquidation)
			require.InDelta(t, tt.want, got.Liquidation, 0)
		})
	}
	exact, err := tests[2].position.AddMargin(25000)
	require.NoError(t, err)
	require.InDelta(t, 22.346398676735657, exact.Leverage, 1e-14)
}

func TestAddMargin_Refuses(t *testing.T) {
	t.Parallel()
	p := futures.Position{Side: futures.Sell, Quantity: 5000, Price: 95000, Margin: 210526}
	require.Equal(t, int64(5052631), p.MaxAdd())
	for _, amount := range []int64{0, -1, math.MinInt64} {
		_, err := p.AddMargin(amount)
		require.ErrorIs(t, err, futures.ErrAmount)
	}
	_, err := p.AddMargin(5052632)
	require.ErrorIs(t, err, futures.ErrLeverage)
	_, err = p.AddMargin(math.MaxInt64)
	require.ErrorIs(t, err, futures.ErrLeverage)
	full, err := p.AddMargin(5052631)
	require.NoError(t, err)
	require.True(t, full.NoLiquidation)
	require.Zero(t, full.MaxAdd())
}

func TestAmountToTarget_Vectors(t *testing.T) {
	t.Parallel()
	long := futures.Position{Side: futures.Buy, Quantity: 5000, Price: 95000, Margin: 210526}
	short := futures.Position{Side: futures.Sell, Quantity: 5000, Price: 95000, Margin: 210526}
	got, err := long.AmountToTarget(82620)
	require.NoError(t, err)
	require.Equal(t, int64(578120), got)
	got, err = short.AmountToTarget(107690)
	require.NoError(t, err)
	require.Equal(t, int64(409676), got)
	require.Equal(t, int64(578111), futures.AmountToTargetFrom(futures.Buy, 5000, 91346, 82620))
	require.Equal(t, int64(409667), futures.AmountToTargetFrom(futures.Sell, 5000, 98958.5, 107690))

	got, err = futures.Position{Side: futures.Buy, Quantity: 1000, Price: 100000, Margin: 100000}.AmountToTarget(85000)
	require.NoError(t, err)
	require.Equal(t, int64(76471), got)
	got, err = futures.Position{Side: futures.Sell, Quantity: 1000, Price: 100000, Margin: 100000}.AmountToTarget(121000)
	require.NoError(t, err)
	require.Equal(t, int64(73554), got)

	got, err = long.AmountToTarget(93000)
	require.NoError(t, err)
	require.Zero(t, got, "already farther away")
	require.Zero(t, futures.AmountToTargetFrom(futures.Buy, 5000, 91346, 93000))
	for _, target := range []float64{95000, 99000, 0, -1, math.NaN(), math.Inf(1)} {
		_, err = long.AmountToTarget(target)
		require.ErrorIs(t, err, futures.ErrTarget)
	}
	_, err = short.AmountToTarget(94000)
	require.ErrorIs(t, err, futures.ErrTarget)
}

func TestMarginRatio_Vectors(t *testing.T) {
	t.Parallel()
	require.InDelta(t, 0.1682, futures.MarginRatio(5473, 210526, -183465), 0.00005)
	require.InDelta(t, 0.0847, futures.MarginRatio(5052, 210526, -155906), 0.00005)
	require.InDelta(t, 1, futures.MarginRatio(5473, 210526, -210526), 0)
	require.True(t, math.IsInf(futures.MarginRatio(0, 0, 0), 1))
}

// draw turns arbitrary numbers into a position that the exchange would accept.
func draw(short bool, quantity uint32, tick uint32, leverage uint16) futures.Position {
	p := futures.Position{
		Side:     futures.Buy,
		Quantity: int64(quantity%futures.MaxQuantity) + 1,
		Price:    1000 + float64(tick%1_000_000)/2,
	}
	if short {
		p.Side = futures.Sell
	}
	p.Margin = max(futures.MarginFor(p.Quantity, p.Price, 1+float64(leverage%9900)/100), 1)
	return p
}

func TestProperty_AddingMarginNeverMovesLiquidationTowardThePrice(t *testing.T) {
	t.Parallel()
	check := func(short bool, quantity, tick uint32, leverage uint16, share uint32) bool {
		p := draw(short, quantity, tick, leverage)
		limit := p.MaxAdd()
		if limit < 1 {
			return true
		}
		before, hadOne := p.Liquidation()
		after, err := p.AddMargin(1 + int64(share)%limit)
		if err != nil {
			return false
		}
		if after.Leverage > p.Leverage() || after.Leverage < futures.MinLeverage {
			return false
		}
		if !hadOne || after.NoLiquidation {
			return p.Side == futures.Sell && after.NoLiquidation
		}
		if p.Side == futures.Buy {
			return after.Liquidation <= before && after.Liquidation > 0
		}
		return after.Liquidation >= before
	}
	require.NoError(t, quick.Check(check, &quick.Config{MaxCount: 20000}))
}

func TestProperty_AmountToTargetReachesItAndOneSatLessDoesNot(t *testing.T) {
	t.Parallel()
	check := func(short bool, quantity, tick uint32, leverage uint16, where uint8) bool {
		p := draw(short, quantity, tick, leverage)
		target := p.Price * (0.51 + 0.48*float64(where)/255)
		if short {
			target = p.Price * (1.01 + float64(where)/16)
		}
		amount, err := p.AmountToTarget(target)
		if err != nil {
			return false
		}
		reached := func(extra int64, tolerance float64) bool {
			moved := p
			moved.Margin += amount + extra
			raw, ok := moved.LiquidationRaw()
			if !ok {
				return short
			}
			if short {
				return raw >= target*(1-tolerance)
			}
			return raw <= target*(1+tolerance)
		}
		return reached(0, 1e-12) && (amount == 0 || !reached(-1, 0))
	}
	require.NoError(t, quick.Check(check, &quick.Config{MaxCount: 20000}))
}

func TestProperty_PLAtLiquidationEatsTheMargin(t *testing.T) {
	t.Parallel()
	check := func(short bool, quantity, tick uint32, leverage uint16) bool {
		p := draw(short, quantity, tick, leverage)
		raw, ok := p.LiquidationRaw()
		if !ok {
			return short
		}
		return math.Abs(p.PL(raw)+float64(p.Margin)) < 1e-3+1e-9*float64(p.Margin)*raw/p.Price
	}
	require.NoError(t, quick.Check(check, &quick.Config{MaxCount: 20000}))
}

func TestProperty_DeltaFormAgreesWithExactForm(t *testing.T) {
	t.Parallel()
	check := func(short bool, quantity, tick uint32, leverage uint16, share uint32) bool {
		p := draw(short, quantity, tick, leverage)
		raw, ok := p.LiquidationRaw()
		limit := p.MaxAdd() / 2
		if !ok || limit < 1 {
			return true
		}
		amount := 1 + int64(share)%limit
		after, err := p.AddMargin(amount)
		if err != nil {
			return false
		}
		got, ok := futures.LiquidationAfter(p.Side, p.Quantity, raw, amount)
		if !ok || after.NoLiquidation {
			return ok != after.NoLiquidation
		}
		return math.Abs(got-after.Liquidation) <= futures.Tick
	}
	require.NoError(t, quick.Check(check, &quick.Config{MaxCount: 20000}))
}
