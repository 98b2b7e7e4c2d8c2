package marginguard

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// replay walks the falling market 95000 − 25·i, one look a minute, and applies
// every addition to the position as the exchange would.
type replay struct {
	adds       []int
	sats       []int64
	liquidated int
	end        Position
}

func falling(in Input, prices func(i int) float64, looks int) replay {
	out := replay{liquidated: -1}
	p := position("a1", Long, 5000, 95000, 210526, 95000)
	in.Spent = Spent{PositionDay: map[string]int64{}, LastAdd: map[string]time.Time{}}
	for i := range looks {
		x := prices(i)
		if x <= p.Liquidation {
			out.liquidated = i
			break
		}
		now := noon.Add(time.Duration(i) * time.Minute)
		p.PL = p.maths().PLSats(x)
		in.Positions, in.PositionsFetchedAt, in.Now = []Position{p}, now, now
		in.Market = at(x)
		in.Market.ReadAt = now
		v := Decide(in)[0]
		if v.Decision != Add {
			continue
		}
		out.adds, out.sats = append(out.adds, i), append(out.sats, v.Amount)
		p.Margin += v.Amount
		p.Liquidation = v.LiquidationAfter
		in.Spent.PositionDay["a1"] += v.Amount
		in.Spent.UserDay += v.Amount
		in.Spent.LastAdd["a1"] = now
	}
	out.end = p
	return out
}

func slope(i int) float64 { return 95000 - 25*float64(i) }

func dip(i int) float64 {
	if i <= 160 {
		return slope(i)
	}
	return min(91000+25*float64(i-160), 95000)
}

func TestDecide_Paths(t *testing.T) {
	t.Parallel()
	type want struct {
		adds       []int
		sats       []int64
		liquidated int
		margin     int64
		liq        float64
	}
	for name, tc := range map[string]struct {
		reading        Reading
		threshold, add float64
		change         func(*Input)
		prices         func(int) float64
		looks          int
		want           want
	}{
		"remaining": {Remaining, 10, 20, nil, slope, 281, want{
			[]int{132, 157, 187, 222, 262},
			[]int64{42105, 50526, 60631, 72757, 87309},
			-1, 523854, 86400.5,
		}},
		"remaining, day cap": {Remaining, 10, 20, func(in *Input) { in.Caps.PositionDaySats = 60000 }, slope, 281, want{
			nil, []int64{42105, 17895}, 186, 270526, 0,
		}},
		"remaining, user's day cap": {Remaining, 10, 20, func(in *Input) { in.Caps.UserDaySats = 60000 }, slope, 281, want{
			nil, []int64{42105, 17895}, 186, 270526, 0,
		}},
		"remaining, an hour of cool-down": {Remaining, 10, 20, func(in *Input) {
			in.Caps.Cooldown, in.Caps.CooldownEscape = time.Hour, 0
		}, slope, 281, want{[]int{132}, []int64{42105}, 175, 252631, 90649}},
		"travelled": {Travelled, 10, 20, nil, slope, 281, want{}},
		"price 2 %": {Price, 2, 20, nil, slope, 281, want{
			[]int{72, 101, 134, 174, 220, 274},
			[]int64{42105, 50526, 60631, 72757, 87309, 104770},
			-1, 628624, 84864,
		}},
		"price 2 %, ten minutes of cool-down": {Price, 2, 20, func(in *Input) {
			in.Caps.Cooldown, in.Caps.CooldownEscape = 10*time.Minute, 0
		}, slope, 281, want{[]int{72, 101, 134, 174, 220, 274}, nil, -1, 628624, 84864}},
		"price 2 %, an hour of cool-down": {Price, 2, 20, func(in *Input) {
			in.Caps.Cooldown, in.Caps.CooldownEscape = time.Hour, 0
		}, slope, 281, want{nil, []int64{42105, 50526, 60631}, 246, 363788, 0}},
		"price 2 %, day cap": {Price, 2, 20, func(in *Input) { in.Caps.PositionDaySats = 60000 }, slope, 281, want{
			nil, []int64{42105, 17895}, 186, 270526, 0,
		}},
		"price 1 %": {Price, 1, 20, nil, slope, 281, want{
			nil, []int64{42105, 50526, 60631, 72757, 87309}, -1, 523854, 86400.5,
		}},
		"price 2 %, add half": {Price, 2, 50, nil, slope, 281, want{
			nil, []int64{105263, 157894, 236841}, -1, 710524, 83700.5,
		}},
		"price 2 %, dip and back": {Price, 2, 20, nil, dip, 321, want{
			nil, []int64{42105, 50526, 60631}, -1, 363788, 0,
		}},
		"price 2 %, gap": {Price, 2, 20, nil, func(i int) float64 {
			if i < 10 {
				return 95000
			}
			return 91000
		}, 20, want{nil, nil, 10, 210526, 91346}},
		"nobody guards": {Remaining, 10, 20, func(in *Input) { in.Disabled = "test" }, slope, 281, want{
			nil, nil, 147, 210526, 91346,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := input(95000, tc.threshold, tc.add)
			in.Reading = tc.reading
			if tc.change != nil {
				tc.change(&in)
			}
			got := falling(in, tc.prices, tc.looks)
			if tc.reading == Travelled {
				// Without the floor of leverage 1 it would be 24 additions and
				// three times the value of the position.
				require.Len(t, got.adds, 18)
				require.Equal(t, int64(5_263_157), got.end.Margin)
				return
			}
			if tc.want.adds != nil {
				require.Equal(t, tc.want.adds, got.adds)
			}
			if tc.want.sats != nil {
				require.Equal(t, tc.want.sats, got.sats)
			}
			require.Equal(t, tc.want.liquidated, got.liquidated)
			require.Equal(t, tc.want.margin, got.end.Margin)
			if tc.want.liq != 0 {
				require.InDelta(t, tc.want.liq, got.end.Liquidation, 1e-9)
			}
		})
	}
}

// TestDecide_PriceReadingAtEntry counts the additions that the price reading
// makes at an unchanged price: the reason why caps are not optional.
func TestDecide_PriceReadingAtEntry(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		margin    int64
		threshold float64
		adds      int
		sats      int64
	}{
		{40000, 5, 2, 17600},
		{40000, 10, 6, 79438},
		{20000, 5, 6, 39719},
		{20000, 10, 10, 103830},
		{10000, 2, 4, 10736},
		{10000, 5, 10, 51914},
		{10000, 10, 14, 118383},
	} {
		p := position("a1", Long, 1000, 100000, tc.margin, 100000)
		in := input(100000, tc.threshold, 20, p)
		in.Reading = Price
		var adds int
		var sats int64
		for {
			v := Decide(in)[0]
			if v.Decision != Add {
				break
			}
			adds, sats = adds+1, sats+v.Amount
			in.Positions[0].Margin, in.Positions[0].Liquidation = v.MarginAfter, v.LiquidationAfter
		}
		require.Equal(t, tc.adds, adds)
		require.Equal(t, tc.sats, sats)
	}
}
