package marginguard

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// The words of guarded positions that are not running any more.
const (
	// PositionLiquidated is a position whose margin the exchange took.
	PositionLiquidated Decision = "position_liquidated"
	// PositionClosed is a position that ended in another way.
	PositionClosed Decision = "position_closed"
	// PositionGone is a position of which the exchange does not show how it ended.
	PositionGone Decision = "position_gone"
)

// StatusEnded is a guarded position that is not running any more.
const StatusEnded Status = "ended"

// closedPatience is how long the exchange is asked again how a position ended, when
// it does not answer. Then that the position is gone is told without.
const closedPatience = 5 * time.Minute

// tick is the step of the exchange's prices, in USD per BTC.
const tick = 0.5

// Closing is a position as it was at its end.
type Closing struct {
	Position Position
	// ExitPrice is in USD per BTC, zero when the exchange does not say.
	ExitPrice float64
	ClosedAt  time.Time
}

// Archive is an Exchange that shows positions that ended.
type Archive interface {
	// Closed finds positions among the newest closed ones, by their canonical ids,
	// with one request.
	Closed(ctx context.Context, ids map[string]bool) (map[string]Closing, error)
}

// Ending is a guarded position that is not running any more.
type Ending struct {
	// TradeID is canonical. Side is empty for a position that was never seen.
	TradeID string
	Side    Side
	// Decision is empty while the exchange could not be asked how the position ended.
	Decision Decision
	Reason   string
	// Closing is nil when the exchange does not show the position.
	Closing *Closing
}

// liquidated reports whether a position ended by liquidation: at a price at or
// beyond the liquidation price, or with the loss of the whole margin. The exchange
// has no word of its own for it.
func (c Closing) liquidated() bool {
	p := c.Position
	if p.Margin > 0 && p.PL <= -p.Margin {
		return true
	}
	if c.ExitPrice <= 0 || !p.hasLiquidation() {
		return false
	}
	if p.Side == Short {
		return c.ExitPrice >= p.Liquidation-tick/2
	}
	return c.ExitPrice <= p.Liquidation+tick/2
}

// missing is a guarded position that is not running.
type missing struct {
	id    string
	side  Side
	named bool // known by the configuration alone
}

// glimpse remembers the guarded positions that were just read: one that ends while
// it is looked after was seen by no earlier look.
func (w *userRun) glimpse() {
	if w.seen == nil {
		w.seen = map[string]Side{}
	}
	for _, p := range w.positions {
		if p.ID != "" && p.Unreadable == "" && p.Quantity != 0 && w.t.Config.ruleFor(p.ID).selected {
			w.seen[CanonicalID(p.ID)] = p.Side
		}
	}
}

// missed finds the guarded positions that are not running, each once.
func (w *userRun) missed() (out []missing) {
	listed := map[string]bool{}
	look := func(m missing) {
		m.id = CanonicalID(m.id)
		if listed[m.id] || w.t.Told[m.id] || !w.t.Config.ruleFor(m.id).selected || w.runs(m.id) {
			return
		}
		listed[m.id] = true
		out = append(out, m)
	}
	for _, k := range w.t.Known {
		look(missing{id: k.TradeID, side: k.Side})
	}
	for _, id := range slices.Sorted(maps.Keys(w.seen)) {
		look(missing{id: id, side: w.seen[id]})
	}
	for _, id := range slices.Sorted(maps.Keys(w.t.Lost)) {
		look(missing{id: id})
	}
	for _, id := range w.named() {
		look(missing{id: id, named: true})
	}
	return out
}

// runs reports whether a position is running, or may be: what cannot be read is not
// missing.
func (w *userRun) runs(id string) bool {
	if !IsCross(id) {
		return find(w.positions, id) != nil
	}
	for _, p := range w.positions {
		if IsCross(p.ID) {
			return p.Unreadable != "" || p.Quantity != 0
		}
	}
	return true // it was not asked for
}

// named are the positions that the configuration names. Of a user with several
// accounts nobody knows on which one such a position was.
func (w *userRun) named() (ids []string) {
	if w.t.Accounts > 1 {
		return nil
	}
	cross := map[string]bool{}
	for _, p := range w.positions {
		if IsCross(p.ID) {
			if p.Unreadable != "" {
				return nil // its id may be among those that are named
			}
			cross[CanonicalID(p.ID[len(crossPrefix):])] = true
		}
	}
	c := w.t.Config
	ids = append(ids, c.Positions...)
	for _, id := range sortedKeys(c.Settings) {
		if s := c.Settings[id]; s.Enabled && s.Problem == "" {
			ids = append(ids, id)
		}
	}
	var out []string
	for _, id := range ids {
		if !cross[CanonicalID(id)] {
			out = append(out, id)
		}
	}
	return out
}

// endings finds out how the missing positions ended, with one request at most, and
// reports them.
func (w *userRun) endings(ctx context.Context) []Ending {
	gone := w.missed()
	if len(gone) == 0 {
		return nil
	}
	closed, err := w.closings(ctx, gone)
	out := make([]Ending, 0, len(gone))
	for _, m := range gone {
		e := w.ending(m, closed, err)
		out = append(out, e)
		v := Verdict{
			TradeID: e.TradeID, Side: e.Side, Decision: e.Decision, Reason: e.Reason, Urgency: math.Inf(1),
		}
		if v.Decision == "" {
			v.Decision = PositionGone
		}
		if c := e.Closing; c != nil {
			p := c.Position
			v.Quantity, v.Entry, v.Price = p.Quantity, p.Price, c.ExitPrice
			v.Liquidation, v.LiquidationAfter, v.MarginBefore, v.MarginAfter = p.Liquidation, p.Liquidation, p.Margin, p.Margin
		}
		w.items = append(w.items, w.item(v, StatusEnded))
	}
	return out
}

// closings asks the exchange for the missing isolated positions.
func (w *userRun) closings(ctx context.Context, gone []missing) (map[string]Closing, error) {
	ids := map[string]bool{}
	for _, m := range gone {
		if !IsCross(m.id) {
			ids[m.id] = true
		}
	}
	x, ok := w.x.(Archive)
	if !ok || len(ids) == 0 {
		return nil, nil
	}
	return x.Closed(ctx, ids)
}

func (w *userRun) ending(m missing, closed map[string]Closing, failed error) Ending {
	e := Ending{TradeID: m.id, Side: m.side, Decision: PositionGone}
	what := "the position is not running any more"
	if m.named {
		what = "the configuration names the position, and it is not running"
	}
	c, found := closed[m.id]
	switch {
	case IsCross(m.id):
		e.Reason = "the cross position is flat: closed or liquidated, the exchange does not tell which"
	case found && c.liquidated():
		e.Decision, e.Side, e.Closing = PositionLiquidated, c.Position.Side, &c
		e.Reason = fmt.Sprintf("the position was liquidated%s: its margin of %d sats is lost", endedAt(c), c.Position.Margin)
	case found:
		e.Decision, e.Side, e.Closing = PositionClosed, c.Position.Side, &c
		e.Reason = fmt.Sprintf("the position was closed%s with a result of %+d sats", endedAt(c), c.Position.PL)
	case failed == nil:
		e.Reason = what + ", nor among the newest closed ones"
	default:
		e.Reason = what + ", and how it ended cannot be read: " + failed.Error()
		since, before := w.t.Lost[m.id]
		if !before || w.s.o.Now().Sub(since) < closedPatience {
			e.Decision = ""
		}
	}
	return e
}

// endedAt says at which price, and when, a position ended.
func endedAt(c Closing) string {
	text := ""
	if c.ExitPrice > 0 {
		text = fmt.Sprintf(" at %.1f", c.ExitPrice)
	}
	if !c.ClosedAt.IsZero() {
		text += " on " + c.ClosedAt.UTC().Format(time.RFC3339)
	}
	return text
}

// returned are the positions that were missed, or taken for gone, and are running.
func (w *userRun) returned() (ids []string) {
	for _, p := range w.positions {
		id := CanonicalID(p.ID)
		_, lost := w.t.Lost[id]
		if (lost || w.t.Told[id]) && p.Unreadable == "" && p.Quantity != 0 {
			ids = append(ids, id)
		}
	}
	return ids
}
