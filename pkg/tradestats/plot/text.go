package plot

import (
	"math"
	"strings"
)

// Lines is the line of the money for a terminal: so many rows of Braille dots, two by four to a character, with the
// values at the left and the dates below.
func Lines(c Chart, columns, rows int) []string {
	if len(c.Points) == 0 {
		return nil
	}
	low, high := c.bounds()
	labels := make([]string, rows)
	wide := 0
	for i := 0; i < rows; i += max(1, (rows-1)/3) {
		labels[i] = Sats(math.Round((high-(high-low)*float64(i)/float64(rows-1))*100) / 100)
		wide = max(wide, len(labels[i]))
	}
	columns = max(columns-wide-2, 10)
	cells := make([][]rune, rows)
	for i := range cells {
		cells[i] = make([]rune, columns)
	}
	from, to := c.Points[0].At, c.Points[len(c.Points)-1].At
	dotX := func(i int) int {
		if !to.After(from) {
			return 0
		}
		return int(float64(c.Points[i].At.Sub(from)) / float64(to.Sub(from)) * float64(2*columns-1))
	}
	dotY := func(v float64) int { return int(math.Round((high - v) / (high - low) * float64(4*rows-1))) }
	set := func(x, y int) { cells[y/4][x/2] |= braille(x%2, y%4) }
	x, y := 0, dotY(c.Start)
	for i, p := range c.Points {
		nx, ny := dotX(i), dotY(p.Equity)
		for ; x < nx; x++ {
			set(x, y)
		}
		for step := sign(ny - y); y != ny; y += step {
			set(x, y)
		}
		set(x, y)
	}
	out := make([]string, 0, rows+1)
	for i, row := range cells {
		var b strings.Builder
		b.WriteString(strings.Repeat(" ", wide-len(labels[i])) + labels[i] + " │")
		for _, r := range row {
			b.WriteRune(0x2800 + r)
		}
		out = append(out, b.String())
	}
	stamps, layout := dates(from, to, 2)
	first, last := stamps[0].UTC().Format(layout), stamps[1].UTC().Format(layout)
	gap := max(1, columns-len(first)-len(last))
	return append(out, strings.Repeat(" ", wide+2)+first+strings.Repeat(" ", gap)+last)
}

func sign(n int) int {
	if n < 0 {
		return -1
	}
	return 1
}

// braille is the bit of a dot in a Braille character.
func braille(x, y int) rune {
	if y == 3 {
		return 0x40 << x
	}
	return 1 << (y + 3*x)
}

// BarLine is a horizontal bar of a value against the largest.
func BarLine(value, largest float64, columns int) string {
	if largest <= 0 {
		return ""
	}
	eighths := int(math.Round(math.Abs(value) / largest * float64(8*columns)))
	if eighths == 0 && value != 0 {
		eighths = 1
	}
	bar := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		bar += string(rune(0x2590 - rest)) // ▏ is an eighth, ▉ seven
	}
	return bar
}
