package chart

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Lines is a line for a terminal: so many rows of Braille dots, two by four to a character, with the values at the left
// and the dates below.
func (l Line) Lines(columns, rows int) []string {
	if len(l.Points) == 0 {
		return nil
	}
	low, high := l.bounds()
	labels := make([]string, rows)
	wide := 0
	for i := 0; i < rows; i += max(1, (rows-1)/3) {
		labels[i] = Number(math.Round((high-(high-low)*float64(i)/float64(rows-1))*100) / 100)
		wide = max(wide, len(labels[i]))
	}
	columns = max(columns-wide-2, 10)
	cells := make([][]rune, rows)
	for i := range cells {
		cells[i] = make([]rune, columns)
	}
	from, to := l.Points[0].At, l.Points[len(l.Points)-1].At
	dotX := func(i int) int {
		if !to.After(from) {
			return 0
		}
		return int(l.Points[i].At.Sub(from).Seconds() / to.Sub(from).Seconds() * float64(2*columns-1))
	}
	dotY := func(v float64) int { return int(math.Round((high - v) / (high - low) * float64(4*rows-1))) }
	set := func(x, y int) { cells[y/4][x/2] |= braille(x%2, y%4) }
	x, y := 0, dotY(l.Start)
	for i, p := range l.Points {
		nx, ny := dotX(i), dotY(p.Value)
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
	layout := time.DateOnly
	if to.Sub(from) < 36*time.Hour {
		layout = "02 Jan 15:04"
	}
	first, last := from.UTC().Format(layout), to.UTC().Format(layout)
	if !to.After(from) {
		last = ""
	}
	gap := max(1, columns-len(first)-len(last))
	return append(out, strings.TrimRight(strings.Repeat(" ", wide+2)+first+strings.Repeat(" ", gap)+last, " "))
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
	if !(largest > 0) {
		return ""
	}
	eighths := int(math.Round(min(math.Abs(value)/largest, 1) * float64(8*columns)))
	if eighths == 0 && value != 0 {
		eighths = 1
	}
	bar := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		bar += string(rune(0x2590 - rest)) // ▏ is an eighth, ▉ seven
	}
	return bar
}

// Line is a gauge for a terminal: the bar in so many columns, ┃ where the mark is.
func (g Gauge) Line(columns int) string {
	if g.Value == nil || !(g.Max > 0) {
		return ""
	}
	filled := int(math.Round(share(*g.Value, g.Max) * float64(columns)))
	if filled == 0 && *g.Value > 0 {
		filled = 1
	}
	if filled == columns && *g.Value < g.Max {
		filled--
	}
	bar := []rune(strings.Repeat("█", filled) + strings.Repeat("░", columns-filled))
	if g.Mark != nil {
		bar[min(int(share(*g.Mark, g.Max)*float64(columns)), columns-1)] = '┃'
	}
	return string(bar)
}

// Spark is a row of small columns, one a value: · where there is none. Columns stand on zero or, when there are values
// below it, on the least of them; then the first column of the scale is the least value and not zero.
func Spark(values []*float64) string {
	low, high := reach(values)
	var b strings.Builder
	for _, v := range values {
		switch {
		case v == nil:
			b.WriteRune('·')
		case !(high > low):
			b.WriteRune('▁')
		default:
			b.WriteRune('▁' + rune(math.Round((*v-low)/(high-low)*7)))
		}
	}
	return b.String()
}

// TextDay is a day of a calendar for a terminal: two characters, the sign and the shade.
type TextDay struct {
	Text string
	Sign int // of its value
}

// TextRow is a weekday of a block of weeks.
type TextRow struct {
	Name string
	Days []TextDay
}

// TextBlock is a number of weeks side by side, with the months above.
type TextBlock struct {
	Months string
	Rows   []TextRow
}

const dayName = 5

// Blocks are the weeks of a calendar, broken to so many columns.
func (k Calendar) Blocks(columns int) []TextBlock {
	last, _ := place(time.Date(k.Year, 12, 31, 0, 0, 0, 0, time.UTC))
	weeks := last + 1
	room := max((columns-dayName)/2, 4)
	count := (weeks + room - 1) / room
	per := (weeks + count - 1) / count
	out := make([]TextBlock, count)
	months := make([][]rune, count)
	for i := range out {
		months[i] = []rune(strings.Repeat(" ", dayName+2*per+4))
		for _, name := range []string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"} {
			days := make([]TextDay, min(per, weeks-i*per))
			for j := range days {
				days[j].Text = "  "
			}
			out[i].Rows = append(out[i].Rows, TextRow{name, days})
		}
	}
	steps, values := k.steps(), k.values()
	k.each(func(t time.Time, week, row int) {
		block, col := week/per, week%per
		if t.Day() == 1 {
			at := dayName + 2*col
			if row > 3 && col+1 < per {
				at += 2
			}
			copy(months[block][at:], []rune(t.Format("Jan")))
		}
		v, ok := values[t.Format(time.DateOnly)]
		out[block].Rows[row].Days[col] = textDay(v, level(v, steps), ok)
	})
	for i := range out {
		out[i].Months = strings.TrimRight(string(months[i]), " ")
	}
	return out
}

func textDay(v float64, n int, known bool) TextDay {
	switch {
	case !known:
		return TextDay{"· ", 0}
	case v > 0:
		return TextDay{"+" + string(shades(n)), 1}
	case v < 0:
		return TextDay{"-" + string(shades(n)), -1}
	}
	return TextDay{"0 ", 0}
}

// Key explains the shades of Blocks.
func (k Calendar) Key() []string {
	steps := k.steps()
	var parts []string
	for n := levels - len(steps); n <= levels; n++ {
		parts = append(parts, fmt.Sprintf("%c %s", shades(n), k.band(n, steps)))
	}
	return []string{strings.Join(parts, "  "), "+ gain  - loss  0 zero  · no trade that counts"}
}

// shades are the characters of the four levels.
func shades(level int) rune { return []rune("░▒▓█")[level-1] }
