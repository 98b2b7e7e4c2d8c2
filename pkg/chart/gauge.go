package chart

import "math"

// Gauge is how much of something is used or left.
type Gauge struct {
	Name  string
	Value *float64 // of Max; nil when there is no scale, such as without a limit
	Max   float64
	Mark  *float64 // a point on the scale that matters
	Text  string   // the value in words, at the right
	Alarm bool     // the value is where it should not be; Text says so too
}

// Gauges are bars from left to right, one below the other, each on its own scale.
type Gauges struct {
	Title  string
	Name   string // what a row is
	Mark   string // what the mark is
	Gauges []Gauge
}

const gaugeRow = 30.0

func (g Gauges) empty() bool     { return len(g.Gauges) == 0 }
func (g Gauges) height() float64 { return titleRoom + gaugeRow*float64(len(g.Gauges)) + 4 }

func (g Gauges) numbers() table {
	t := table{head: []string{g.Name, "value", "of"}}
	if g.Mark != "" {
		t.head = append(t.head, g.Mark)
	}
	t.head = append(t.head, g.Title)
	for _, x := range g.Gauges {
		row := []string{x.Name, optional(x.Value), "–"}
		if x.Value != nil {
			row[2] = Number(x.Max)
		}
		if g.Mark != "" {
			row = append(row, optional(x.Mark))
		}
		t.rows = append(t.rows, append(row, x.Text))
	}
	return t
}

func (g Gauges) draw(c *canvas, top float64) {
	c.text(margin, top+12, 14, ink, atStart, g.Title)
	left, right := 0.0, 0.0
	for _, x := range g.Gauges {
		left, right = max(left, c.wide(x.Name, 13)), max(right, c.wide(x.Text, 13))
	}
	left, right = min(left, 300), min(right, 300)
	f := frame{x: margin + left + 14, w: pageWidth - 2*margin - left - right - 28}
	if g.Mark != "" {
		end := pageWidth - margin
		c.text(end, top+12, 12, faint, atEnd, g.Mark)
		mark(c, end-c.wide(g.Mark, 12)-10, top+2, 12)
	}
	for i, x := range g.Gauges {
		y := top + titleRoom + gaugeRow*float64(i)
		c.text(margin+left, y+17, 13, ink, atEnd, c.cut(x.Name, 13, left))
		color := blue
		if x.Alarm {
			color = vermilion
		}
		if x.Value != nil && x.Max > 0 {
			c.rect(f.x, y+4, f.w, 16, track)
			c.rect(f.x, y+4, f.w*share(*x.Value, x.Max), 16, color)
			if x.Mark != nil {
				mark(c, f.x+f.w*share(*x.Mark, x.Max), y, 24)
			}
		}
		c.text(f.x+f.w+14, y+17, 13, ink, atStart, c.cut(x.Text, 13, right))
	}
}

func mark(c *canvas, x, y, h float64) { c.rect(x-1.5, y, 3, h, ink) }

// share is a value as part of a scale, from 0 to 1.
func share(v, most float64) float64 {
	if !(most > 0) || math.IsNaN(v) {
		return 0
	}
	return min(max(v/most, 0), 1)
}
