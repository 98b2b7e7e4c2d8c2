package marginguard

// position is what of a position a verdict remembers: enough for the readings.
func (v Verdict) position() Position {
	return Position{ID: v.TradeID, Side: v.Side, Quantity: v.Quantity, Price: v.Entry, Liquidation: v.Liquidation}
}

// TriggerUnder is the price at which a reading fires for the position. ok is
// false for a position without a liquidation price.
func (v Verdict) TriggerUnder(r Reading) (price float64, ok bool) {
	if v.Trigger <= 0 {
		return 0, false
	}
	return r.Trigger(v.position(), v.Threshold), true
}

// FiresAtEntry reports whether a reading would have fired for the position, as
// it is now, at the very price at which it was opened: a threshold that its
// leverage does not allow for.
func (v Verdict) FiresAtEntry(r Reading) bool {
	if v.Trigger <= 0 {
		return false
	}
	return r.Fires(r.Distance(v.position(), v.Entry), v.Threshold)
}
