package marginguard

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 8, 12, 12, 0, 0, 0, time.UTC)

// at is a market whose only price is x.
func at(x float64) Market { return Market{LastPrice: x, Index: x, ReadAt: noon} }

// position builds a running trade whose numbers agree with the market.
func position(id string, side Side, quantity int64, price float64, margin int64, market float64) Position {
	p := Position{ID: id, Side: side, Quantity: quantity, Price: price, Margin: margin, EntryMargin: margin}
	p.Liquidation, _ = p.maths().Liquidation()
	p.Leverage = p.maths().Leverage()
	p.PL = p.maths().PLSats(market)
	return p
}

func input(x, threshold, add float64, positions ...Position) Input {
	return Input{
		Config:    Config{Mode: Global, Threshold: threshold, AddPercent: add},
		Reading:   Remaining,
		Positions: positions, PositionsFetchedAt: noon,
		Market: at(x), Funds: Unread(), RunLeft: NoCap, Now: noon,
		Caps: Caps{PositionDaySats: -1, BalanceShare: 0.5, MinAddSats: 100, CooldownEscape: 0.5},
	}
}

func TestDecide_Vectors(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name                     string
		side                     Side
		quantity, margin         int64
		price, market            float64
		liq, trigger, distance   float64
		add, after               int64
		liqAfter, distanceAfter  float64
		leverageBefore, levAfter float64
	}{
		{
			"long 25x", Long, 5000, 210526, 95000, 91700, 91346, 91711.4, 9.688,
			42105, 252631, 90649, 24.155, 25, 20.833,
		},
		{
			"short 25x", Short, 5000, 210526, 95000, 98600, 98958.5, 98562.65, 9.057,
			42105, 252631, 99790, 24.843, 25, 20.833,
		},
		{
			"long 100x exactly at the trigger", Long, 1000, 10000, 100000, 99109, 99010, 99109, 10,
			2000, 12000, 98814, 24.874, 100, 83.333,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := position("a1", tc.side, tc.quantity, tc.price, tc.margin, tc.market)
			v := Decide(input(tc.market, 10, 20, p))[0]
			require.Equal(t, Add, v.Decision, v.Reason)
			require.True(t, v.Triggered)
			require.InDelta(t, tc.liq, v.Liquidation, 1e-9)
			require.InDelta(t, tc.trigger, v.Trigger, 1e-6)
			require.InDelta(t, tc.distance, v.Distance, 1e-3)
			require.Equal(t, tc.add, v.Amount)
			require.Equal(t, tc.after, v.MarginAfter)
			require.InDelta(t, tc.liqAfter, v.LiquidationAfter, 1e-9)
			require.InDelta(t, tc.distanceAfter, v.DistanceAfter, 5e-4)
			require.InDelta(t, tc.leverageBefore, v.LeverageBefore, 1e-3)
			require.InDelta(t, tc.levAfter, v.LeverageAfter, 1e-3)
		})
	}
}

func TestDecide_Words(t *testing.T) {
	t.Parallel()
	long := func(change func(*Position)) Position {
		p := position("a1", Long, 5000, 95000, 210526, 91700)
		if change != nil {
			change(&p)
		}
		return p
	}
	for name, tc := range map[string]struct {
		in   func(*Input)
		p    Position
		want Decision
	}{
		"due":                     {nil, long(nil), Add},
		"not near":                {func(in *Input) { in.Config.Threshold = 9 }, long(nil), OK},
		"unit without it":         {func(in *Input) { in.Config.Mode = Unit }, long(nil), NotSelected},
		"unit with it":            {func(in *Input) { in.Config.Mode, in.Config.Positions = Unit, []string{"A1"} }, long(nil), Add},
		"individual without it":   {func(in *Input) { in.Config.Mode = Individual }, long(nil), NotSelected},
		"individual off":          {func(in *Input) { in.individual(Setting{Threshold: 20}) }, long(nil), NotSelected},
		"individual on":           {func(in *Input) { in.individual(Setting{Enabled: true}) }, long(nil), Add},
		"individual other number": {func(in *Input) { in.individual(Setting{Enabled: true, Threshold: 9}) }, long(nil), OK},
		"switched off":            {func(in *Input) { in.Disabled = "maintenance" }, long(nil), Disabled},
		"at liquidation":          {func(in *Input) { in.Market = at(91346) }, long(nil), PastLiquidation},
		"beyond liquidation":      {func(in *Input) { in.Market = at(90000) }, long(nil), PastLiquidation},
		"no liquidation told":     {nil, long(func(p *Position) { p.Liquidation = 0 }), Add},
		"capped liquidation":      {nil, long(func(p *Position) { p.Side, p.Liquidation = Short, 1e8 }), OK},
		"liquidation above entry": {nil, long(func(p *Position) { p.Liquidation = 96000 }), Add},
		"short at 1x":             {nil, position("a1", Short, 5000, 95000, 5_263_158, 91700), NoLiquidation},
		"margin that must stay":   {nil, long(func(p *Position) { p.Reserve = p.Margin }), BadData},
		"no quantity":             {nil, long(func(p *Position) { p.Quantity = 0 }), BadData},
		"no margin":               {nil, long(func(p *Position) { p.Margin = 0 }), BadData},
		"no side":                 {nil, long(func(p *Position) { p.Side = "b" }), BadData},
		"open intent":             {func(in *Input) { in.Frozen = map[string]string{"a1": "open"} }, long(nil), Frozen},
		"old price":               {func(in *Input) { in.Market.ReadAt = noon.Add(-11 * time.Second) }, long(nil), Stale},
		"old positions":           {func(in *Input) { in.PositionsFetchedAt = noon.Add(-16 * time.Second) }, long(nil), Stale},
		"profit of another price": {nil, long(func(p *Position) { p.PL = 0 }), PriceMismatch},
		"empty balance":           {func(in *Input) { in.Funds = in.Caps.NewFunds(0) }, long(nil), InsufficientBalance},
		"half of little":          {func(in *Input) { in.Funds = in.Caps.NewFunds(199) }, long(nil), InsufficientBalance},
		"run spent":               {func(in *Input) { in.RunLeft = 0 }, long(nil), Capped},
		"user's day spent":        {func(in *Input) { in.Caps.UserDaySats, in.Spent.UserDay = 1000, 1000 }, long(nil), Capped},
		"position's day spent": {func(in *Input) {
			in.Caps.PositionDaySats, in.Spent.PositionDay = 0, map[string]int64{"a1": 210526}
		}, long(nil), Capped},
		"small share": {func(in *Input) { in.Config.AddPercent = 0.01 }, long(nil), BelowMinimum},
		"cooling down": {func(in *Input) {
			in.Caps.Cooldown, in.Spent.LastAdd = time.Minute, map[string]time.Time{"a1": noon.Add(-59 * time.Second)}
		}, long(nil), Cooldown},
		"cooled down": {func(in *Input) {
			in.Caps.Cooldown, in.Spent.LastAdd = time.Minute, map[string]time.Time{"a1": noon.Add(-time.Minute)}
		}, long(nil), Add},
		"too urgent to cool down": {func(in *Input) {
			in.Config.Threshold = 20
			in.Caps.Cooldown, in.Spent.LastAdd = time.Minute, map[string]time.Time{"a1": noon}
		}, long(nil), Add},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := input(91700, 10, 20, tc.p)
			if tc.in != nil {
				tc.in(&in)
			}
			v := Decide(in)[0]
			require.Equal(t, tc.want, v.Decision, v.Reason)
			require.NotEmpty(t, v.Reason)
			if tc.want != Add {
				require.Zero(t, v.Amount)
				require.Equal(t, v.MarginBefore, v.MarginAfter)
			}
		})
	}
}

func (in *Input) individual(s Setting) {
	in.Config.Mode, in.Config.Settings = Individual, map[string]Setting{"a1": s}
}

func TestDecide_LeverageFloor(t *testing.T) {
	t.Parallel()
	// At leverage 1.0001 there is room for 505 sats, at 1 for none.
	p := position("a1", Long, 5000, 95000, 5_262_652, 47700)
	v := Decide(input(47700, 10, 20, p))[0]
	require.Equal(t, Add, v.Decision, v.Reason)
	require.Equal(t, int64(505), v.Amount)
	require.Equal(t, LimitLeverage, v.LimitedBy)
	require.GreaterOrEqual(t, v.LeverageAfter, 1.0)

	p = position("a1", Long, 5000, 95000, 5_263_157, 47700)
	require.Equal(t, MaxLeverageFloor, Decide(input(47700, 10, 20, p))[0].Decision)
}

func TestDecide_NearestFirst(t *testing.T) {
	t.Parallel()
	near := position("b2", Long, 5000, 95000, 210526, 91500)
	far := position("a1", Long, 5000, 95000, 215000, 91500)
	in := input(91500, 30, 20, far, near)
	in.Funds = Funds{Free: 100_000, Budget: 50_000}
	got := Decide(in)
	require.Equal(t, "b2", got[0].TradeID)
	require.Equal(t, int64(42105), got[0].Amount)
	require.Equal(t, int64(7895), got[1].Amount)
	require.Equal(t, LimitBalance, got[1].LimitedBy)
}

func TestMarket_WorsePrice(t *testing.T) {
	t.Parallel()
	m := at(93000)
	m.Levels = []Level{{0, 100, 92995, 93005}, {100, 1000, 92980.5, 93020}, {1000, 5000, 0, 0}}
	for quantity, want := range map[int64][2]float64{
		50: {92995, 93005}, 500: {92980.5, 93020}, 4000: {93000, 93000}, 90000: {93000, 93000},
	} {
		require.InDelta(t, want[0], m.priceFor(Position{Side: Long, Quantity: quantity}), 1e-9)
		require.InDelta(t, want[1], m.priceFor(Position{Side: Short, Quantity: quantity}), 1e-9)
	}
}
