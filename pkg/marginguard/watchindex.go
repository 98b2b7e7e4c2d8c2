package marginguard

import "time"

// IndexEntry is a position with the market price at which it must be looked at: a
// long when the price has fallen to it, a short when it has risen to it.
type IndexEntry struct {
	TradeID string
	Side    Side
	Trigger float64
}

// IndexEntries is what an index of trigger prices has to know of a user's positions.
// It says when to look and never what to do.
func IndexEntries(c Config, r Reading, positions []Position) []IndexEntry {
	var out []IndexEntry
	for _, p := range positions {
		w := c.ruleFor(p.ID)
		if !w.selected || w.problem != "" || p.problem() != "" {
			continue
		}
		if p, _ = p.believed(); !p.hasLiquidation() {
			continue
		}
		if trigger := r.Trigger(p, w.threshold); finite(trigger) && trigger > 0 {
			out = append(out, IndexEntry{TradeID: p.ID, Side: p.Side, Trigger: trigger})
		}
	}
	return out
}

// Extremes are the lowest and the highest price at which the exchange would
// judge a position of any size now.
func (m Market) Extremes() (low, high float64) {
	low, high = m.LastPrice, m.LastPrice
	for _, level := range m.Levels {
		if level.Bid > 0 {
			low = min(low, level.Bid)
		}
		if level.Ask > 0 {
			high = max(high, level.Ask)
		}
	}
	return low, high
}

// fundingPeriod, counted from midnight UTC, is how often funding moves margins, and with them
// the liquidation prices of positions that nobody touched.
const fundingPeriod = 8 * time.Hour

// LastFunding is the last settlement of funding up to now.
func LastFunding(now time.Time) time.Time { return now.UTC().Truncate(fundingPeriod) }
