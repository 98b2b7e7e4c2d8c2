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

// Bars are the results by the shortest period of which there are at most so many, and that period.
func (c *Curve) Bars(most int) ([]Bar, string) {
	bars, unit := c.days, ByDay
	for _, longer := range []string{ByWeek, ByMonth, ByYear} {
		if len(bars) <= most {
			break
		}
		unit = longer
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
		bars = sums
	}
	return bars, unit
}
