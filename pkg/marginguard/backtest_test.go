package marginguard

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// line makes candles without a range, one a minute.
func line(price func(int) float64, n int) []Candle {
	out := make([]Candle, n)
	for i := range out {
		x := price(i)
		out[i] = Candle{At: noon.Add(time.Duration(i) * time.Minute), Open: x, High: x, Low: x, Close: x}
	}
	return out
}

func TestBacktest_Vectors(t *testing.T) {
	t.Parallel()
	long := Opening{Side: Long, Quantity: 5000, Price: 95000, Margin: 210526}
	base := Caps{PositionDaySats: -1, BalanceShare: 1, MinAddSats: 100}
	with := func(f func(*Caps)) Caps { c := base; f(&c); return c }
	gap := func(i int) float64 {
		if i < 10 {
			return 95000
		}
		return 91000
	}
	for name, tc := range map[string]struct {
		reading        Reading
		threshold, add float64
		caps           Caps
		price          func(int) float64
		looks          int
		want           Report
		liquidated     int
	}{
		"remaining 10": {Remaining, 10, 20, base, slope, 281, Report{
			LiquidationsWithout: 1, Avoided: 1, Adds: 5, AddedSats: 313328,
		}, -1},
		"price 2": {Price, 2, 20, base, slope, 281, Report{
			LiquidationsWithout: 1, Avoided: 1, Adds: 6, AddedSats: 418098,
		}, -1},
		"price 2, ten minutes": {Price, 2, 20, with(func(c *Caps) { c.Cooldown = 10 * time.Minute }), slope, 281, Report{
			LiquidationsWithout: 1, Avoided: 1, Adds: 6, AddedSats: 418098,
		}, -1},
		"price 2, an hour": {Price, 2, 20, with(func(c *Caps) { c.Cooldown = time.Hour }), slope, 281, Report{
			LiquidationsWithout: 1, Liquidations: 1, Adds: 3, AddedSats: 153262, LostAnyway: 153262,
		}, 246},
		"price 2, day cap": {Price, 2, 20, with(func(c *Caps) { c.PositionDaySats = 60000 }), slope, 281, Report{
			LiquidationsWithout: 1, Liquidations: 1, Adds: 2, AddedSats: 60000, LostAnyway: 60000,
		}, 186},
		"price 1": {Price, 1, 20, base, slope, 281, Report{
			LiquidationsWithout: 1, Avoided: 1, Adds: 5, AddedSats: 313328,
		}, -1},
		"price 2, add half": {Price, 2, 50, base, slope, 281, Report{
			LiquidationsWithout: 1, Avoided: 1, Adds: 3, AddedSats: 499998,
		}, -1},
		"dip and back": {Price, 2, 20, base, dip, 321, Report{
			LiquidationsWithout: 1, Avoided: 1, Adds: 3, AddedSats: 153262,
		}, -1},
		"gap": {Price, 2, 20, base, gap, 20, Report{LiquidationsWithout: 1, Liquidations: 1}, 10},
		"needless": {Price, 2, 20, base, func(i int) float64 { return max(slope(i), 92900) }, 281, Report{
			Adds: 1, AddedSats: 42105, Idle: 42105,
		}, -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Backtest{
				Config: Config{Mode: Global, Threshold: tc.threshold, AddPercent: tc.add}, Reading: tc.reading, Caps: tc.caps,
				Openings: []Opening{long}, Balance: NoCap,
			}.Run(line(tc.price, tc.looks))
			require.NoError(t, err)
			if tc.liquidated >= 0 {
				require.Equal(t, noon.Add(time.Duration(tc.liquidated)*time.Minute), got.Outcomes[0].LiquidatedAt)
			}
			tc.want.Positions, tc.want.Outcomes, tc.want.SatDays, tc.want.Short = 1, got.Outcomes, got.SatDays, got.Short
			require.Equal(t, tc.want, got)
		})
	}
}

func TestBacktest_WorstPriceOfACandle(t *testing.T) {
	t.Parallel()
	calm := Candle{At: noon, Open: 95000, High: 95000, Low: 95000, Close: 95000}
	spike := Candle{At: noon.Add(time.Minute), Open: 95000, High: 99000, Low: 91300, Close: 95000}
	b := Backtest{
		Config: Config{Mode: Global, Threshold: 10, AddPercent: 20}, Reading: Remaining, Caps: Caps{BalanceShare: 1}, Balance: NoCap,
		Openings: []Opening{
			{Side: Long, Quantity: 5000, Leverage: 25},
			{Side: Short, Quantity: 5000, Leverage: 25},
			{Side: Long, Quantity: 5000, Leverage: 25, Hold: time.Minute},
			{At: noon.Add(time.Hour), Side: Long, Quantity: 1, Leverage: 2},
		},
	}
	got, err := b.Run([]Candle{calm, spike})
	require.NoError(t, err)
	require.Equal(t, 2, got.Liquidations, "the low takes the long, the high the short")
	require.Equal(t, 3, got.Positions, "closed in time, and never opened")
	require.Equal(t, 2, got.LiquidationsWithout)
	_, err = b.Run(nil)
	require.Error(t, err)
}

func TestBacktest_BalanceEnds(t *testing.T) {
	t.Parallel()
	b := Backtest{
		Config: Config{Mode: Global, Threshold: 10, AddPercent: 20}, Reading: Remaining,
		Caps:     Caps{PositionDaySats: -1, BalanceShare: 1, MinAddSats: 100},
		Openings: []Opening{{Side: Long, Quantity: 5000, Price: 95000, Margin: 210526}}, Balance: 50000,
	}
	got, err := b.Run(line(slope, 281))
	require.NoError(t, err)
	require.Equal(t, int64(50000), got.AddedSats)
	require.Equal(t, int64(50000), got.LostAnyway)
	require.Positive(t, got.Short)
}

// TestBacktest_CapsSlide: the caps of a day are those of any 24 hours here, too.
func TestBacktest_CapsSlide(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 8, 12, 21, 30, 0, 0, time.UTC)
	price := func(hour int) float64 {
		switch {
		case hour == 0:
			return 91700
		case hour < 2:
			return 91000
		}
		return 90800
	}
	var candles []Candle
	for h := range 27 {
		x := price(h)
		candles = append(candles, Candle{At: began.Add(time.Duration(h) * time.Hour), Open: x, High: x, Low: x, Close: x})
	}
	for name, caps := range map[string]Caps{
		"user":     {PositionDaySats: -1, UserDaySats: 50_000, BalanceShare: 1, MinAddSats: 100},
		"position": {PositionDaySats: 50_000, BalanceShare: 1, MinAddSats: 100},
	} {
		got, err := Backtest{
			Config: Config{Mode: Global, Threshold: 10, AddPercent: 20}, Reading: Remaining, Caps: caps, Balance: NoCap,
			Openings: []Opening{{Side: Long, Quantity: 5000, Price: 95000, Margin: 210526}},
		}.Run(candles)
		require.NoError(t, err)
		sats, hours := []int64{}, []int{}
		for _, a := range got.Outcomes[0].Additions {
			sats, hours = append(sats, a.Sats), append(hours, int(a.At.Sub(began)/time.Hour))
		}
		require.Equal(t, []int64{42105, 7895, 42105}, sats, name)
		require.Equal(t, []int{0, 1, 25}, hours, "%s: 24 hours after it the first addition still counts", name)
	}
}
