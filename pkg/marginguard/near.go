package marginguard

// recovery is the share of the rest of the way that a position must have gained,
// after it came near its trigger, to have recovered: a price that trembles at the
// limit is one approach.
const recovery = 0.1

// Approach is a position that came near its trigger.
type Approach struct {
	Verdict Verdict
	// Left is how much of the way from entry to liquidation is left, in percent.
	Left float64
	// Silent is an approach that is over the trigger already, or about which
	// something was done: there is nothing to warn of.
	Silent bool
}

// WayLeft is how much of the way from entry to liquidation is left at the price of
// the verdict, in percent and in every reading; ok is false for a position without
// such a way.
func (v Verdict) WayLeft() (left float64, ok bool) {
	way := v.Entry - v.Liquidation
	if way == 0 || v.Trigger <= 0 || v.Price <= 0 {
		return 0, false
	}
	return 100 * (v.Price - v.Liquidation) / way, true
}

// approaches finds the positions that came near their trigger, and those that were
// near it and have recovered.
func (w *userRun) approaches(verdicts []Verdict) (near []Approach, recovered []string) {
	at := w.s.o.WarnAt
	if at <= 0 || w.off() != "" {
		return nil, nil
	}
	for _, v := range verdicts {
		left, ok := v.WayLeft()
		id := CanonicalID(v.TradeID)
		switch {
		case !ok || v.Decision == NotSelected || v.Decision == BadData:
		case left <= at+tolerance:
			if !w.t.Near[id] {
				_, done := w.handled[v.TradeID]
				near = append(near, Approach{Verdict: v, Left: left, Silent: v.Triggered || done})
			}
		case left > at+(100-at)*recovery && w.t.Near[id]:
			recovered = append(recovered, id)
		}
	}
	return near, recovered
}
