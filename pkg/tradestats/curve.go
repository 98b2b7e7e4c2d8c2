package tradestats

import (
	"cmp"
	"slices"
	"time"
)

// Point is the money after a trade.
type Point struct {
	At     time.Time
	Equity float64
}

// Bar is the result of a period.
type Bar struct {
	Period string
	PnL    float64
}

// Curve collects the line of the money over time in bounded memory: when it has too many points it puts neighbours
// together and keeps the extremes of each, so no peak and no valley is lost.
type Curve struct {
	most    int
	per     int // trades in a full bucket
	equity  money
	buckets []bucket
	days    []Bar
	day     int64
	sum     money
}

type bucket struct {
	n                     int
	first, low, high, end Point
}

// NewCurve makes a curve of at most so many points (at least 8), which begins with capital.
func NewCurve(most int, capital float64) *Curve {
	c := &Curve{most: max(most, 8) / 4, per: 1}
	c.equity.add(capital)
	return c
}

// Add takes the next trade that counts.
func (c *Curve) Add(at time.Time, pnl float64) {
	c.equity.add(pnl)
	p := Point{at, c.equity.float()}
	if last := len(c.buckets) - 1; last >= 0 && c.buckets[last].n < c.per {
		c.buckets[last].take(bucket{1, p, p, p, p})
	} else {
		c.buckets = append(c.buckets, bucket{1, p, p, p, p})
	}
	if len(c.buckets) > c.most {
		c.halve()
	}
	if d := day(at); len(c.days) == 0 || d != c.day {
		c.day, c.sum = d, money{}
		c.days = append(c.days, Bar{Period: Period(ByDay, at)})
	}
	c.sum.add(pnl)
	c.days[len(c.days)-1].PnL = c.sum.float()
}

func (b *bucket) take(o bucket) {
	b.n += o.n
	if o.low.Equity < b.low.Equity {
		b.low = o.low
	}
	if o.high.Equity > b.high.Equity {
		b.high = o.high
	}
	b.end = o.end
}

func (c *Curve) halve() {
	kept := c.buckets[:0]
	for i := 0; i < len(c.buckets); i += 2 {
		b := c.buckets[i]
		if i+1 < len(c.buckets) {
			b.take(c.buckets[i+1])
		}
		kept = append(kept, b)
	}
	c.buckets, c.per = kept, 2*c.per
}

// Points are the points of the line in order.
func (c *Curve) Points() []Point {
	var out []Point
	for _, b := range c.buckets {
		four := []Point{b.first, b.low, b.high, b.end}
		slices.SortStableFunc(four[1:3], func(x, y Point) int { return x.At.Compare(y.At) })
		for _, p := range four {
			if len(out) == 0 || out[len(out)-1] != p {
				out = append(out, p)
			}
		}
	}
	return out
}

// Days are the results of the days on which there were trades.
func (c *Curve) Days() []Bar { return slices.Clone(c.days) }

// Bars are the results by the shortest period of which at most so many lie between the first day and the last, and that
// period. Periods without a trade are left out.
func (c *Curve) Bars(most int) ([]Bar, string) {
	if len(c.days) == 0 {
		return nil, ByDay
	}
	unit := ByYear
	for _, by := range []string{ByDay, ByWeek, ByMonth} {
		if n := Periods(by, c.days[0].Period, c.days[len(c.days)-1].Period, most+1); len(n) <= most {
			unit = by
			break
		}
	}
	if unit == ByDay {
		return c.Days(), unit
	}
	var sums []Bar
	var sum money
	for _, d := range c.days {
		at, err := time.Parse(time.DateOnly, d.Period)
		if err != nil { // made above
			continue
		}
		if name := Period(unit, at); len(sums) == 0 || cmp.Compare(sums[len(sums)-1].Period, name) != 0 {
			sum = money{}
			sums = append(sums, Bar{Period: name})
		}
		sum.add(d.PnL)
		sums[len(sums)-1].PnL = sum.float()
	}
	return sums, unit
}

// Periods are the names of all periods from the one of a day to the one of another, at most so many.
func Periods(by, first, last string, most int) []string {
	at, err := time.Parse(time.DateOnly, first)
	end, err2 := time.Parse(time.DateOnly, last)
	if err != nil || err2 != nil {
		return nil
	}
	var out []string
	for end := Period(by, end); len(out) < most; {
		name := Period(by, at)
		out = append(out, name)
		if name >= end {
			break
		}
		switch by {
		case ByDay:
			at = at.AddDate(0, 0, 1)
		case ByWeek:
			at = at.AddDate(0, 0, 7)
		case ByMonth:
			at = time.Date(at.Year(), at.Month()+1, 1, 0, 0, 0, 0, time.UTC)
		default:
			at = time.Date(at.Year()+1, 1, 1, 0, 0, 0, 0, time.UTC)
		}
	}
	return out
}
