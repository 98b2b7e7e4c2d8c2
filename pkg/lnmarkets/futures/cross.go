package futures

// CrossMaintenanceRate is the maintenance margin of a cross position as a
// fraction of its notional.
//
// LN Markets docs: cross margin; the rate was 0.15 percent in mid-2026.
const CrossMaintenanceRate = 0.0015

// CrossPosition is what the formulas need to know about a cross position.
type CrossPosition struct {
	// Quantity is signed, in contracts of one US dollar: above zero long,
	// below zero short, zero flat.
	Quantity int64
	// EntryPrice is in US dollars per bitcoin.
	EntryPrice float64
	// Leverage is a whole number from 1 to 100. Collateral does not change it.
	Leverage int64
	// Margin is the collateral of the cross account in satoshis.
	Margin int64
}

// Side is the direction of the position; a flat one counts as a buy.
func (c CrossPosition) Side() Side {
	if c.Quantity < 0 {
		return Sell
	}
	return Buy
}

// Size is the quantity without its sign.
func (c CrossPosition) Size() int64 { return max(c.Quantity, -c.Quantity) }

// RunningMargin is the margin in satoshis bound by the position, rounded down.
//
// LN Markets docs: running margin = notional / leverage.
func (c CrossPosition) RunningMargin() int64 {
	if c.Quantity == 0 || c.Leverage <= 0 {
		return 0
	}
	return MarginFor(c.Size(), c.EntryPrice, float64(c.Leverage))
}

// MaintenanceMargin is the satoshis that must stay, rounded down: a different
// thing from the fee reserve of an isolated trade.
//
// LN Markets docs: maintenance margin = 0.15 % of the notional.
func (c CrossPosition) MaintenanceMargin() int64 {
	if c.Quantity == 0 {
		return 0
	}
	return floorSats(Notional(c.Size(), c.EntryPrice) * CrossMaintenanceRate)
}

// Liquidation is the price in US dollars per bitcoin, on the 0.5 tick, at which
// collateral minus maintenance margin is used up. ok is false when flat or when
// no price liquidates the position.
//
// LN Markets docs: same rule as isolated, with margin − maintenance as margin.
func (c CrossPosition) Liquidation() (price float64, ok bool) {
	return Position{
		Side: c.Side(), Quantity: c.Size(), Price: c.EntryPrice,
		Margin: c.Margin - c.MaintenanceMargin(),
	}.Liquidation()
}

// PLSats is the profit or loss in satoshis at a market price, to the nearest.
func (c CrossPosition) PLSats(market float64) int64 {
	if c.Quantity == 0 {
		return 0
	}
	return Position{Side: c.Side(), Quantity: c.Size(), Price: c.EntryPrice}.PLSats(market)
}

// CrossEntry is the entry price, on the tick, after adding quantity contracts
// at price to size contracts at entry, all on the same side: the harmonic mean.
//
// LN Markets docs: inverse contracts average 1/price, not price.
func CrossEntry(size int64, entry float64, quantity int64, price float64) float64 {
	if size == 0 {
		return RoundTick(price)
	}
	total := float64(size + quantity)
	return RoundTick(total / (float64(size)/entry + float64(quantity)/price))
}
