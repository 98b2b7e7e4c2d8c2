package futures

// ReserveRate is the rate of the fee reserve: always that of the first tier,
// whatever the trader's own tier is.
//
// LN Markets docs: fees, maintenance margin.
const ReserveRate = 0.001

// FeeRate is the trading fee of a tier as a fraction of the notional. ok is
// false for a tier that does not exist.
//
// LN Markets docs: fee tiers 0.10 %, 0.08 %, 0.07 % and 0.06 % by 30-day volume.
func FeeRate(tier int) (rate float64, ok bool) {
	switch tier {
	case 0:
		return 0.001, true
	case 1:
		return 0.0008, true
	case 2:
		return 0.0007, true
	case 3:
		return 0.0006, true
	default:
		return 0, false
	}
}

// Fee is the trading fee in satoshis for trading quantity contracts at a price,
// rounded down.
//
// LN Markets docs: fee = quantity / price × rate.
func Fee(quantity int64, price, rate float64) int64 {
	return floorSats(Notional(quantity, price) * rate)
}

// Reserve is the fee reserve taken beside the margin when a trade is created,
// in satoshis: one part for opening, one for closing at the first liquidation
// price. Once filled, the opening fee is spent and the rest is the trade's
// maintenance margin.
//
// LN Markets docs: maintenance margin = opening fee + closing fee at liquidation.
func (p Position) Reserve() (openingSats, closingSats int64) {
	liq, ok := p.Liquidation()
	if !ok {
		liq = MaxPrice
	}
	return Fee(p.Quantity, p.Price, ReserveRate), Fee(p.Quantity, liq, ReserveRate)
}

// Funding is what a position pays (positive) or receives (negative) at one
// settlement, in satoshis, rounded to the nearest. fixing is the settlement
// price in US dollars per bitcoin, rate the funding rate as a fraction: above
// zero longs pay shorts, below zero the reverse.
//
// LN Markets docs: funding fee = quantity / fixing price × funding rate. A payer
// pays out of the trade's margin, a receiver gets it on the balance.
func Funding(side Side, quantity int64, fixing, rate float64) int64 {
	fee := roundSats(Notional(quantity, fixing) * abs(rate))
	if (rate > 0) == (side == Buy) {
		return fee
	}
	return -fee
}

func abs(x float64) float64 {
	if x < 0 {
		return -x
	}
	return x
}
