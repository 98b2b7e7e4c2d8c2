// Package chart draws figures: lines over time, bars, groups of bars, calendars and gauges, as SVG, PNG or a page of
// HTML for reports, and as text for terminals. It knows no database and no command; scales, dates and what is left out
// are decided here, and one library puts strokes and letters on the paper.
package chart

import (
	"bytes"
	"fmt"
	"html"
	"strings"
	"time"
)

// Format is what a figure is written as.
type Format string

// The formats.
const (
	SVG  Format = "svg"
	PNG  Format = "png"
	HTML Format = "html"
)

// Figure is a picture: a title, a note below it and panels from top to bottom.
type Figure struct {
	Title  string
	Note   string
	Empty  string // said in place of panels that have nothing to show
	Panels []Panel
}

// Panel is one of Line, Bars, Groups, Calendar and Gauges.
type Panel interface {
	empty() bool // nothing to draw
	height() float64
	draw(c *canvas, top float64)
	numbers() table
}

// table is a panel in numbers, for those who cannot see the picture or want to check it.
type table struct {
	head []string
	rows [][]string
}

// Sizes of a picture in pixels.
const (
	pageWidth = 960.0
	margin    = 28.0
	headRoom  = 84.0
	between   = 34.0
	foot      = 22.0
)

// Render draws a figure. The same figure gives the same bytes.
func Render(f Figure, format Format) ([]byte, error) {
	switch format {
	case SVG, PNG:
		return f.picture(format)
	case HTML:
		return f.page()
	}
	return nil, fmt.Errorf("draw a figure: no such format %q", format)
}

func (f Figure) panels() []Panel {
	var out []Panel
	for _, p := range f.Panels {
		if !p.empty() {
			out = append(out, p)
		}
	}
	return out
}

func (f Figure) picture(format Format) ([]byte, error) {
	panels := f.panels()
	high := headRoom + foot
	for _, p := range panels {
		high += p.height()
	}
	high += between * float64(max(len(panels)-1, 0))
	if len(panels) == 0 {
		high += 120
	}
	c := newCanvas(format, pageWidth, high)
	c.text(margin, 36, 20, ink, atStart, c.cut(f.Title, 20, pageWidth-2*margin))
	c.text(margin, 58, 13, faint, atStart, c.cut(f.Note, 13, pageWidth-2*margin))
	if len(panels) == 0 {
		c.text(pageWidth/2, headRoom+50, 16, faint, atMiddle, f.said())
	}
	top := headRoom
	for _, p := range panels {
		p.draw(c, top)
		top += p.height() + between
	}
	return c.bytes(f.Title)
}

func (f Figure) said() string {
	if f.Empty == "" {
		return "nothing to show"
	}
	return f.Empty
}

// page is the picture with its numbers below, in one file that needs no other.
func (f Figure) page() ([]byte, error) {
	svg, err := f.picture(SVG)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	title := html.EscapeString(visible(f.Title))
	fmt.Fprintf(&b, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>%s</title>\n<style>%s</style>\n</head>\n<body>\n%s",
		title, style, svg)
	for _, p := range f.panels() {
		t := p.numbers()
		b.WriteString("<details>\n<summary>Numbers: " + html.EscapeString(visible(strings.Join(t.head, ", "))) + "</summary>\n<table>\n")
		row(&b, "th", t.head)
		for _, r := range t.rows {
			row(&b, "td", r)
		}
		b.WriteString("</table>\n</details>\n")
	}
	b.WriteString("</body>\n</html>\n")
	return b.Bytes(), nil
}

const style = "body{font-family:Roboto,Helvetica,Arial,sans-serif;margin:2rem auto;max-width:960px;color:#1f2933}" +
	"svg{width:100%;height:auto}table{border-collapse:collapse;margin:.5rem 0 1rem}th,td{padding:.2rem .8rem;" +
	"border-bottom:1px solid #e4e7eb;text-align:right}th:first-child,td:first-child{text-align:left}summary{cursor:pointer}"

func row(b *bytes.Buffer, tag string, cells []string) {
	b.WriteString("<tr>")
	for _, c := range cells {
		fmt.Fprintf(b, "<%s>%s</%s>", tag, html.EscapeString(visible(c)), tag)
	}
	b.WriteString("</tr>\n")
}

// visible replaces what neither XML nor a reader can take.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == 0xfffe || r == 0xffff || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}

// Point is a value at a time.
type Point struct {
	At    time.Time
	Value float64
}

// full is how a time is written in tables.
const full = "2006-01-02 15:04:05"
