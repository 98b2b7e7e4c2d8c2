package chart

import (
	"math"
	"slices"
	"time"
)

// Day is the value of a day.
type Day struct {
	At    time.Time
	Value float64
}

// Calendar is a year of days: a column a week, Mondays on top. A day that is not among Days had nothing to count.
type Calendar struct {
	Title string
	Unit  string
	Year  int
	Days  []Day
}

const (
	cell        = 16.0
	levels      = 4
	calendarTop = titleRoom + 18
)

func (k Calendar) empty() bool     { return len(k.Days) == 0 }
func (k Calendar) height() float64 { return calendarTop + 7*cell + 34 }

func (k Calendar) numbers() table {
	t := table{head: []string{"day (UTC)", k.Title}}
	for _, d := range k.Days {
		t.rows = append(t.rows, []string{d.At.Format(time.DateOnly), Number(d.Value)})
	}
	return t
}

// steps are the upper ends of the first three of four shades: quarters of the days by size, so that one large day does
// not make all others pale. Fewer different sizes have fewer shades.
func (k Calendar) steps() []float64 {
	var sizes []float64
	for _, d := range k.Days {
		if d.Value != 0 {
			sizes = append(sizes, math.Abs(d.Value))
		}
	}
	if len(sizes) == 0 {
		return nil
	}
	slices.Sort(sizes)
	var out []float64
	for i := 1; i < levels; i++ {
		if s := sizes[(len(sizes)*i-1)/levels]; s < sizes[len(sizes)-1] && (len(out) == 0 || s > out[len(out)-1]) {
			out = append(out, s)
		}
	}
	return out
}

// level is the shade of a value, 1 to 4; 0 for zero. The largest days always have the last one.
func level(v float64, steps []float64) int {
	if v == 0 {
		return 0
	}
	n := 0
	for _, s := range steps {
		if math.Abs(v) > s {
			n++
		}
	}
	return levels - len(steps) + n
}

func levelColor(v float64, n int) string {
	switch {
	case n == 0:
		return "#c3c9d0"
	case v < 0:
		return []string{"#fbe3d2", "#f2b48a", "#e5803f", "#b34a00"}[n-1]
	default:
		return []string{"#d6e8f5", "#94c5e5", "#4699cc", "#005a8f"}[n-1]
	}
}

// place is the column and the row of a day in its year.
func place(t time.Time) (week, row int) {
	first := time.Date(t.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
	lead := (int(first.Weekday()) + 6) % 7
	return (lead + t.YearDay() - 1) / 7, (int(t.Weekday()) + 6) % 7
}

// each calls f for every day of the year.
func (k Calendar) each(f func(t time.Time, week, row int)) {
	for t := time.Date(k.Year, 1, 1, 0, 0, 0, 0, time.UTC); t.Year() == k.Year; t = t.AddDate(0, 0, 1) {
		week, row := place(t)
		f(t, week, row)
	}
}

func (k Calendar) values() map[string]float64 {
	out := make(map[string]float64, len(k.Days))
	for _, d := range k.Days {
		out[d.At.Format(time.DateOnly)] = d.Value
	}
	return out
}

func (k Calendar) draw(c *canvas, top float64) {
	c.text(margin, top+12, 14, ink, atStart, k.Title)
	steps, values := k.steps(), k.values()
	left, y0 := margin+36, top+calendarTop
	for i, name := range []string{"Mon", "", "Wed", "", "Fri", "", "Sun"} {
		c.text(left-8, y0+cell*float64(i)+12, 11, faint, atEnd, name)
	}
	k.each(func(t time.Time, week, row int) {
		x, y := left+cell*float64(week), y0+cell*float64(row)
		if t.Day() == 1 {
			shift := 0.0
			if row > 3 { // the month begins late in its first column
				shift = cell
			}
			c.text(x+shift, y0-6, 11, faint, atStart, t.Format("Jan"))
		}
		v, ok := values[t.Format(time.DateOnly)]
		swatch(c, x, y, v, level(v, steps), ok)
	})
	k.key(c, left, y0+7*cell+22, steps)
}

// swatch is a day: its shade, and a sign for those who do not see the colour.
func swatch(c *canvas, x, y, v float64, n int, known bool) {
	if !known {
		c.rect(x, y, cell-2, cell-2, track)
		return
	}
	c.rect(x, y, cell-2, cell-2, levelColor(v, n))
	color := ink
	if n == levels {
		color = paper
	}
	sign := "0"
	switch {
	case v > 0:
		sign = "+"
	case v < 0:
		sign = "–"
	}
	c.text(x+cell/2-1, y+11, 11, color, atMiddle, sign)
}

// key explains the shades.
func (k Calendar) key(c *canvas, x, y float64, steps []float64) {
	say := func(s string) {
		c.text(x, y+2, 12, faint, atStart, s)
		x += c.wide(s, 12) + 14
	}
	box := func(v float64, n int, known bool) {
		swatch(c, x, y-9, v, n, known)
		x += cell
	}
	for n := levels - len(steps); n <= levels; n++ {
		box(-1, n, true)
		box(1, n, true)
		x += 3
		say(k.band(n, steps))
	}
	box(0, 0, true)
	say("zero")
	box(0, 0, false)
	say("nothing to count")
}

// band says which sizes have a shade.
func (k Calendar) band(n int, steps []float64) string {
	at := n - (levels - len(steps))
	switch {
	case len(steps) == 0:
		return "any " + k.Unit
	case at == len(steps):
		return "more"
	default:
		return "to " + Number(steps[at]) + " " + k.Unit
	}
}
