package chart

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"sort"

	"github.com/go-analyze/charts"
)

// scale makes room for half pixels: the library draws at whole ones.
const scale = 2

// Colours that people with any common colour blindness tell apart (Okabe and Ito); losses are also below the line, have
// a minus or are named, so that no meaning hangs on them.
const (
	ink, faint, grid, paper = "#1f2933", "#616e7c", "#e4e7eb", "#ffffff"
	blue, vermilion         = "#0072b2", "#d55e00"
	shade                   = "#f6d5bd" // vermilion, light
	track                   = "#eef0f3"
)

// series colours groups of bars.
func seriesColor(i int) string {
	return []string{"#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"}[i%6]
}

// kindColor is the colour of a kind: the better ones blue, the worse ones warm.
func kindColor(i int) string { return []string{blue, "#56b4e9", vermilion, "#e69f00", "#cc79a7"}[i%5] }

type anchor int

const (
	atStart anchor = iota
	atMiddle
	atEnd
)

// canvas is the paper. It alone knows the library.
type canvas struct {
	p      *charts.Painter
	format Format
	w, h   float64
}

func newCanvas(format Format, w, h float64) *canvas {
	kind := charts.ChartOutputSVG
	if format == PNG {
		kind = charts.ChartOutputPNG
	}
	c := &canvas{format: format, w: w, h: h}
	c.p = charts.NewPainter(charts.PainterOptions{OutputFormat: kind, Width: dot(w), Height: dot(h)})
	c.rect(0, 0, w, h, paper)
	return c
}

func dot(v float64) int { return int(math.Round(v * scale)) }

func dots(points [][2]float64) []charts.Point {
	out := make([]charts.Point, len(points))
	for i, p := range points {
		out[i] = charts.Point{X: dot(p[0]), Y: dot(p[1])}
	}
	return out
}

func (c *canvas) rect(x, y, w, h float64, color string) {
	fill := charts.ColorFromHex(color)
	c.p.FilledRect(dot(x), dot(y), dot(x+w), dot(y+h), fill, charts.ColorTransparent, 0)
}

func (c *canvas) line(points [][2]float64, color string, width float64) {
	c.p.LineStroke(dots(points), charts.ColorFromHex(color), width*scale)
}

func (c *canvas) rule(x1, y1, x2, y2 float64, color string) {
	c.line([][2]float64{{x1, y1}, {x2, y2}}, color, 1)
}

func (c *canvas) dashed(x1, y1, x2, y2 float64, color string) {
	c.p.DashedLineStroke(dots([][2]float64{{x1, y1}, {x2, y2}}), charts.ColorFromHex(color), scale, []float64{4 * scale, 3 * scale})
}

func (c *canvas) area(points [][2]float64, color string) {
	c.p.FillArea(dots(points), charts.ColorFromHex(color))
}

func (c *canvas) dot(x, y, radius float64, color string) {
	col := charts.ColorFromHex(color)
	c.p.Circle(radius*scale, dot(x), dot(y), col, col, 1)
}

// font is the style of letters of so many pixels.
func font(size float64, color string) charts.FontStyle {
	return charts.FontStyle{FontSize: size * scale * 72 / 96, FontColor: charts.ColorFromHex(color)}
}

// wide is the width of a text in pixels.
func (c *canvas) wide(s string, size float64) float64 {
	return float64(c.p.MeasureText(visible(s), 0, font(size, ink)).Width()) / scale
}

func (c *canvas) text(x, y, size float64, color string, at anchor, s string) {
	s = visible(s)
	switch at {
	case atMiddle:
		x -= c.wide(s, size) / 2
	case atEnd:
		x -= c.wide(s, size)
	}
	if s != "" {
		c.p.Text(s, dot(x), dot(y), 0, font(size, color))
	}
}

// cut shortens a text to a width.
func (c *canvas) cut(s string, size, room float64) string {
	r := []rune(visible(s))
	if c.wide(s, size) <= room {
		return s
	}
	over := sort.Search(len(r), func(n int) bool { return c.wide(string(r[:n])+"…", size) > room })
	return string(r[:min(max(over-1, 1), len(r))]) + "…"
}

// bytes are the finished picture. The library writes an SVG without a size and a name; both belong to a picture that is
// handed on.
func (c *canvas) bytes(title string) ([]byte, error) {
	raw, err := c.p.Bytes()
	if err != nil {
		return nil, fmt.Errorf("draw the picture: %w", err)
	}
	if c.format == PNG {
		return raw, nil
	}
	head, rest, _ := bytes.Cut(raw, []byte(">"))
	out := fmt.Appendf(nil, "%s width=\"%.0f\" height=\"%.0f\" role=\"img\"><title>%s</title>", head, c.w, c.h, html.EscapeString(visible(title)))
	return append(append(out, rest...), '\n'), nil
}
