package futures

import (
	"fmt"
	"math"
)

// Position is what the formulas need to know about an isolated trade.
type Position struct {
	Side Side
	// Quantity is the size in contracts of one US dollar.
	Quantity int64
	// Price is the reference entry price in US dollars per bitcoin: the entry,
	// moved only by cashing in profit. It is not the market price.
	Price float64
	// Margin is the collateral of the trade in satoshis, fee reserve excluded.
	Margin int64
}

// MarginFor is the margin in satoshis of a new trade, rounded down.
//
// LN Markets docs: margin = quantity / (price × leverage).
func MarginFor(quantity int64, price, leverage float64) int64 {
	return floorSats(SatsPerBTC * float64(quantity) / (price * leverage))
}

// QuantityFor is the number of contracts that a margin in satoshis buys,
// rounded down.
//
// LN Markets docs: quantity = margin × leverage × price.
func QuantityFor(marginSats int64, price, leverage float64) int64 {
	return floorSats(float64(marginSats) * leverage * price / SatsPerBTC)
}

// Leverage is notional divided by margin: a real number once margin was added.
// Without margin it is infinite.
//
// LN Markets docs: leverage = quantity / (margin × price).
func (p Position) Leverage() float64 {
	if p.Margin <= 0 {
		return math.Inf(1)
	}
	return SatsPerBTC * float64(p.Quantity) / (float64(p.Margin) * p.Price)
}

// PL is the profit (positive) or loss in satoshis at a market price in US
// dollars per bitcoin, not rounded, fees not included.
//
// LN Markets docs: a long earns quantity × (1/entry − 1/exit) bitcoin, a short
// the opposite.
func (p Position) PL(market float64) float64 {
	value := SatsPerBTC * float64(p.Quantity)
	long := value * (market - p.Price) / (p.Price * market)
	if p.Side == Sell {
		return -long
	}
	return long
}

// PLSats is PL rounded to the nearest satoshi.
func (p Position) PLSats(market float64) int64 { return roundSats(p.PL(market)) }

// Liquidation is the price in US dollars per bitcoin, on the 0.5 tick, at which
// margin plus loss reaches zero. ok is false when there is no such price: a
// short that holds its whole notional as margin.
//
// LN Markets docs: liquidation follows from margin + P/L = 0, the fee reserve
// is not part of it.
func (p Position) Liquidation() (price float64, ok bool) {
	raw, ok := p.LiquidationRaw()
	return RoundTick(raw), ok
}

// LiquidationRaw is Liquidation before rounding to the tick.
func (p Position) LiquidationRaw() (price float64, ok bool) {
	if !positive(p.Quantity, p.Price) {
		return 0, false
	}
	return liquidation(p.Side, p.Quantity, 1/p.Price, max(p.Margin, 0))
}

// LiquidationAfter is the liquidation price, on the tick, of a trade whose
// present liquidation price is known and whose margin grows by addSats. It does
// not need the entry price: 1/new = 1/old ± add/(1e8 × quantity).
//
// LN Markets docs: derived from the liquidation formula, same source.
func LiquidationAfter(side Side, quantity int64, present float64, addSats int64) (price float64, ok bool) {
	if !positive(quantity, present) {
		return 0, false
	}
	raw, ok := liquidation(side, quantity, 1/present, addSats)
	return RoundTick(raw), ok
}

// liquidation solves margin + P/L = 0 from the inverse of a starting price.
func liquidation(side Side, quantity int64, inverse float64, marginSats int64) (float64, bool) {
	share := float64(marginSats) / (SatsPerBTC * float64(quantity))
	if side == Sell {
		share = -share
	}
	inverse += share
	if inverse <= 1/MaxPrice {
		return 0, false
	}
	return 1 / inverse, true
}

// Effect is a trade as it will be after its margin changed.
type Effect struct {
	Position
	// Leverage after the change.
	Leverage float64
	// Liquidation is the new liquidation price on the tick; meaningless when
	// NoLiquidation is set.
	Liquidation float64
	// NoLiquidation says that no price liquidates the trade any more.
	NoLiquidation bool
}

// effect computes what follows from a position's figures.
func effect(p Position) Effect {
	liq, ok := p.Liquidation()
	return Effect{Position: p, Leverage: p.Leverage(), Liquidation: liq, NoLiquidation: !ok}
}

// AddMargin is the trade after amountSats more margin. It refuses amounts that
// are not positive and amounts that would bring leverage under 1.
//
// LN Markets docs: margin grows by exactly the amount, leverage falls, the
// liquidation price moves away; no fee is charged.
func (p Position) AddMargin(amountSats int64) (Effect, error) {
	if amountSats <= 0 {
		return Effect{}, fmt.Errorf("add margin of %d sats: %w", amountSats, ErrAmount)
	}
	if limit := p.MaxAdd(); amountSats > limit {
		return Effect{}, fmt.Errorf("add margin of %d sats, at most %d: %w", amountSats, limit, ErrLeverage)
	}
	p.Margin += amountSats
	return effect(p), nil
}

// MaxAdd is the largest amount in satoshis that can still be added: leverage
// may not fall under 1, so the margin may not exceed the notional.
//
// LN Markets docs: leverage is between 1 and 100.
func (p Position) MaxAdd() int64 {
	if !positive(p.Quantity, p.Price) {
		return 0
	}
	return max(floorSats(Notional(p.Quantity, p.Price))-p.Margin, 0)
}

// AmountToTarget is the margin in satoshis to add, rounded up, so that the
// liquidation price becomes target (US dollars per bitcoin). It is zero when
// the liquidation price is already as far or farther. Exact form, from the
// entry price: ceil(1e8 × quantity × |1/target − 1/entry|) − margin. The result
// may exceed MaxAdd; the caller decides what to do then.
//
// LN Markets docs: derived from the liquidation formula.
func (p Position) AmountToTarget(target float64) (int64, error) {
	away := p.Price - target
	if p.Side == Sell {
		away = -away
	}
	if !positive(p.Quantity, p.Price) || !positive(p.Quantity, target) || away <= 0 {
		return 0, fmt.Errorf("move liquidation to %v: %w", target, ErrTarget)
	}
	need := ceilSats(SatsPerBTC * float64(p.Quantity) * away / (target * p.Price))
	return max(need-p.Margin, 0), nil
}

// AmountToTargetFrom is AmountToTarget in the delta form, from the present
// liquidation price instead of the entry: 1e8 × quantity × |1/target − 1/present|,
// rounded up. The tick of the present liquidation price makes it inexact by at
// most 1e8 × quantity × 0.25 / present² satoshis.
//
// LN Markets docs: derived from the liquidation formula.
func AmountToTargetFrom(side Side, quantity int64, present, target float64) int64 {
	if !positive(quantity, present) || !positive(quantity, target) {
		return 0
	}
	away := present - target
	if side == Sell {
		away = -away
	}
	return max(ceilSats(SatsPerBTC*float64(quantity)*away/(target*present)), 0)
}

// MarginRatio is how much of the trade's protection is used up, as a fraction:
// 1 is liquidation. maintenance is the fee reserve left on a running trade, pl
// the running profit or loss, all in satoshis.
//
// LN Markets docs: margin ratio = maintenance / (maintenance + margin + P/L).
func MarginRatio(maintenanceSats, marginSats, plSats int64) float64 {
	total := maintenanceSats + marginSats + plSats
	if total <= 0 {
		return math.Inf(1)
	}
	return float64(maintenanceSats) / float64(total)
}
