package tradestats

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func on(d int) time.Time { return time.Date(2026, 1, d, 12, 0, 0, 0, time.UTC) }

// vector is the worked example: (day, sats) from a capital of 1,000,000.
var vector = []struct {
	day int
	pnl float64
}{{1, 12000}, {1, -5000}, {2, 8000}, {4, -15000}, {5, 0}, {6, 20000}, {8, -4000}, {9, -9000}, {11, 6000}, {12, 11000}}

func worked(capital *float64, shift func(int) time.Time) *Accumulator {
	a := New(capital)
	for _, t := range vector {
		a.Add(Trade{At: shift(t.day), PnL: new(t.pnl), Amount: new(-100.0)})
	}
	return a
}

func TestStats_WorkedVector(t *testing.T) {
	t.Parallel()
	a := worked(new(1e6), on)
	s := a.Stats()
	require.EqualValues(t, 10, s.Used)
	require.Equal(t, []int64{5, 4, 1}, []int64{s.Wins, s.Losses, s.Zeros})
	near := func(want float64, got *float64, what string) {
		t.Helper()
		require.NotNil(t, got, what)
		require.InDelta(t, want, *got, 0.00005*math.Max(1, math.Abs(want)/10), what)
	}
	near(24000, s.PnLSum, "net")
	near(100*5.0/9, s.WinRate, "win rate")
	near(1.7273, s.ProfitFactor, "profit factor")
	near(11400, s.AvgWin, "average win")
	near(8250, s.AvgLoss, "average loss")
	near(1.3818, s.Payoff, "payoff")
	near(2400, s.PnLAvg, "expectancy")
	near(15000, s.MaxDrawdown, "drawdown")
	near(1.4778, s.MaxDrawdownPercent, "drawdown percent")
	near(1.6, s.RecoveryFactor, "recovery")
	near(20000, s.Best, "best")
	near(-15000, s.Worst, "worst")
	near(1000, s.Volume, "volume")
	require.EqualValues(t, 2, s.LongestLossStreak)
	require.EqualValues(t, 2, s.LongestWinStreak)
	require.EqualValues(t, 12, s.Days)
	require.EqualValues(t, 6*24*3600, *s.DrawdownSeconds, "from the peak of day 6 to day 12")

	daily := a.returns.closed()
	require.EqualValues(t, 12, daily.n)
	require.InDelta(t, 0.00201695, daily.mean(), 5e-9)
	near(4.1931, daily.sharpe(365), "sharpe")
	near(3.4841, daily.sharpe(252), "sharpe of 252 days")
	near(7.5541, daily.sortino(), "sortino")
	require.Nil(t, s.Sharpe)
	require.Equal(t, "fewer than 30 days", s.NotComputable["sharpe"])
	require.Equal(t, "fewer than 30 days", s.NotComputable["calmar"])

	// Ten times as long, the yearly ratios are given.
	s = worked(new(1e6), func(d int) time.Time { return on(1).AddDate(0, 0, 10*(d-1)) }).Stats()
	require.NotNil(t, s.Sharpe)
	require.NotNil(t, s.Sortino)
	near((math.Pow(1.024, 365.0/111)-1)/0.0147783, s.Calmar, "calmar")
	require.Equal(t, "needs capital", worked(nil, on).Stats().NotComputable["max_drawdown_percent"])
}

func TestStats_NotComputableIsNeverZero(t *testing.T) {
	t.Parallel()
	s := New(nil).Stats()
	require.Nil(t, s.PnLSum)
	require.Equal(t, "no trades", s.NotComputable["pnl_sum"])

	a := New(new(100.0))
	for _, o := range []Trade{
		{Outcome: Failed, PnL: new(5.0)}, {Outcome: Other}, {Outcome: Done}, {Outcome: Done, PnL: new(math.NaN())}, {Outcome: Done, PnL: new(math.Inf(1))},
	} {
		require.False(t, a.Add(o))
	}
	s = a.Stats()
	require.EqualValues(t, 5, s.Count)
	require.Zero(t, s.Used)
	require.Equal(t, map[string]int64{"failed": 1, "not_final": 1, "no_pnl": 1, "not_a_number": 2}, s.Excluded)
	require.Nil(t, s.WinRate)
	require.Contains(t, s.NotComputable["win_rate"], "no finished trade")

	a = New(nil)
	a.Add(Trade{At: on(1), PnL: new(0.0)})
	s = a.Stats()
	require.InDelta(t, 0, *s.PnLSum, 0)
	require.Equal(t, "neither wins nor losses", s.NotComputable["win_rate"])
	require.Equal(t, "no drawdown", s.NotComputable["recovery_factor"])
	a.Add(Trade{At: on(2), PnL: new(7.0)})
	require.Equal(t, "no losses: infinite", a.Stats().NotComputable["profit_factor"])
	require.InDelta(t, 100, *a.Stats().WinRate, 0)

	// The first trade may be the valley.
	a = New(new(10.0))
	a.Add(Trade{At: on(1), PnL: new(-15.0)})
	a.Add(Trade{At: on(2), PnL: new(1.0)})
	require.InDelta(t, 15, *a.Stats().MaxDrawdown, 0)
	require.Equal(t, "the capital was used up", a.Stats().NotComputable["sharpe"])
}

// The order of addition and the size of the numbers change no digit.
func TestMoney_IsExact(t *testing.T) {
	t.Parallel()
	var m money
	for range 1000 {
		m.add(0.1)
	}
	require.Equal(t, 100.0, m.float())
	m.add(1e300)
	m.add(0.00000001)
	m.add(-1e300)
	require.Equal(t, 100.00000001, m.float())
	m.add(-100.00000001)
	m.add(1.0 / 3)
	require.InDelta(t, 1.0/3, m.float(), 1e-8)
}

func TestMoney_RoundsAsTheExactNumberWould(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		f := (r.Float64() - 0.5) * math.Pow(10, float64(r.IntN(24)-12))
		if r.IntN(2) == 0 { // near the middle of two units
			f = math.Nextafter((math.Round(f*scale)+0.5)/scale, float64(r.IntN(3)-1)*1e9)
		}
		if n, ok := units(f); ok {
			require.Equal(t, bigUnits(f).Int64(), n, "%v", f)
		}
	}
}

func TestMoney_BeyondSixtyFourBits(t *testing.T) {
	t.Parallel()
	var sum, twice, d money
	for range 100 {
		sum.add(2e9) // 2e17 units
		twice.add(4e9)
	}
	require.InDelta(t, 2e11, sum.float(), 0)
	require.Equal(t, -1, sum.cmp(&twice))
	d.difference(&twice, &sum)
	require.Equal(t, 0, d.cmp(&sum))
	d.difference(&sum, &twice)
	require.Equal(t, -1, d.sign())
	for range 100 {
		sum.add(-2e9)
	}
	require.Equal(t, money{}, sum)
	low, high := money{small: math.MinInt64}, money{small: 1}
	d.difference(&high, &low)
	require.Equal(t, "9223372036854775809", d.whole().String())
}

func TestPeriod(t *testing.T) {
	t.Parallel()
	at := time.Date(2027, 1, 1, 1, 0, 0, 0, time.FixedZone("", 3*3600))
	require.Equal(t, "2026-12-31", Period(ByDay, at))
	require.Equal(t, "2026-W53", Period(ByWeek, at))
	require.Equal(t, "2026-12", Period(ByMonth, at))
	require.Equal(t, "2026", Period(ByYear, at))
}

func TestCurve_KeepsExtremes(t *testing.T) {
	t.Parallel()
	c := NewCurve(500, 1000)
	for i := range 100_000 {
		pnl := float64(i%7) - 3
		switch i {
		case 33_333:
			pnl = 1e6
		case 33_334:
			pnl = -1e6
		case 77_777:
			pnl = -2e6
		case 77_778:
			pnl = 2e6
		}
		c.Add(on(1).Add(time.Duration(i)*time.Hour), pnl)
	}
	points := c.Points()
	require.LessOrEqual(t, len(points), 500)
	require.Greater(t, len(points), 100)
	low, high := points[0].Equity, points[0].Equity
	for i, p := range points {
		low, high = min(low, p.Equity), max(high, p.Equity)
		if i > 0 {
			require.False(t, p.At.Before(points[i-1].At))
		}
	}
	require.Greater(t, high, 1e6)
	require.Less(t, low, -1.9e6)
	bars, unit := c.Bars(24)
	require.Equal(t, ByYear, unit)
	total := 0.0
	for _, b := range bars {
		total += b.PnL
	}
	require.InDelta(t, points[len(points)-1].Equity-1000, total, 1e-6)
}

// What no amount of bitcoin can be, and what rounds to nothing, makes no number that is none.
func TestStats_OfHostileValues(t *testing.T) {
	t.Parallel()
	for name, pnls := range map[string][]float64{
		"huge": {1e308, 1e308, -1e308}, "none": {math.NaN(), math.Inf(1)}, "tiny": {1e-9, -1e-9, 1e-9}, "tiny losses": {5, -1e-9},
		"most": {21e14, 21e14, -21e14}, "least capital": {1, -1, 1e-300},
	} {
		for _, capital := range []*float64{nil, new(1e6), new(1e-300)} {
			a := New(capital)
			for i, pnl := range pnls {
				a.Add(Trade{At: time.Date(2026, 1, 1+20*i, 0, 0, 0, 0, time.UTC), PnL: new(pnl), Amount: new(pnl)})
			}
			raw, err := json.Marshal(a.Stats())
			require.NoError(t, err, name)
			require.NotContains(t, string(raw), "NaN")
		}
	}
	a := New(nil)
	require.False(t, a.Add(Trade{At: time.Date(294277, 1, 1, 0, 0, 0, 0, time.UTC), PnL: new(1.0)}))
	require.True(t, a.Add(Trade{At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), PnL: new(1e-9)}))
	s := a.Stats()
	require.Equal(t, map[string]int64{OutOfRange: 1}, s.Excluded)
	require.Equal(t, []int64{0, 0, 1}, []int64{s.Wins, s.Losses, s.Zeros}, "it adds nothing")
	require.Nil(t, s.DrawdownSeconds)
	require.Equal(t, "no drawdown", s.NotComputable["drawdown_seconds"])
}
