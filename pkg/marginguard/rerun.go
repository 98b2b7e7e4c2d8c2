package marginguard

import (
	"math"
	"sort"
	"time"
)

// rerun is a backtest under way.
type rerun struct {
	b           Backtest
	candles     []Candle
	lows, highs extremes
	state       []*replayed
	// due are, for each candle, the positions that something may happen to in it.
	due     [][]int32
	spent   ledger
	balance int64
	report  Report
}

func newRerun(b Backtest, candles []Candle) *rerun {
	run := &rerun{
		b: b, candles: candles, balance: b.Balance, due: make([][]int32, len(candles)),
		spent: ledger{Spent: Spent{LastAdd: map[string]time.Time{}, PositionDay: map[string]int64{}}},
	}
	lows, highs := make([]float64, len(candles)), make([]float64, len(candles))
	for k, c := range candles {
		m := c.market()
		// What priceFor makes of the candle, for either side; highs are negated,
		// so that both are searched for what is small.
		lows[k], highs[k] = m.priceFor(Position{Side: Long, Quantity: 1}), -m.priceFor(Position{Side: Short, Quantity: 1})
	}
	run.lows, run.highs = newExtremes(lows), newExtremes(highs)
	for n, o := range b.Openings {
		run.state = append(run.state, &replayed{out: Outcome{Opening: o}})
		run.wake(run.first(o.At), n)
	}
	return run
}

// first is the first candle not before a moment; len(candles) when there is none.
func (run *rerun) first(at time.Time) int {
	return sort.Search(len(run.candles), func(k int) bool { return !run.candles[k].At.Before(at) })
}

func (run *rerun) wake(k, n int) {
	if k < len(run.due) {
		run.due[k] = append(run.due[k], int32(n))
	}
}

// look is one look at the positions that are due in a candle. Those that are not
// are out of danger: they would get nothing and take nothing from the others.
func (run *rerun) look(k int) {
	c := run.candles[k]
	market := c.market()
	run.spent.forget(c.At.Add(-CapWindow))
	var live []Position
	index := map[string]*replayed{}
	for _, n := range run.due[k] {
		r := run.state[n]
		if !r.step(c, market, int(n)) {
			continue
		}
		r.p.PL = r.p.maths().PLSats(c.Close)
		live = append(live, r.p)
		index[r.p.ID] = r
	}
	if len(live) > 0 {
		run.decide(c, market, live, index)
	}
	for _, n := range run.due[k] {
		run.wake(run.next(k, run.state[n]), int(n))
	}
}

func (run *rerun) decide(c Candle, market Market, live []Position, index map[string]*replayed) {
	funds := Unread()
	if run.balance != NoCap {
		funds = run.b.Caps.NewFunds(run.balance)
	}
	verdicts := Decide(Input{
		Config: run.b.Config, Reading: run.b.Reading, Positions: live, PositionsFetchedAt: c.At, Market: market, Funds: funds,
		Caps: run.b.Caps, Spent: run.spent.Spent, RunLeft: NoCap, Now: c.At,
	})
	for _, v := range verdicts {
		if v.Decision != Add {
			if v.Triggered {
				run.report.Short++
			}
			continue
		}
		r := index[v.TradeID]
		r.add(v, c.At)
		run.spent.book(v.TradeID, v.Amount, c.At)
		run.balance = spend(run.balance, v.Amount)
		left := run.candles[len(run.candles)-1].At
		if o := r.out.Opening; o.Hold > 0 {
			left = minTime(left, o.At.Add(o.Hold))
		}
		run.report.SatDays += float64(v.Amount) * left.Sub(c.At).Hours() / 24
	}
}

// next is the next candle after k in which something may happen to a position:
// its price reaches the trigger or a liquidation, or its time is over.
func (run *rerun) next(k int, r *replayed) int {
	if !r.out.ClosedAt.IsZero() {
		return len(run.candles)
	}
	at := len(run.candles)
	if o := r.out.Opening; o.Hold > 0 {
		at = max(run.first(o.At.Add(o.Hold)), k+1)
	}
	limit := run.threshold(r)
	if r.p.Side == Short {
		return min(at, run.highs.next(k+1, -limit))
	}
	return min(at, run.lows.next(k+1, limit))
}

// threshold is the price, for a long from above and for a short from below, short
// of which nothing happens to a position. It is a little early, because a look too
// many changes nothing.
func (run *rerun) threshold(r *replayed) float64 {
	sign := 1.0
	if r.p.Side == Short {
		sign = -1
	}
	limit := math.Inf(-1)
	reach := func(price float64) {
		if !finite(price) {
			limit = math.Inf(1)
			return
		}
		limit = max(limit, sign*price+1e-6*math.Abs(price))
	}
	if r.out.WithoutAt.IsZero() && (Position{Liquidation: r.bare}).hasLiquidation() {
		reach(r.bare)
	}
	if p, _ := r.p.believed(); r.alive && p.hasLiquidation() {
		reach(p.Liquidation)
		if rule := run.b.Config.ruleFor(p.ID); rule.selected {
			reach(run.b.Reading.Trigger(p, rule.threshold))
		}
	}
	return sign * limit
}

// extremes finds the next small value of a series in logarithmic time: level n
// holds the minima of blocks of 2^n values.
type extremes [][]float64

func newExtremes(values []float64) extremes {
	e := extremes{values}
	for below := values; len(below) > 1; {
		level := make([]float64, (len(below)+1)/2)
		for i := range level {
			level[i] = below[2*i]
			if 2*i+1 < len(below) {
				level[i] = min(level[i], below[2*i+1])
			}
		}
		e, below = append(e, level), level
	}
	return e
}

// next is the first index from at on whose value is not above limit; the number of
// values when there is none.
func (e extremes) next(at int, limit float64) int {
	level := 0
	for at < len(e[level]) {
		switch {
		case e[level][at] <= limit:
			if level == 0 {
				return at
			}
			level, at = level-1, 2*at
		case at%2 == 1 && level+1 < len(e):
			level, at = level+1, at/2+1
		default:
			at++
		}
	}
	// The end of a level that is not the lowest is the end of the values.
	return len(e[0])
}
