package marginguard

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDecide_Properties draws random portfolios in the danger zone and checks
// what must hold for every one of them.
func TestDecide_Properties(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 11))
	var adds int
	for range 20_000 {
		in := randomInput(rng)
		var total int64
		for _, v := range Decide(in) {
			if v.Decision != Add {
				require.Zero(t, v.Amount)
				continue
			}
			adds++
			total += v.Amount
			require.GreaterOrEqual(t, v.Amount, in.Caps.MinAddSats)
			require.LessOrEqual(t, v.Amount, share(v.MarginBefore, v.AddPercent))
			require.GreaterOrEqual(t, v.LeverageAfter, 1.0)
			require.Equal(t, v.MarginBefore+v.Amount, v.MarginAfter)
			if v.LiquidationAfter > 0 {
				if v.Side == Long {
					require.LessOrEqual(t, v.LiquidationAfter, v.Liquidation)
				} else {
					require.GreaterOrEqual(t, v.LiquidationAfter, v.Liquidation)
				}
			}
			cap := in.Caps.PositionDaySats
			if cap > 0 {
				require.LessOrEqual(t, v.Amount+in.Spent.PositionDay[v.TradeID], cap)
			} else {
				require.LessOrEqual(t, v.Amount+in.Spent.PositionDay[v.TradeID], v.MarginBefore)
			}
		}
		require.LessOrEqual(t, total, in.RunLeft)
		require.LessOrEqual(t, total, in.Funds.Budget)
		if in.Caps.UserDaySats > 0 {
			require.LessOrEqual(t, total, max(in.Caps.UserDaySats-in.Spent.UserDay, 0))
		}
	}
	require.Greater(t, adds, 5_000)
}

func randomInput(rng *rand.Rand) Input {
	market := 20_000 + rng.Float64()*150_000
	in := input(market, 1+rng.Float64()*49, rng.Float64()*100)
	in.Reading = Readings()[rng.IntN(3)]
	in.Caps.UserDaySats = rng.Int64N(2) * rng.Int64N(1_000_000)
	in.Caps.PositionDaySats = rng.Int64N(2) * rng.Int64N(1_000_000)
	in.Spent = Spent{UserDay: rng.Int64N(500_000), PositionDay: map[string]int64{}}
	in.RunLeft = NoCap
	if rng.IntN(2) == 0 {
		in.RunLeft = rng.Int64N(1_000_000)
	}
	in.Funds = in.Caps.NewFunds(rng.Int64N(2_000_000))
	for i := range 1 + rng.IntN(4) {
		id := fmt.Sprintf("a%d", i)
		in.Positions = append(in.Positions, randomPosition(rng, id, market))
		in.Spent.PositionDay[id] = rng.Int64N(2) * rng.Int64N(10_000)
	}
	return in
}

// randomPosition is opened at a price from which the market has moved most of
// the way to liquidation.
func randomPosition(rng *rand.Rand, id string, market float64) Position {
	side, quantity, leverage := Long, 1+rng.Int64N(50_000), 1+rng.Float64()*99
	gone := 0.5 + rng.Float64()*0.6
	// For a long liquidation is P·L/(L+1), so entry follows from the share gone.
	factor := 1 - gone/(leverage+1)
	if rng.IntN(2) == 0 {
		side, leverage = Short, 1.2+rng.Float64()*98
		factor = 1 + gone/(leverage-1)
	}
	price := market / factor
	margin := max(int64(satsOf(quantity, price)/leverage), 1)
	return position(id, side, quantity, price, margin, market)
}

func satsOf(quantity int64, price float64) float64 { return 1e8 * float64(quantity) / price }

func TestDecide_IsPure(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 5))
	for range 500 {
		in := randomInput(rng)
		first := Decide(in)
		require.Equal(t, first, Decide(in))
	}
}

func FuzzParseSettings(f *testing.F) {
	f.Add([]byte(`{"a1":{"enabled":true,"threshold":15}}`))
	f.Add([]byte(`{"a1":{"is_active":false,"margin_threshold":15,"add_margin_percentage":40}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		settings, err := ParseSettings(raw)
		if err != nil {
			return
		}
		again, err := ParseSettings(raw)
		require.NoError(t, err)
		require.Equal(t, settings, again)
		for id, s := range settings { // a rule that the guard would follow is a rule that could be set
			if s.Enabled && s.Problem == "" {
				require.NoError(t, s.validate(id))
			}
		}
	})
}
