package chart_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/chart"
)

func start() time.Time { return time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC) }

func line(n int) chart.Line {
	l := chart.Line{Title: "cumulative pnl (sats)", Axis: "time of execution (UTC)"}
	sum := 0.0
	for i := range n {
		sum += float64((i*7919)%2001 - 960)
		l.Points = append(l.Points, chart.Point{At: start().Add(time.Duration(i) * 7 * time.Hour), Value: sum})
	}
	return l
}

func figures() map[string]chart.Figure {
	bars := chart.Bars{Title: "pnl by week (sats)", Axis: "week (UTC)", Bars: []chart.Bar{
		{Name: "2026-W01", Value: new(5.0)}, {Name: "2026-W02"}, {Name: "2026-W03", Value: new(-1e9)}, {Name: "2026-W04", Value: new(0.0)},
	}}
	gauges := chart.Gauges{Title: "used of each limit", Name: "limit", Mark: "the end", Gauges: []chart.Gauge{
		{Name: "automations", Value: new(5.0), Max: 5, Mark: new(4.0), Text: "5 of 5", Alarm: true},
		{Name: "indicators", Text: "not counted"},
		{Name: strings.Repeat("long", 200), Value: new(math.MaxFloat64), Max: 1, Text: strings.Repeat("long", 200)},
	}}
	groups := chart.Groups{Title: "sats added", Axis: "threshold (%)", Names: []string{"5", "10"}, Series: []chart.Series{
		{Name: "remaining", Values: []*float64{new(1.0), nil}}, {Name: "price", Values: []*float64{new(0.0), new(-3.0)}},
	}}
	return map[string]chart.Figure{
		"trades": {Title: `ana & "bob" <x>`, Note: "a note", Panels: []chart.Panel{line(300), bars}},
		"one":    {Title: "one", Panels: []chart.Panel{line(1), chart.Bars{Bars: []chart.Bar{{Name: "x", Value: new(0.0)}}}}},
		"empty":  {Title: "empty", Empty: "no trade", Panels: []chart.Panel{chart.Line{}, chart.Bars{}, chart.Calendar{}, chart.Groups{}, chart.Gauges{}}},
		"other":  {Title: strings.Repeat("wide ", 100) + "\x1b[31m\x00\u202e", Panels: []chart.Panel{gauges, groups, calendar(400)}},
	}
}

func calendar(days int) chart.Calendar {
	k := chart.Calendar{Title: "pnl of 2026", Unit: "sats", Year: 2026}
	for i := range days {
		k.Days = append(k.Days, chart.Day{At: time.Date(2026, 1, 1+i, 0, 0, 0, 0, time.UTC), Value: float64((i*37)%101 - 50)})
	}
	return k
}

func render(t *testing.T, f chart.Figure, as chart.Format) string {
	t.Helper()
	out, err := chart.Render(f, as)
	require.NoError(t, err)
	again, err := chart.Render(f, as)
	require.NoError(t, err)
	require.True(t, bytes.Equal(out, again), "the same figure gives the same bytes")
	return string(out)
}

func TestRender_IsWellFormedInEveryFormat(t *testing.T) {
	t.Parallel()
	for name, f := range figures() {
		svg := render(t, f, chart.SVG)
		for dec := xml.NewDecoder(strings.NewReader(svg)); ; {
			if _, err := dec.Token(); errors.Is(err, io.EOF) {
				break
			} else {
				require.NoError(t, err, name)
			}
		}
		for _, bad := range []string{"NaN", "Inf", "\x1b", "\x00", "<script", "-9223372036854775808"} {
			require.NotContains(t, svg, bad, name)
		}
		page := render(t, f, chart.HTML)
		require.True(t, strings.HasPrefix(page, "<!doctype html>") && strings.HasSuffix(page, "</html>\n"))
		require.NotContains(t, page, "src=")
	}
	_, err := chart.Render(chart.Figure{}, "gif")
	require.Error(t, err)
}

// A picture takes a second under the race detector: every kind of panel is drawn once, a small figure twice, to see
// that the bytes are the same.
func TestRender_PNG(t *testing.T) {
	t.Parallel()
	f := figures()
	every := chart.Figure{Title: f["other"].Title, Panels: append(f["one"].Panels, f["other"].Panels...)}
	raw, err := chart.Render(every, chart.PNG)
	require.NoError(t, err)
	for _, data := range []string{string(raw), render(t, f["empty"], chart.PNG)} {
		picture, err := png.Decode(strings.NewReader(data))
		require.NoError(t, err)
		require.Equal(t, 1920, picture.Bounds().Dx())
	}
}

func TestRender_SaysWhatIsShown(t *testing.T) {
	t.Parallel()
	f := figures()
	svg := render(t, f["trades"], chart.SVG)
	for _, want := range []string{
		"cumulative pnl (sats)", "time of execution (UTC), 2026-01-01 to 2026-03-29", "pnl by week (sats)", "2026-02-", "&lt;x&gt;", "below the last peak", `width="960"`,
	} {
		require.Contains(t, svg, want)
	}
	require.Contains(t, render(t, f["empty"], chart.SVG), ">no trade<")
	page := render(t, f["trades"], chart.HTML)
	require.Contains(t, page, "<tr><td>2026-W02</td><td>–</td></tr>", "no trade is not zero")
	require.Contains(t, page, "<tr><td>2026-W03</td><td>-1,000,000,000</td></tr>")
	require.Contains(t, render(t, f["one"], chart.SVG), "2026-01-01")
}

// The scale of times is even: a tick lies where its time lies and not where its row lies.
func TestLine_TimesAreEven(t *testing.T) {
	t.Parallel()
	l := chart.Line{Title: "x", Points: []chart.Point{{At: start(), Value: 0}, {At: start().Add(time.Hour), Value: 1}, {At: start().Add(100 * time.Hour), Value: 2}}}
	lines := l.Lines(60, 5)
	last := []rune(lines[0])
	require.NotEqual(t, rune(0x2800), last[len(last)-1], "the last value is at the right end")
	require.Equal(t, rune(0x2800), last[len(last)/2], "and not before its time")
}

func TestLine_Lines(t *testing.T) {
	t.Parallel()
	lines := line(300).Lines(80, 12)
	require.Len(t, lines, 13)
	for _, l := range lines {
		require.LessOrEqual(t, utf8.RuneCountInString(l), 80)
	}
	require.Contains(t, lines[12], "2026-01-01")
	require.Nil(t, chart.Line{}.Lines(80, 12))
	require.Len(t, line(1).Lines(80, 12), 13)
}

func TestTicksAndNumbers(t *testing.T) {
	t.Parallel()
	require.Equal(t, []float64{0, 20, 40, 60, 80, 100}, chart.Ticks(0, 100, 5))
	require.Equal(t, []float64{-500, 0, 500, 1000}, chart.Ticks(-700, 1200, 4))
	require.Equal(t, []float64{5}, chart.Ticks(5, 5, 4))
	for f, want := range map[float64]string{0: "0", 1234567: "1,234,567", -1000: "-1,000", 0.5: "0.50", -999: "-999", 1e18: "1e+18", -0.001: "0.00"} {
		require.Equal(t, want, chart.Number(f))
	}
}

func TestTextBars(t *testing.T) {
	t.Parallel()
	require.Equal(t, "████", chart.BarLine(-5, 10, 8))
	require.Equal(t, "▏", chart.BarLine(0.001, 10, 8))
	require.Empty(t, chart.BarLine(0, 10, 8))
	require.Equal(t, "█▁·▅", chart.Spark([]*float64{new(7.0), new(0.0), nil, new(4.0)}))
	require.Equal(t, "▁█·▃", chart.Spark([]*float64{new(-5.0), new(5.0), nil, new(-2.0)}))
	require.Equal(t, "▁▁", chart.Spark([]*float64{new(0.0), new(0.0)}))
	require.Equal(t, "███┃░░░░░░", chart.Gauge{Value: new(3.0), Max: 10, Mark: new(3.5)}.Line(10))
	require.Equal(t, "█████████░", chart.Gauge{Value: new(9.99), Max: 10}.Line(10), "full only when it is full")
	require.Equal(t, "█░░░░░░░░░", chart.Gauge{Value: new(0.01), Max: 10}.Line(10), "empty only when it is empty")
	require.Empty(t, chart.Gauge{}.Line(10))
}

func TestCalendar_EveryDayOnce(t *testing.T) {
	t.Parallel()
	for _, year := range []int{2024, 2026, 2028} { // leap years, and one that begins on a Saturday
		for _, width := range []int{40, 80, 120} {
			k := calendar(400)
			k.Year = year
			known, days := 0, 0
			for _, b := range k.Blocks(width) {
				require.Len(t, b.Rows, 7)
				for _, r := range b.Rows {
					require.LessOrEqual(t, len(r.Name)+2+2*len(r.Days), width)
					for _, d := range r.Days {
						if d.Text != "  " {
							days++
						}
						if d.Text != "  " && d.Text != "· " {
							known++
						}
					}
				}
			}
			require.Equal(t, time.Date(year, 12, 31, 0, 0, 0, 0, time.UTC).YearDay(), days)
			if year == 2026 {
				require.Equal(t, 365, known)
			}
		}
	}
	one := chart.Calendar{Unit: "sats", Year: 2026, Days: []chart.Day{{At: start(), Value: -7}}}
	require.Equal(t, "-█", one.Blocks(120)[0].Rows[3].Days[0].Text, "1 January 2026 is a Thursday")
	require.Contains(t, fmt.Sprint(one.Key()), "█ any sats")
}
