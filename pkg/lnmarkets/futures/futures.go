// Package futures owns the arithmetic of LN Markets' inverse BTC/USD perpetual:
// margin, leverage, profit and loss, liquidation, fees and funding.
//
// Everything here is a pure function. The package must not know about HTTP,
// databases, users or policy: the margin guard and the simulated exchange both
// build on it, so that a test against the simulator checks the same rules the
// guard uses.
//
// Units, everywhere in this package:
//
//   - quantity is a whole number of contracts, one contract is one US dollar;
//   - prices are US dollars per bitcoin, on a tick of 0.5;
//   - margins, fees, profits and amounts are whole satoshis (int64), unless a
//     name says otherwise;
//   - rates are fractions: 0.001 is 0.1 percent.
package futures

import (
	"errors"
	"math"
)

// SatsPerBTC is the number of satoshis in one bitcoin.
const SatsPerBTC = 100_000_000

// Bounds of an isolated trade (LN Markets docs: futures market limits).
const (
	// Tick is the smallest step of a price, in US dollars per bitcoin.
	Tick = 0.5
	// MinLeverage is the lowest leverage a trade may have.
	MinLeverage = 1.0
	// MaxLeverage is the highest leverage a trade may have.
	MaxLeverage = 100.0
	// MaxQuantity is the largest size of one order, in contracts of one dollar.
	MaxQuantity = 500_000
	// MaxPrice is the price above which a liquidation is no longer a price but
	// a way of saying "never": a short at leverage 1 cannot be liquidated.
	MaxPrice = 100_000_000.0
)

// Errors of the functions that can refuse their input.
var (
	// ErrAmount is returned for an amount that is zero, negative or too large.
	ErrAmount = errors.New("amount out of bounds")
	// ErrLeverage is returned when the result would leave leverage 1 to 100.
	ErrLeverage = errors.New("leverage out of bounds")
	// ErrTarget is returned for a target price on the wrong side of the entry.
	ErrTarget = errors.New("target price on the wrong side of the entry price")
)

// Side is the direction of a position, spelled as the exchange spells it.
type Side string

// The two sides of a trade.
const (
	// Buy is a long: it earns when the price rises.
	Buy Side = "buy"
	// Sell is a short: it earns when the price falls.
	Sell Side = "sell"
)

// Valid reports whether s is one of the two sides.
func (s Side) Valid() bool { return s == Buy || s == Sell }

// RoundTick rounds a price in US dollars per bitcoin to the nearest 0.5.
func RoundTick(price float64) float64 { return math.Round(price/Tick) * Tick }

// Notional is the value of a position in satoshis (not rounded):
// 1e8 × quantity / price.
//
// LN Markets docs: a contract is worth one US dollar, settled in bitcoin.
func Notional(quantity int64, price float64) float64 {
	return SatsPerBTC * float64(quantity) / price
}

// floorSats rounds down to whole satoshis. A value that a float error put a
// hair under a whole number counts as that number: 69.99999999999999 is 70.
func floorSats(sats float64) int64 { return int64(math.Floor(sats + slack(sats))) }

// ceilSats rounds up to whole satoshis, with the same tolerance as floorSats.
func ceilSats(sats float64) int64 { return int64(math.Ceil(sats - slack(sats))) }

// roundSats rounds to the nearest satoshi, halves upward as JavaScript does.
func roundSats(sats float64) int64 { return int64(math.Floor(sats + 0.5)) }

// slack is far below one satoshi for every amount that exists and far above
// the error of a handful of float64 operations.
func slack(sats float64) float64 { return 1e-9 + math.Abs(sats)*1e-14 }

// positive reports whether the inputs describe a position at all.
func positive(quantity int64, price float64) bool {
	return quantity > 0 && price > 0 && !math.IsInf(price, 0)
}
