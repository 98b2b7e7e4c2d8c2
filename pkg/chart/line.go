package chart

import (
	"math"
	"slices"
	"time"
)

// Line is an amount over time that holds its value from one point to the next, as money does. What is lost since the
// highest value so far is shaded.
type Line struct {
	Title  string // with its unit
	Axis   string // what the times are
	Start  float64
	Points []Point
}

const lineHeight = 330.0

func (l Line) empty() bool     { return len(l.Points) == 0 }
func (l Line) height() float64 { return lineHeight }

func (l Line) numbers() table {
	t := table{head: []string{"time (UTC)", l.Title}}
	for _, p := range l.Points {
		t.rows = append(t.rows, []string{p.At.UTC().Format(full), Number(p.Value)})
	}
	return t
}

// bounds are the least and the largest value shown.
func (l Line) bounds() (low, high float64) {
	low, high = l.Start, l.Start
	for _, p := range l.Points {
		low, high = min(low, p.Value), max(high, p.Value)
	}
	if !(high > low) {
		pad := max(1, math.Abs(low)*0.01)
		low, high = low-pad, high+pad
	}
	return low, high
}

func (l Line) times() (from, to time.Time) {
	from, to = l.Points[0].At, l.Points[len(l.Points)-1].At
	if !to.After(from) {
		return from.Add(-12 * time.Hour), to.Add(12 * time.Hour)
	}
	return from, to
}

func (l Line) draw(c *canvas, top float64) {
	low, high := l.bounds()
	pad := (high - low) * 0.05
	low, high = low-pad, high+pad
	f := axes(c, top, lineHeight-46, l.Title, low, high, 6, false)
	from, to := l.times()
	x := func(t time.Time) float64 { return f.x + t.Sub(from).Seconds()/to.Sub(from).Seconds()*f.w }
	l.underwater(c, f, x)
	if l.Start != 0 {
		c.dashed(f.x, f.at(l.Start), f.x+f.w, f.at(l.Start), faint)
		c.text(f.x+f.w, f.at(l.Start)-5, 11, faint, atEnd, "start "+Number(l.Start))
	}
	c.line(l.path(f, x), blue, 1.8)
	if len(l.Points) == 1 {
		c.dot(x(l.Points[0].At), f.at(l.Points[0].Value), 2.5, blue)
	}
	bottom := f.y + f.h
	c.rule(f.x, bottom, f.x+f.w, bottom, faint)
	ticks, layout := timeTicks(from, to, 8)
	if len(ticks) == 0 {
		ticks, layout = []time.Time{from}, full
	}
	for _, t := range ticks {
		c.rule(x(t), bottom, x(t), bottom+5, faint)
		text := t.UTC().Format(layout)
		half := c.wide(text, 12) / 2
		c.text(min(max(x(t), f.x+half-8), f.x+f.w-half), bottom+20, 12, faint, atMiddle, text)
	}
	c.text(f.x+f.w/2, bottom+40, 12, ink, atMiddle, l.Axis+l.days())
}

// days says which days the line is about.
func (l Line) days() string {
	from, to := l.Points[0].At.UTC().Format(time.DateOnly), l.Points[len(l.Points)-1].At.UTC().Format(time.DateOnly)
	if from == to {
		return ", " + from
	}
	return ", " + from + " to " + to
}

// path is the way of the pen, which begins at the value before the first point.
func (l Line) path(f frame, x func(time.Time) float64) [][2]float64 {
	y := f.at(l.Start)
	out := [][2]float64{{x(l.Points[0].At), y}}
	for _, p := range l.Points {
		out = append(out, [2]float64{x(p.At), y})
		y = f.at(p.Value)
		out = append(out, [2]float64{x(p.At), y})
	}
	return out
}

// underwater shades the room between the line and the highest value before it, from each peak to where it is reached
// again.
func (l Line) underwater(c *canvas, f frame, x func(time.Time) float64) {
	peak, value, shaded := l.Start, l.Start, false
	var low [][2]float64 // the line since the peak
	end := func(right float64) {
		if len(low) > 0 {
			roof := [][2]float64{{right, f.at(peak)}, {low[0][0], f.at(peak)}}
			c.area(append(append(low, roof...), low[0]), shade)
			low, shaded = nil, true
		}
	}
	for i, p := range l.Points {
		if i > 0 && value < peak {
			low = append(low, [2]float64{x(l.Points[i-1].At), f.at(value)}, [2]float64{x(p.At), f.at(value)})
		}
		value = p.Value
		if value >= peak {
			end(x(p.At))
			peak = value
		}
	}
	end(x(l.Points[len(l.Points)-1].At))
	if shaded {
		legend(c, f, f.y-titleRoom, []string{"below the last peak"}, []string{shade})
	}
}

// legend names colours at the right of a panel's heading.
func legend(c *canvas, f frame, top float64, names, colors []string) {
	x := f.x + f.w
	for i, name := range slices.Backward(names) {
		x -= c.wide(name, 12)
		c.text(x, top+12, 12, faint, atStart, name)
		x -= 18
		c.rect(x, top+2, 12, 11, colors[i])
		x -= 16
	}
}
