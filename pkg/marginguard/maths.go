package marginguard

import (
	"math"

	"github.com/axisor/axisor/pkg/lnmarkets/futures"
)

func (p Position) maths() futures.Position {
	return futures.Position{Side: p.Side, Quantity: p.Quantity, Price: p.Price, Margin: p.Margin - p.Reserve}
}

// impliedPrice is the market price from which the exchange computed the profit
// it reports, or zero when no price gives such a profit.
func impliedPrice(p Position) float64 {
	gain := float64(p.PL) / (futures.SatsPerBTC * float64(p.Quantity))
	inverse := 1/p.Price - gain
	if p.Side == Short {
		inverse = 1/p.Price + gain
	}
	if inverse <= 0 {
		return 0
	}
	return 1 / inverse
}

// share is the whole number of sats in a percentage of an amount. The tiny
// addend keeps an exact product from falling below itself in binary.
func share(sats int64, percent float64) int64 {
	return int64(math.Floor(float64(sats)*percent/100 + tolerance))
}
