package marginguard

import (
	"fmt"
	"math"

	"github.com/axisor/axisor/pkg/lnmarkets/futures"
)

// How far the liquidation price that the exchange reports, in USD per BTC, may lie
// from the one that follows from the position before both contradict each other:
// two ticks for rounding, and what so many sats of rounded margin move it.
const (
	liquidationTicks = 1.0
	liquidationSats  = 2
)

// believed is the position with the liquidation price to act on: the worse one of
// what the exchange reports and what follows from side, quantity, entry and margin
// (LN Markets docs: margin plus loss reaches zero). doubt says how the two
// contradict each other, and is empty when they do not. The numbers of the position
// itself must be usable, see problem.
func (p Position) believed() (better Position, doubt string) {
	computed, exists := p.maths().Liquidation()
	reported, given := p.Liquidation, p.hasLiquidation()
	if !exists {
		// Only a short with leverage 1 or less: no price takes its margin away.
		switch {
		case !given:
			p.Liquidation = 0
			return p, ""
		case reported <= p.Price:
			p.Liquidation = 0
			return p, fmt.Sprintf("the exchange reports the liquidation price %.1f, on the wrong side of the entry %.1f; entry and margin give none", reported, p.Price)
		}
		return p, fmt.Sprintf("the exchange reports the liquidation price %.1f, entry and margin give none; the reported one counts", reported)
	}
	switch {
	case !given:
		p.Liquidation = computed
		return p, fmt.Sprintf("the exchange reports no liquidation price; entry and margin give %.1f, which counts", computed)
	case p.Side == Long && reported >= p.Price, p.Side == Short && reported <= p.Price:
		p.Liquidation = computed
		return p, fmt.Sprintf("the exchange reports the liquidation price %.1f, on the wrong side of the entry %.1f; entry and margin give %.1f, which counts",
			reported, p.Price, computed)
	case math.Abs(reported-computed) <= p.liquidationSlack(computed):
		return p, ""
	}
	p.Liquidation = worse(p.Side, reported, computed)
	return p, fmt.Sprintf("the exchange reports the liquidation price %.1f, entry and margin give %.1f; the nearer one, %.1f, counts",
		reported, computed, p.Liquidation)
}

// liquidationSlack is what rounding explains, in USD per BTC. The derivative of the
// liquidation price by the margin is price²/(1e8 × quantity).
func (p Position) liquidationSlack(computed float64) float64 {
	return liquidationTicks + liquidationSats*computed*computed/(futures.SatsPerBTC*float64(p.Quantity))
}

// worse is the liquidation price that is reached first.
func worse(s Side, a, b float64) float64 {
	if s == Long {
		return math.Max(a, b)
	}
	return math.Min(a, b)
}

// strengthened is the position with more margin. Where the exchange's liquidation
// price was the worse one, so it is afterwards.
func (p Position) strengthened(sats int64) Position {
	after := p
	after.Margin += sats
	after.Liquidation, _ = after.maths().Liquidation()
	if !p.hasLiquidation() || !after.hasLiquidation() {
		return after
	}
	if before, ok := p.maths().Liquidation(); ok && math.Abs(before-p.Liquidation) <= p.liquidationSlack(before) {
		return after
	}
	if moved, ok := futures.LiquidationAfter(p.Side, p.Quantity, p.Liquidation, sats); ok {
		after.Liquidation = worse(p.Side, after.Liquidation, moved)
	}
	return after
}
