package marginguard

import (
	"math"
	"strings"

	"github.com/axisor/axisor/pkg/lnmarkets/futures"
)

// crossPrefix marks the id of a cross position, which takes deposits instead of
// additions.
const crossPrefix = "cross:"

// CrossID is the id under which the guard knows a cross position.
func CrossID(id string) string { return crossPrefix + id }

// IsCross reports whether an id is that of a cross position.
func IsCross(id string) bool { return strings.HasPrefix(id, crossPrefix) }

// restore is how many sats bring the distance of a position back to d percent at
// price x. Under Travelled d is what is left of the way, because a target that
// counts what is gone would have to be smaller than its trigger.
func (r Reading) restore(p Position, x, d float64) int64 {
	left := d / 100
	// From d = (x − liquidation)/(entry − liquidation), for both sides alike.
	target := (x - left*p.Price) / (1 - left)
	if r == Price {
		target = x * (1 - left)
		if p.Side == Short {
			target = x * (1 + left)
		}
	}
	if target <= 0 {
		return NoCap
	}
	m := p.maths()
	notional := futures.SatsPerBTC * float64(p.Quantity)
	sats := int64(math.Ceil(notional*math.Abs(1/target-1/p.Price)-tolerance)) - m.Margin
	computed, ok := m.Liquidation()
	if !ok || math.Abs(computed-p.Liquidation) <= p.liquidationSlack(computed) {
		return sats
	}
	// The exchange's liquidation price is the worse one: from there it takes more.
	return max(sats, int64(math.Ceil(notional*math.Abs(1/target-1/p.Liquidation)-tolerance)))
}
