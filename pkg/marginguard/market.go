package marginguard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"
)

// How far the local clock may be from the exchange's. Signed requests are
// refused beyond 30 seconds.
const (
	warnOffset = 5 * time.Second
	maxOffset  = 25 * time.Second
)

// Bounds of a believable ticker: the last price may leave the index by
// maxBasis, the ladder may leave the last price by maxSpread.
const (
	maxBasis  = 0.02
	maxSpread = 0.05
)

// Check returns why the market data must not be acted on, or nil.
func (m Market) Check() error {
	if !finite(m.LastPrice) || m.LastPrice < 1 || m.LastPrice >= 1e8 {
		return &MarketError{Reason: fmt.Sprintf("the last price %v makes no sense", m.LastPrice)}
	}
	if !finite(m.Index) || m.Index < 0 {
		return &MarketError{Reason: fmt.Sprintf("the index %v makes no sense", m.Index)}
	}
	if m.Index > 0 && math.Abs(m.LastPrice-m.Index) > maxBasis*m.Index {
		return &MarketError{Reason: fmt.Sprintf("the last price %.1f and the index %.1f contradict each other", m.LastPrice, m.Index)}
	}
	for _, level := range m.Levels {
		for _, price := range []float64{level.Bid, level.Ask} {
			if price != 0 && (!finite(price) || math.Abs(price-m.LastPrice) > maxSpread*m.LastPrice) {
				return &MarketError{Reason: fmt.Sprintf("the offer %v is far from the last price %.1f", price, m.LastPrice)}
			}
		}
	}
	return nil
}

// CheckClock compares the local clock with the exchange's, and returns how far
// the exchange's is ahead.
func CheckClock(ctx context.Context, prices Prices, log *slog.Logger) (time.Duration, error) {
	offset, err := prices.Offset(ctx)
	if err != nil {
		return 0, exchangeTrouble(ctx, "the exchange does not answer", err)
	}
	if offset.Abs() > maxOffset {
		return 0, &MarketError{Reason: fmt.Sprintf("the local clock is %s away from the exchange's, at most %s is allowed",
			offset.Round(time.Second), maxOffset)}
	}
	if offset.Abs() > warnOffset {
		log.WarnContext(ctx, "local clock differs from the exchange", "offset", offset.String())
	}
	return offset, nil
}

// ReadMarket reads and checks the ticker. Its error is a *MarketError, or the
// context's when that was cancelled.
func ReadMarket(ctx context.Context, prices Prices, now func() time.Time) (Market, error) {
	asked := now()
	m, err := prices.Ticker(ctx)
	if err != nil {
		return Market{}, exchangeTrouble(ctx, "the price cannot be read", err)
	}
	// Without word of its age a price is of the moment of asking, not of receiving: a
	// slow answer is an old one. One that was known before is as old as it says.
	arrived := now()
	if m.ReadAt.IsZero() {
		m.ReadAt = asked
	}
	if m.ReadAt.After(arrived) {
		m.ReadAt = arrived
	}
	if age := arrived.Sub(m.ReadAt); age > MaxPriceAge {
		return m, &MarketError{Reason: fmt.Sprintf("the price was %s old when it arrived, at most %s is allowed", age.Round(time.Second), MaxPriceAge)}
	}
	return m, m.Check()
}

// exchangeTrouble is the error of a question to the exchange that got no answer. That
// says nothing of the exchange when whoever asked was told to stop.
func exchangeTrouble(ctx context.Context, reason string, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	return &MarketError{Reason: reason, Err: err}
}
