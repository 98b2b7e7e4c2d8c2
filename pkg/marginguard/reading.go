package marginguard

import (
	"fmt"
	"math"
)

// Reading is the meaning given to the threshold of a configuration.
type Reading string

// The three readings. Remaining does not depend on leverage, and one approach
// to the liquidation price costs one addition, which is why it is the default.
const (
	// Remaining fires when at most the threshold's percentage of the way from
	// entry to liquidation is left.
	Remaining Reading = "remaining"
	// Price fires when liquidation is at most the threshold's percentage of the
	// market price away.
	Price Reading = "price"
	// Travelled fires when at least the threshold's percentage of the way from
	// entry to liquidation is gone.
	Travelled Reading = "travelled"
)

// Readings lists the valid words, the default first.
func Readings() []Reading { return []Reading{Remaining, Price, Travelled} }

// ParseReading accepts the three words; an empty one is the default.
func ParseReading(word string) (Reading, error) {
	if word == "" {
		return Remaining, nil
	}
	for _, r := range Readings() {
		if string(r) == word {
			return r, nil
		}
	}
	return "", fmt.Errorf("reading %q is not one of remaining, price, travelled", word)
}

// tolerance absorbs the rounding of a division, so that a price lying exactly
// on the trigger counts as reaching it.
const tolerance = 1e-9

// Distance is how far a position is from liquidation at price x, in percent and
// in the terms of the reading. The position must have a liquidation price.
func (r Reading) Distance(p Position, x float64) float64 {
	gap, way := x-p.Liquidation, p.Price-p.Liquidation
	if p.Side == Short {
		gap, way = -gap, -way
	}
	switch r {
	case Price:
		return 100 * gap / x
	case Travelled:
		return 100 - 100*gap/way
	default:
		return 100 * gap / way
	}
}

// Fires reports whether the distance d reaches the threshold.
func (r Reading) Fires(d, threshold float64) bool {
	if r == Travelled {
		return d >= threshold-tolerance
	}
	return d <= threshold+tolerance
}

// Trigger is the market price at which the reading fires.
func (r Reading) Trigger(p Position, threshold float64) float64 {
	share := threshold / 100
	switch r {
	case Price:
		if p.Side == Short {
			return p.Liquidation / (1 + share)
		}
		return p.Liquidation / (1 - share)
	case Travelled:
		return p.Price - (p.Price-p.Liquidation)*share
	default:
		return p.Liquidation + (p.Price-p.Liquidation)*share
	}
}

// urgency orders positions: the smaller, the nearer to liquidation measured
// against the position's own threshold. One means exactly at the trigger.
func (r Reading) urgency(d, threshold float64) float64 {
	if r == Travelled {
		return (100 - d) / math.Max(100-threshold, tolerance)
	}
	return d / threshold
}
