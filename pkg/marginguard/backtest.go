package marginguard

import (
	"errors"
	"math"
	"time"

	"github.com/axisor/axisor/pkg/lnmarkets/futures"
)

// Candle is the market in one step of a price history.
type Candle struct {
	At                     time.Time
	Open, High, Low, Close float64
}

// Opening is a position that a replay opens at the first candle not before At.
type Opening struct {
	At       time.Time
	Side     Side
	Quantity int64
	// Price is the entry; zero means the opening price of the candle.
	Price float64
	// Margin is in sats; zero means what Leverage needs.
	Margin   int64
	Leverage float64
	// Hold is how long it is kept; zero means to the end of the prices.
	Hold time.Duration
}

// Backtest is a configuration and what it is to be tried on.
type Backtest struct {
	Config   Config
	Reading  Reading
	Caps     Caps
	Openings []Opening
	// Balance is the free balance at the start; NoCap for one that never ends.
	Balance int64
}

// Addition is one addition of a replay.
type Addition struct {
	At    time.Time
	Price float64
	Sats  int64
}

// Outcome is what became of one position.
type Outcome struct {
	Opening Opening
	Entry   float64
	Margin  int64 // at opening
	// Adds and AddedSats are what the guard did.
	Adds      int
	AddedSats int64
	Additions []Addition
	// LiquidatedAt is zero for a position that survived with the guard;
	// WithoutAt the same without it.
	LiquidatedAt, WithoutAt time.Time
	ClosedAt                time.Time
}

// Report is what a configuration would have done. One figure alone says
// nothing: a guard that avoids every liquidation may cost more than they do.
type Report struct {
	Positions           int
	LiquidationsWithout int
	Liquidations        int
	// Avoided are the positions that only the guard kept alive.
	Avoided   int
	Adds      int
	AddedSats int64
	// LostAnyway are the sats added to positions that were liquidated after all.
	LostAnyway int64
	// Idle are the sats added to positions that would have survived without.
	Idle int64
	// SatDays is how long the added sats were bound, in sats times days.
	SatDays float64
	// Short counts the looks at which a position in danger got nothing.
	Short    int
	Outcomes []Outcome
}

type replayed struct {
	out   Outcome
	p     Position
	bare  float64 // liquidation price without the guard
	alive bool
	open  bool
}

// Run replays the candles, one look at each. A long meets the low of a candle
// and a short its high, before the guard may act: the order inside a candle is
// not known, so the worse one is assumed. Funding is left out.
//
// Between two additions nothing of a position changes, so it is looked at only in
// the candles that reach its trigger or its liquidation, and passed over in the
// others, where nothing would be decided.
func (b Backtest) Run(candles []Candle) (Report, error) {
	if len(candles) == 0 {
		return Report{}, errors.New("there are no prices")
	}
	run := newRerun(b, candles)
	for k := range candles {
		if len(run.due[k]) > 0 {
			run.look(k)
			run.due[k] = nil
		}
	}
	for _, r := range run.state {
		if r.open {
			run.report.count(r.out)
		}
	}
	return run.report, nil
}

// ledger is what a replay has spent in the last CapWindow, and when.
type ledger struct {
	Spent
	entries []entry // by time
}

type entry struct {
	tradeID string
	sats    int64
	at      time.Time
}

// book adds an addition, which must not be older than the ones before.
func (l *ledger) book(tradeID string, sats int64, at time.Time) {
	l.Spent.book(tradeID, sats, at)
	l.entries = append(l.entries, entry{tradeID, sats, at})
}

// forget drops what was spent before a moment.
func (l *ledger) forget(before time.Time) {
	n := 0
	for ; n < len(l.entries) && l.entries[n].at.Before(before); n++ {
		l.UserDay -= l.entries[n].sats
		l.PositionDay[l.entries[n].tradeID] -= l.entries[n].sats
	}
	l.entries = l.entries[n:]
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// step opens, liquidates or closes the position, and reports whether it runs on.
func (r *replayed) step(c Candle, market Market, n int) bool {
	o := &r.out.Opening
	if !r.open {
		if c.At.Before(o.At) {
			return false
		}
		r.begin(c, n)
	}
	if r.out.ClosedAt.IsZero() && o.Hold > 0 && !c.At.Before(o.At.Add(o.Hold)) {
		r.out.ClosedAt, r.alive = c.At, false
	}
	if !r.out.ClosedAt.IsZero() {
		return false
	}
	x := market.priceFor(r.p)
	bare := r.p
	bare.Liquidation = r.bare
	if r.out.WithoutAt.IsZero() && bare.hasLiquidation() && past(bare, x) {
		r.out.WithoutAt = c.At
	}
	if r.alive && r.p.hasLiquidation() && past(r.p, x) {
		r.alive, r.out.LiquidatedAt = false, c.At
	}
	return r.alive
}

func (r *replayed) begin(c Candle, n int) {
	o := &r.out.Opening
	r.open, r.alive, o.At = true, true, c.At
	r.out.Entry = o.Price
	if r.out.Entry == 0 {
		r.out.Entry = c.Open
	}
	r.out.Margin = o.Margin
	if r.out.Margin == 0 {
		r.out.Margin = futures.MarginFor(o.Quantity, r.out.Entry, math.Max(o.Leverage, 1))
	}
	r.p = Position{
		ID: replayID(n), Side: o.Side, Quantity: o.Quantity, Price: r.out.Entry, Margin: r.out.Margin, EntryMargin: r.out.Margin,
	}
	r.p.Liquidation, _ = r.p.maths().Liquidation()
	r.bare = r.p.Liquidation
}

// replayID is a trade id of the shape that configurations know.
func replayID(n int) string {
	const digits = "0123456789abcdef"
	id := []byte("00000000-0000-4000-8000-000000000000")
	for at := len(id) - 1; n > 0; n >>= 4 {
		id[at] = digits[n&15]
		at--
	}
	return string(id)
}

func (r *replayed) add(v Verdict, at time.Time) {
	r.out.Additions = append(r.out.Additions, Addition{At: at, Price: v.Price, Sats: v.Amount})
	r.out.Adds++
	r.out.AddedSats += v.Amount
	r.p.Margin, r.p.Liquidation = v.MarginAfter, v.LiquidationAfter
}

func (c Candle) market() Market {
	return Market{
		LastPrice: c.Close, ReadAt: c.At,
		Levels: []Level{{MaxSize: math.MaxFloat64, Bid: c.Low, Ask: c.High}},
	}
}

func (r *Report) count(o Outcome) {
	r.Positions++
	r.Outcomes = append(r.Outcomes, o)
	r.Adds += o.Adds
	r.AddedSats += o.AddedSats
	with, without := !o.LiquidatedAt.IsZero(), !o.WithoutAt.IsZero()
	if without {
		r.LiquidationsWithout++
	}
	switch {
	case with:
		r.Liquidations++
		r.LostAnyway += o.AddedSats
	case without:
		r.Avoided++
	default:
		r.Idle += o.AddedSats
	}
}
