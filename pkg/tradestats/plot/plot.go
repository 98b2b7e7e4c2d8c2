// Package plot draws the line of the money and the bars of periods: as SVG for reports and as text for terminals. It
// knows no database and no command.
package plot

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/axisor/axisor/pkg/tradestats"
)

// Chart is what is drawn.
type Chart struct {
	Title   string
	Note    string // below the title: how many trades, of how many
	Label   string // of the line: equity or cumulative pnl
	Start   float64
	Points  []tradestats.Point
	Bars    []tradestats.Bar
	BarUnit string
}

// bounds are the least and the largest value of the line, with where it starts.
func (c Chart) bounds() (low, high float64) {
	low, high = c.Start, c.Start
	for _, p := range c.Points {
		low, high = min(low, p.Equity), max(high, p.Equity)
	}
	if low == high {
		low, high = low-1, high+1
	}
	return low, high
}

// Ticks are round numbers from low to high, about so many.
func Ticks(low, high float64, about int) []float64 {
	if !(high > low) || about < 1 {
		return []float64{low}
	}
	raw := (high - low) / float64(about)
	step := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 5, 10} {
		if m*step >= raw {
			step *= m
			break
		}
	}
	var out []float64
	for i := math.Ceil(low / step); i*step <= high*(1+1e-12)+step*1e-9 && len(out) < 100; i++ {
		out = append(out, i*step+0) // no -0
	}
	return out
}

// Sats writes a number of sats with commas, to a hundredth where it is not whole.
func Sats(f float64) string {
	if math.Abs(f) >= 1e15 {
		return strconv.FormatFloat(f, 'g', 4, 64)
	}
	digits := 0
	if math.Abs(f) < 1000 && f != math.Trunc(f) {
		digits = 2
	}
	s := strconv.FormatFloat(math.Abs(f), 'f', digits, 64)
	whole, rest, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest != "" {
		whole += "." + rest
	}
	if f < 0 && strings.Trim(whole, "0.,") != "" {
		return "-" + whole
	}
	return whole
}

// dates are the labels of the time axis: so many, evenly spread, as exact as the span asks for.
func dates(from, to time.Time, n int) ([]time.Time, string) {
	layout := time.DateOnly
	switch span := to.Sub(from); {
	case span < 36*time.Hour:
		layout = "02 Jan 15:04"
	case span > 3*365*24*time.Hour:
		layout = "Jan 2006"
	}
	out := make([]time.Time, n)
	for i := range out {
		out[i] = from.Add(time.Duration(float64(to.Sub(from)) * float64(i) / float64(n-1)))
	}
	return out, layout
}

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f { // XML has no way to write them
			return '?'
		}
		return r
	}, s))
}

func f1(x float64) string { return fmt.Sprintf("%.1f", x) }
