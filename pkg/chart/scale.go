package chart

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

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

// Number writes a number with commas, to a hundredth where it is small and not whole.
func Number(f float64) string {
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

// span is a part of a time axis: ticks and how they are written.
type span struct {
	step   time.Duration
	months int
	layout string
}

func spans() []span {
	const day = 24 * time.Hour
	return []span{
		{time.Minute, 0, "15:04"},
		{5 * time.Minute, 0, "15:04"},
		{15 * time.Minute, 0, "15:04"},
		{time.Hour, 0, "02 Jan 15:04"},
		{3 * time.Hour, 0, "02 Jan 15:04"},
		{6 * time.Hour, 0, "02 Jan 15:04"},
		{12 * time.Hour, 0, "02 Jan 15:04"},
		{day, 0, time.DateOnly},
		{2 * day, 0, time.DateOnly},
		{7 * day, 0, time.DateOnly},
		{14 * day, 0, time.DateOnly},
		{0, 1, "Jan 2006"},
		{0, 3, "Jan 2006"},
		{0, 6, "Jan 2006"},
		{0, 12, "2006"},
		{0, 24, "2006"},
		{0, 60, "2006"},
		{0, 120, "2006"},
		{0, 1200, "2006"},
	}
}

// timeTicks are round times in UTC, at most so many, and how they are written.
func timeTicks(from, to time.Time, most int) ([]time.Time, string) {
	from, to = from.UTC(), to.UTC()
	for _, s := range spans() {
		if s.step > 0 && to.Sub(from) > s.step*time.Duration(most+1) {
			continue
		}
		var out []time.Time
		for t := s.first(from); !t.After(to) && len(out) <= most; t = s.next(t) {
			out = append(out, t)
		}
		if len(out) <= most {
			return out, s.layout
		}
	}
	return []time.Time{from}, "2006"
}

func (s span) first(from time.Time) time.Time {
	if s.step > 0 {
		t := from.Truncate(s.step) // weeks begin on Mondays, as the zero time is one
		if t.Before(from) {
			t = t.Add(s.step)
		}
		return t
	}
	n := from.Year()*12 + int(from.Month()) - 1
	n -= n % s.months
	t := time.Date(n/12, time.Month(n%12+1), 1, 0, 0, 0, 0, time.UTC)
	if t.Before(from) {
		t = t.AddDate(0, s.months, 0)
	}
	return t
}

func (s span) next(t time.Time) time.Time {
	if s.step > 0 {
		return t.Add(s.step)
	}
	return t.AddDate(0, s.months, 0)
}

// frame is where a panel with axes draws: its box and its scale of values.
type frame struct {
	x, y, w, h float64
	low, high  float64
}

func (f frame) at(v float64) float64 { return f.y + f.h - (v-f.low)/(f.high-f.low)*f.h }

// titleRoom is what the heading of a panel takes.
const titleRoom = 26.0

// axes draws heading, grid and the numbers at the left, only whole ones where asked for, and returns the frame of what
// is left.
func axes(c *canvas, top, high float64, title string, low, up float64, about int, whole bool) frame {
	c.text(margin, top+12, 14, ink, atStart, c.cut(title, 14, pageWidth-2*margin))
	ticks := Ticks(low, up, about)
	if whole {
		ticks = slices.DeleteFunc(ticks, func(t float64) bool { return t != math.Trunc(t) })
	}
	label := 0.0
	for _, t := range ticks {
		label = max(label, c.wide(Number(t), 12))
	}
	f := frame{x: margin + label + 10, y: top + titleRoom, h: high - titleRoom, low: low, high: up}
	f.w = pageWidth - margin - f.x
	for _, t := range ticks {
		color := grid
		if t == 0 {
			color = faint
		}
		c.rule(f.x, f.at(t), f.x+f.w, f.at(t), color)
		c.text(f.x-8, f.at(t)+4, 12, faint, atEnd, Number(t))
	}
	return f
}
