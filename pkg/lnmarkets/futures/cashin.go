package futures

import "fmt"

// CashInEffect is a trade after cashing in, and where the amount came from.
type CashInEffect struct {
	Effect
	// FromPLSats was taken from the running profit.
	FromPLSats int64
	// FromMarginSats was taken from the margin.
	FromMarginSats int64
}

// CashIn is the trade after taking amountSats out of it at a market price in US
// dollars per bitcoin: first from profit, which moves the entry price toward
// the market, the rest from margin. It refuses amounts that are not positive
// and amounts that would push leverage over 100.
//
// LN Markets docs: cash-in takes from the profit first, then from the margin.
func (p Position) CashIn(market float64, amountSats int64) (CashInEffect, error) {
	if amountSats <= 0 {
		return CashInEffect{}, fmt.Errorf("cash in %d sats: %w", amountSats, ErrAmount)
	}
	fromPL := min(amountSats, max(floorSats(p.PL(market)), 0))
	fromMargin := amountSats - fromPL
	switch {
	case fromPL > 0 && fromMargin > 0:
		p.Price = RoundTick(market)
	case fromPL > 0:
		p.Price = p.entryAfterCashIn(fromPL)
	}
	p.Margin -= fromMargin
	if p.Margin <= 0 || p.Leverage() > MaxLeverage {
		return CashInEffect{}, fmt.Errorf("cash in %d sats: %w", amountSats, ErrLeverage)
	}
	return CashInEffect{Effect: effect(p), FromPLSats: fromPL, FromMarginSats: fromMargin}, nil
}

// entryAfterCashIn is the entry price at which the position would have earned
// exactly sats less than it does.
func (p Position) entryAfterCashIn(sats int64) float64 {
	share := float64(sats) / (SatsPerBTC * float64(p.Quantity))
	if p.Side == Buy {
		share = -share
	}
	return RoundTick(1 / (1/p.Price + share))
}
