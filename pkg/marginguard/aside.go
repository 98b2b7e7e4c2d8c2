package marginguard

import (
	"fmt"
	"math"
	"time"
)

// nearShare is the share of the price by which a trigger may still be away for
// its position to be near it: what a market moves within minutes.
const nearShare = 0.02

// reached reports whether the trigger lies between the market and liquidation, or
// would after a move by a share of the price.
func (k IndexEntry) reached(low, high, share float64) bool {
	if k.Side == Short {
		return k.Trigger <= high*(1+share)
	}
	return k.Trigger >= low*(1-share)
}

// aside reports whether the account's key is put aside now. A position that is
// known to be in danger or near it makes it be asked sooner, and one in danger is
// reported by itself: whoever waits for a key must know what waits with it.
func (w *userRun) aside() bool {
	if w.t.Breaker == "" {
		return false
	}
	w.s.quotes.mu.Lock()
	market := w.s.quotes.last
	w.s.quotes.mu.Unlock()
	low, high := market.Extremes()
	again := w.t.AskAgain
	var danger []IndexEntry
	for _, k := range w.t.Known {
		if k.reached(low, high, nearShare) {
			again = w.t.AskSooner
		}
		if k.reached(low, high, 0) {
			danger = append(danger, k)
		}
	}
	if !again.IsZero() && !again.After(w.s.o.Now()) {
		return false
	}
	why := fmt.Sprintf("the key is put aside until %s: %s", again.UTC().Format(time.RFC3339), w.t.Breaker)
	for _, k := range danger {
		reason := fmt.Sprintf("when the key last answered the position had its trigger at %.1f, which the price has reached; %s", k.Trigger, why)
		w.items = append(w.items, Item{
			UserID: w.t.UserID, AccountID: w.t.AccountID, Status: StatusSkipped, Error: reason,
			Verdict: Verdict{
				TradeID: k.TradeID, Side: k.Side, Decision: Breaker, Triggered: true, Price: market.LastPrice, Trigger: k.Trigger,
				Urgency: 1, Reason: reason,
			},
		})
	}
	if len(danger) == 0 {
		w.pass(Breaker, why)
	}
	return true
}

// pass reports a user who is left out as a whole, on purpose.
func (w *userRun) pass(word Decision, why string) {
	w.items = append(w.items, Item{
		UserID: w.t.UserID, AccountID: w.t.AccountID, Status: StatusSkipped, Error: why,
		Verdict: Verdict{Decision: word, Urgency: math.Inf(1), Reason: why},
	})
}
