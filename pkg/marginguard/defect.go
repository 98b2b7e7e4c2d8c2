package marginguard

import (
	"math"
)

// reportDefects makes a failed item of everything stored about the user that cannot
// be read, and leaves the positions alone that it freezes.
func (w *userRun) reportDefects() {
	for _, d := range w.t.Defects {
		item := w.report(Defective, d.TradeID, d.Reason)
		if d.Freezes {
			w.handled[d.TradeID] = d.Reason
			item.Obstacle = ObstacleOpen
		}
		w.items = append(w.items, item)
	}
}

// reportDoubts makes a failed item of every covered position whose liquidation price
// contradicts its entry and margin. The decision about it has an item of its own.
func (w *userRun) reportDoubts(verdicts []Verdict) {
	for _, v := range verdicts {
		if v.Doubt != "" && v.Decision != NotSelected {
			item := w.report(Doubted, v.TradeID, v.Doubt)
			item.Side, item.Quantity, item.Entry, item.Price = v.Side, v.Quantity, v.Entry, v.Price
			item.Liquidation, item.LiquidationAfter, item.MarginBefore, item.MarginAfter = v.Liquidation, v.Liquidation, v.MarginBefore, v.MarginBefore
			item.Urgency = v.Urgency
			w.items = append(w.items, item)
		}
	}
}

// reportUnused makes a failed item of every entry of a configuration that cannot be
// read and whose position is not running: no verdict tells of it.
func (w *userRun) reportUnused(verdicts []Verdict) {
	if w.t.Config.Mode != Individual {
		return
	}
	reported := map[string]bool{}
	for _, v := range verdicts {
		reported[CanonicalID(v.TradeID)] = true
	}
	for _, id := range sortedKeys(w.t.Config.Settings) {
		if s := w.t.Config.Settings[id]; s.Problem != "" && !reported[CanonicalID(id)] {
			item := w.report(Defective, Clip(id), s.Problem)
			item.Obstacle = ObstacleConfig
			w.items = append(w.items, item)
		}
	}
}

// report is a failed item that decides nothing.
func (w *userRun) report(word Decision, tradeID, why string) Item {
	item := w.item(Verdict{TradeID: tradeID, Decision: word, Reason: why, Urgency: math.Inf(1)}, StatusFailed)
	item.Error = why
	return item
}
