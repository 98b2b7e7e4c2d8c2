package tradestats

import (
	"math"
	"math/big"
)

// scale is the unit of exact sums: 10^-8 sats.
const scale = 1e8

// money is an exact sum: small plus big, which few sums ever need. Its zero value is 0.
type money struct {
	small int64
	big   *big.Int // never written to: money is copied
}

// add adds a finite number, exactly up to eight decimals.
func (m *money) add(f float64) {
	x, ok := units(f)
	if !ok {
		m.spill(bigUnits(f))
		return
	}
	if sum := m.small + x; (sum >= m.small) == (x >= 0) {
		m.small = sum
		return
	}
	m.spill(big.NewInt(x))
}

// units is a number in units, halves away from zero, unless it is too large for floats to count in halves.
func units(f float64) (int64, bool) {
	product := f * scale
	if !(math.Abs(product) < 1<<51) {
		return 0, false
	}
	n := math.Round(product)
	// The product was itself rounded: only where that made it a half can it have misled Round.
	if math.Abs(n-product) == 0.5 && math.FMA(f, scale, -product)*product < 0 {
		n -= math.Copysign(1, product)
	}
	return int64(n), true
}

// bigUnits is units for any finite number, in the slow way.
func bigUnits(f float64) *big.Int {
	x := new(big.Float).SetPrec(1200).SetFloat64(f)
	x.Mul(x, big.NewFloat(scale))
	x.Add(x, big.NewFloat(math.Copysign(0.5, f)))
	i, _ := x.Int(nil)
	return i
}

// spill adds a number with everything that is in small to big.
func (m *money) spill(x *big.Int) {
	sum := new(big.Int).Add(x, m.whole())
	m.small, m.big = 0, sum
	if sum.IsInt64() {
		m.small, m.big = sum.Int64(), nil
	}
}

// whole is the sum as one number.
func (m *money) whole() *big.Int {
	n := big.NewInt(m.small)
	if m.big != nil {
		n.Add(n, m.big)
	}
	return n
}

func (m *money) float() float64 {
	if n := m.small; m.big == nil && n < 1<<53 && n > -1<<53 {
		return float64(n) / scale
	}
	f, _ := new(big.Rat).SetFrac(m.whole(), big.NewInt(scale)).Float64()
	return f
}

func (m *money) set(o *money) { *m = *o }

func (m *money) cmp(o *money) int {
	if m.big == nil && o.big == nil {
		switch {
		case m.small < o.small:
			return -1
		case m.small > o.small:
			return 1
		}
		return 0
	}
	return m.whole().Cmp(o.whole())
}

func (m *money) sign() int { return m.cmp(&money{}) }

// difference makes m what a is more than b.
func (m *money) difference(a, b *money) {
	if d := a.small - b.small; a.big == nil && b.big == nil && (d <= a.small) == (b.small >= 0) {
		*m = money{small: d}
		return
	}
	*m = money{}
	m.spill(new(big.Int).Sub(a.whole(), b.whole()))
}
