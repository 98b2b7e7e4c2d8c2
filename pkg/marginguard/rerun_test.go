package marginguard

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// everyCandle is the straightforward replay: every position is decided on in every
// candle. What Run leaves out must change nothing of it.
func everyCandle(b Backtest, candles []Candle) (Report, error) {
	if len(candles) == 0 {
		return Report{}, errors.New("there are no prices")
	}
	state := make([]*replayed, 0, len(b.Openings))
	for _, o := range b.Openings {
		state = append(state, &replayed{out: Outcome{Opening: o}})
	}
	spent := ledger{Spent: Spent{LastAdd: map[string]time.Time{}, PositionDay: map[string]int64{}}}
	balance := b.Balance
	var report Report
	for _, c := range candles {
		spent.forget(c.At.Add(-CapWindow))
		var live []Position
		index := map[string]*replayed{}
		for n, r := range state {
			if !r.step(c, c.market(), n) {
				continue
			}
			r.p.PL = r.p.maths().PLSats(c.Close)
			live = append(live, r.p)
			index[r.p.ID] = r
		}
		if len(live) == 0 {
			continue
		}
		funds := Unread()
		if balance != NoCap {
			funds = b.Caps.NewFunds(balance)
		}
		verdicts := Decide(Input{
			Config: b.Config, Reading: b.Reading, Positions: live, PositionsFetchedAt: c.At, Market: c.market(), Funds: funds,
			Caps: b.Caps, Spent: spent.Spent, RunLeft: NoCap, Now: c.At,
		})
		for _, v := range verdicts {
			if v.Decision != Add {
				if v.Triggered {
					report.Short++
				}
				continue
			}
			index[v.TradeID].add(v, c.At)
			spent.book(v.TradeID, v.Amount, c.At)
			balance = spend(balance, v.Amount)
			left := candles[len(candles)-1].At
			if o := index[v.TradeID].out.Opening; o.Hold > 0 {
				left = minTime(left, index[v.TradeID].out.Opening.At.Add(o.Hold))
			}
			report.SatDays += float64(v.Amount) * left.Sub(c.At).Hours() / 24
		}
	}
	for _, r := range state {
		if r.open {
			report.count(r.out)
		}
	}
	return report, nil
}

// walk is a market of minute candles that wanders, with a gap now and then.
func walk(rng *rand.Rand, n int) []Candle {
	out := make([]Candle, n)
	x := 95000.0
	for i := range out {
		open := x
		x *= 1 + 0.0008*rng.NormFloat64()
		if rng.IntN(500) == 0 {
			x *= 1 + 0.02*rng.NormFloat64()
		}
		wick := 1 + 0.0006*math.Abs(rng.NormFloat64())
		out[i] = Candle{
			At: noon.Add(time.Duration(i) * time.Minute), Open: open, Close: x, High: max(open, x) * wick, Low: min(open, x) / wick,
		}
	}
	return out
}

// TestBacktest_PassesOverNothingThatMatters compares with the straightforward
// replay, over readings, caps, balances, pauses and holding times.
func TestBacktest_PassesOverNothingThatMatters(t *testing.T) {
	t.Parallel()
	for seed := range uint64(36) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 7))
			candles := walk(rng, 1500)
			b := Backtest{
				Config:  Config{Mode: Global, Threshold: 1 + 30*rng.Float64(), AddPercent: 1 + 60*rng.Float64()},
				Reading: Readings()[seed%3], Balance: NoCap,
				Caps: Caps{PositionDaySats: []int64{-1, 0, 60_000}[rng.IntN(3)], BalanceShare: 0.5, MinAddSats: 100, CooldownEscape: 0.5},
			}
			switch seed % 4 {
			case 1:
				b.Caps.UserDaySats = 400_000
			case 2:
				b.Balance, b.Caps.Cooldown = 3_000_000, 20*time.Minute
			case 3:
				b.Config.RestoreTo, b.Caps.UserDaySats, b.Balance = 40, 900_000, 5_000_000
			}
			for range 40 {
				o := Opening{
					At: noon.Add(time.Duration(rng.IntN(100_000)-10_000) * time.Second), Side: Long, Quantity: 1 + rng.Int64N(9000),
					Leverage: []float64{1, 2, 10, 25, 50, 100}[rng.IntN(6)],
				}
				if rng.IntN(2) == 0 {
					o.Side = Short
				}
				if rng.IntN(2) == 0 {
					o.Hold = time.Duration(1+rng.IntN(1500)) * time.Minute
				}
				b.Openings = append(b.Openings, o)
			}
			want, err := everyCandle(b, candles)
			require.NoError(t, err)
			got, err := b.Run(candles)
			require.NoError(t, err)
			require.Equal(t, want, got)
			require.Positive(t, got.Adds+got.Short+got.LiquidationsWithout)
		})
	}
}

func TestExtremes_FindTheNextSmallValue(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 1))
	for n := 1; n < 70; n++ {
		values := make([]float64, n)
		for i := range values {
			values[i] = float64(rng.IntN(20))
		}
		e := newExtremes(values)
		for at := range n + 2 {
			for limit := -1.0; limit < 21; limit++ {
				want := n
				for i := n - 1; i >= at; i-- {
					if values[i] <= limit {
						want = i
					}
				}
				require.Equal(t, want, e.next(at, limit), "%v from %d, at most %v", values, at, limit)
			}
		}
	}
}

// TestBacktest_AWeekOfMinutesAndTenThousandPositions takes seconds: the bound leaves room for the race detector and a
// machine with other work, and none for looking at each position in each minute. bench/guard measures it.
func TestBacktest_AWeekOfMinutesAndTenThousandPositions(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a measurement")
	}
	candles := walk(rand.New(rand.NewPCG(11, 4)), 7*24*60)
	b := Backtest{
		Config: Config{Mode: Global, Threshold: 10, AddPercent: 20}, Reading: Remaining, Balance: NoCap,
		Caps: Caps{BalanceShare: 0.5, MinAddSats: 100, Cooldown: time.Minute, CooldownEscape: 0.5},
	}
	for i := range 10_000 {
		b.Openings = append(b.Openings, Opening{At: candles[i/4].At, Side: []Side{Long, Short}[i%2], Quantity: 1000, Leverage: 25})
	}
	began := time.Now()
	got, err := b.Run(candles)
	require.NoError(t, err)
	require.Equal(t, 10_000, got.Positions)
	require.Positive(t, got.Adds)
	require.Less(t, time.Since(began), time.Minute)
}
