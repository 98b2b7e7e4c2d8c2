package chart

import "math"

// Bar is the value of a period or a thing; without a value there is nothing to show, which is not zero.
type Bar struct {
	Name  string
	Value *float64
	Kind  int // which of the kinds of Bars it is
}

// Bars are values side by side, gains above and losses below zero. Where there are kinds, from the best to the worst,
// colours tell these apart, and a bar without a value is a cross.
type Bars struct {
	Title string
	Axis  string
	Kinds []string
	Bars  []Bar
}

const barsHeight = 210.0

func (b Bars) empty() bool {
	if len(b.Kinds) > 0 {
		return len(b.Bars) == 0
	}
	for _, x := range b.Bars {
		if x.Value != nil {
			return false
		}
	}
	return true
}
func (b Bars) height() float64 { return barsHeight }

func (b Bars) numbers() table {
	t := table{head: []string{b.Axis, b.Title}}
	if len(b.Kinds) > 0 {
		t.head = append(t.head, "kind")
	}
	for _, x := range b.Bars {
		row := []string{x.Name, optional(x.Value)}
		if len(b.Kinds) > 0 {
			row = append(row, b.Kinds[x.Kind])
		}
		t.rows = append(t.rows, row)
	}
	return t
}

func optional(v *float64) string {
	if v == nil {
		return "–"
	}
	return Number(*v)
}

func (b Bars) draw(c *canvas, top float64) {
	values, below := make([]*float64, len(b.Bars)), make([]string, len(b.Bars))
	for i, x := range b.Bars {
		values[i], below[i] = x.Value, x.Name
	}
	low, high := reach(values)
	low, high = around(low, high)
	f := axes(c, top, barsHeight-46, b.Title, low, high, 4, whole(values))
	slot := f.w / float64(len(b.Bars))
	w := min(slot*0.8, 48)
	used := make([]bool, len(b.Kinds))
	for i, x := range b.Bars {
		middle, color := f.x+slot*(float64(i)+0.5), ""
		if len(b.Kinds) > 0 {
			used[x.Kind], color = true, kindColor(x.Kind)
		}
		switch {
		case x.Value == nil && color != "":
			c.text(middle, f.at(0)-5, 15, color, atMiddle, "×")
		case x.Value == nil:
		case color == "":
			c.column(f, middle-w/2, w, *x.Value, signColor(*x.Value))
		default:
			c.column(f, middle-w/2, w, *x.Value, color)
		}
	}
	c.rule(f.x, f.at(0), f.x+f.w, f.at(0), faint)
	names, colors := []string{}, []string{}
	for i, name := range b.Kinds {
		if used[i] {
			names, colors = append(names, name), append(colors, kindColor(i))
		}
	}
	legend(c, f, f.y-titleRoom, names, colors)
	c.below(f, slot, below, b.Axis)
}

// below writes as many names below bars as have room, and what they are.
func (c *canvas) below(f frame, slot float64, names []string, axis string) {
	widest := 0.0
	for _, name := range names {
		widest = max(widest, c.wide(name, 12))
	}
	every := max(1, int(math.Ceil((widest+10)/slot)))
	for i := 0; i < len(names); i += every {
		x := f.x + slot*(float64(i)+0.5)
		half := c.wide(names[i], 12) / 2
		if x+half > f.x+f.w+margin {
			continue
		}
		c.rule(x, f.y+f.h, x, f.y+f.h+4, faint)
		c.text(max(x, margin+half), f.y+f.h+20, 12, faint, atMiddle, names[i])
	}
	c.text(f.x+f.w/2, f.y+f.h+40, 12, ink, atMiddle, axis)
}

// column is a bar from zero; what is not zero can be seen.
func (c *canvas) column(f frame, x, w, v float64, color string) {
	h := math.Abs(f.at(0) - f.at(v))
	if v != 0 {
		h = max(h, 1)
	}
	y := f.at(0)
	if v > 0 {
		y -= h
	}
	c.rect(x, y, max(w, 0.5), h, color)
}

func signColor(v float64) string {
	if v < 0 {
		return vermilion
	}
	return blue
}

// reach is the least and the largest value, and zero between them.
func reach(values []*float64) (low, high float64) {
	for _, v := range values {
		if v != nil {
			low, high = min(low, *v), max(high, *v)
		}
	}
	return low, high
}

// whole reports whether all values are whole numbers: of what is counted there is no half.
func whole(values []*float64) bool {
	for _, v := range values {
		if v != nil && *v != math.Trunc(*v) {
			return false
		}
	}
	return true
}

// around gives bars some room; a scale always has zero on it.
func around(low, high float64) (float64, float64) {
	if !(high > low) {
		return -1, 1
	}
	pad := (high - low) * 0.06
	if low < 0 {
		low -= pad
	}
	if high > 0 {
		high += pad
	}
	return low, high
}

// Series is one value for each of the names of Groups.
type Series struct {
	Name   string
	Values []*float64
}

// Groups are bars of several series side by side.
type Groups struct {
	Title  string
	Axis   string
	Names  []string
	Series []Series
}

const groupsHeight = 230.0

func (g Groups) empty() bool     { return len(g.Names) == 0 || len(g.Series) == 0 }
func (g Groups) height() float64 { return groupsHeight }

func (g Groups) numbers() table {
	t := table{head: []string{g.Axis}}
	for _, s := range g.Series {
		t.head = append(t.head, g.Title+": "+s.Name)
	}
	for i, n := range g.Names {
		row := []string{n}
		for _, s := range g.Series {
			row = append(row, optional(s.Values[i]))
		}
		t.rows = append(t.rows, row)
	}
	return t
}

func (g Groups) draw(c *canvas, top float64) {
	var values []*float64
	for _, s := range g.Series {
		values = append(values, s.Values...)
	}
	low, high := reach(values)
	if low == 0 && high == 0 {
		high = 1
	}
	low, high = around(low, high+(high-low)*0.08)
	f := axes(c, top, groupsHeight-46, g.Title, low, high, 4, whole(values))
	slot := f.w / float64(len(g.Names))
	w := min(slot*0.8/float64(len(g.Series)), 60)
	names, colors := []string{}, []string{}
	for j, s := range g.Series {
		names, colors = append(names, s.Name), append(colors, seriesColor(j))
		for i, v := range s.Values {
			x := f.x + slot*(float64(i)+0.5) + w*(float64(j)-float64(len(g.Series))/2)
			if v == nil {
				c.text(x+w/2, f.at(0)-4, 11, faint, atMiddle, "–")
				continue
			}
			c.column(f, x+1, w-2, *v, seriesColor(j))
			if label := Number(*v); c.wide(label, 11) <= w+4 {
				y := f.at(max(*v, 0)) - 4
				if *v < 0 {
					y = f.at(*v) + 13
				}
				c.text(x+w/2, y, 11, faint, atMiddle, label)
			}
		}
	}
	legend(c, f, f.y-titleRoom, names, colors)
	c.rule(f.x, f.at(0), f.x+f.w, f.at(0), faint)
	c.below(f, slot, g.Names, g.Axis)
}
