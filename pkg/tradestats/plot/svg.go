package plot

import (
	"fmt"
	"strings"
	"time"
)

// Sizes of the picture in pixels.
const (
	width   = 960.0
	height  = 620.0
	left    = 110.0
	right   = 24.0
	top     = 64.0
	lineH   = 300.0
	barsTop = 430.0
	barsH   = 130.0
)

const (
	ink, faint, grid = "#1f2933", "#616e7c", "#e4e7eb"
	blue, good, bad  = "#0b69a3", "#27845f", "#ba2525"
)

// SVG is the chart as a picture with its own axes and units; it needs no other file.
func SVG(c Chart) string {
	s := &svg{}
	s.add(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" font-family="Helvetica, Arial, sans-serif" role="img">`,
		width, height, width, height)
	s.add(`<title>%s</title><rect width="100%%" height="100%%" fill="#ffffff"/>`, escape(c.Title))
	s.text(left, 28, 18, ink, "start", c.Title)
	s.text(left, 48, 12, faint, "start", c.Note)
	if len(c.Points) == 0 {
		s.text(width/2, height/2, 16, faint, "middle", "no finished trade with a known pnl")
		return s.end()
	}
	s.line(c)
	s.bars(c)
	return s.end()
}

type svg struct{ b strings.Builder }

func (s *svg) add(format string, args ...any) { fmt.Fprintf(&s.b, format+"\n", args...) }

func (s *svg) end() string {
	s.add("</svg>")
	return s.b.String()
}

func (s *svg) text(x, y, size float64, color, anchor, text string) {
	s.add(`<text x="%.1f" y="%.1f" font-size="%.0f" fill="%s" text-anchor="%s">%s</text>`, x, y, size, color, anchor, escape(text))
}

func (s *svg) rule(x1, y1, x2, y2 float64, color string) {
	s.add(`<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s"/>`, x1, y1, x2, y2, color)
}

// axis draws the grid of one panel and returns where a value is.
func (s *svg) axis(low, high, y0, h float64, about int, label string) func(float64) float64 {
	at := func(v float64) float64 { return y0 + h - (v-low)/(high-low)*h }
	for _, t := range Ticks(low, high, about) {
		s.rule(left, at(t), width-right, at(t), grid)
		s.text(left-8, at(t)+4, 11, faint, "end", Sats(t))
	}
	s.add(`<text x="20" y="%.1f" font-size="12" fill="%s" text-anchor="middle" transform="rotate(-90 20 %.1f)">%s</text>`,
		y0+h/2, ink, y0+h/2, escape(label))
	return at
}

func (s *svg) line(c Chart) {
	low, high := c.bounds()
	pad := (high - low) * 0.05
	at := s.axis(low-pad, high+pad, top, lineH, 6, c.Label+" (sats)")
	from, to := c.Points[0].At, c.Points[len(c.Points)-1].At
	if !to.After(from) {
		from, to = from.Add(-time.Hour), to.Add(time.Hour)
	}
	x := func(t time.Time) float64 {
		return left + float64(t.Sub(from))/float64(to.Sub(from))*(width-left-right)
	}
	if c.Start > low-pad && c.Start < high+pad {
		s.add(`<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" stroke-dasharray="4 3"/>`, left, at(c.Start), width-right, at(c.Start), faint)
	}
	path := make([]string, 0, len(c.Points)+1)
	path = append(path, "M"+f1(x(c.Points[0].At))+" "+f1(at(c.Start))) // the money before the first trade
	y := at(c.Start)
	for _, p := range c.Points { // steps: between two trades the money stays what it is
		path = append(path, "L"+f1(x(p.At))+" "+f1(y), "L"+f1(x(p.At))+" "+f1(at(p.Equity)))
		y = at(p.Equity)
	}
	s.add(`<path d="%s" fill="none" stroke="%s" stroke-width="1.8" stroke-linejoin="round"/>`, strings.Join(path, " "), blue)
	s.rule(left, top+lineH, width-right, top+lineH, faint)
	stamps, layout := dates(from, to, 6)
	for i, t := range stamps {
		anchor := "middle"
		if i == len(stamps)-1 {
			anchor = "end"
		}
		s.rule(x(t), top+lineH, x(t), top+lineH+5, faint)
		s.text(x(t), top+lineH+19, 11, faint, anchor, t.UTC().Format(layout))
	}
	s.text((left+width-right)/2, top+lineH+38, 12, ink, "middle", "time of execution (UTC)")
}

func (s *svg) bars(c Chart) {
	low, high := 0.0, 0.0
	for _, b := range c.Bars {
		low, high = min(low, b.PnL), max(high, b.PnL)
	}
	if low == high {
		low, high = -1, 1
	}
	at := s.axis(low, high, barsTop, barsH, 4, "pnl (sats)")
	slot := (width - left - right) / float64(len(c.Bars))
	// A label needs so much room; when bars are narrower, only some get one.
	every := max(1, int(66/slot)+1)
	if slot >= 66 {
		every = 1
	}
	for i, b := range c.Bars {
		color, y, h := good, at(b.PnL), at(0)-at(b.PnL)
		if b.PnL < 0 {
			color, y, h = bad, at(0), at(b.PnL)-at(0)
		}
		x := left + slot*float64(i)
		s.add(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"><title>%s: %s sats</title></rect>`,
			x+slot*0.1, y, max(0.5, min(slot*0.8, 48)), max(h, 0.5), color, escape(b.Period), Sats(b.PnL))
		if i%every == 0 {
			s.text(x+slot*0.1+min(slot*0.8, 48)/2, barsTop+barsH+16, 11, faint, "middle", b.Period)
		}
	}
	s.rule(left, at(0), width-right, at(0), faint)
	s.text((left+width-right)/2, barsTop+barsH+36, 12, ink, "middle", "pnl by "+c.BarUnit+" (UTC)")
}

// HTML is the picture as a page.
func HTML(c Chart) string {
	return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + escape(c.Title) +
		"</title></head>\n<body style=\"margin:2rem\">\n" + SVG(c) + "</body></html>\n"
}
