package store

import (
	"context"
	"time"
)

// SliceWorth is the size from which on a table is read in slices.
const SliceWorth = sliceWorth

// TradeCuts are the instants at which a scan is cut.
func (d *DB) TradeCuts(ctx context.Context, f TradeFilter) ([]time.Time, error) {
	return d.tradeCuts(ctx, f)
}

// SerialOutcomes reads on one connection and sorts at most so many rows of an instant itself.
func (d *DB) SerialOutcomes(ctx context.Context, f TradeFilter, most int, fn func(at time.Time, id, label string, known bool)) error {
	s := newOutcomeScan(d, f, LabelAction)
	s.most = most
	return d.withConn(ctx, func(c *Conn) error {
		return s.run(ctx, c, func(o *outcome) error {
			fn(instant(o.at), string(o.id), o.label, o.parts&hasPnL != 0)
			return nil
		})
	})
}

// Busy is how many connections are in use.
func (d *DB) Busy() int { return len(d.slots) }
