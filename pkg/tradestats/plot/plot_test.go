package plot

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/tradestats"
)

func sample() Chart {
	c := tradestats.NewCurve(500, 0)
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 300 {
		c.Add(at.Add(time.Duration(i)*7*time.Hour), float64((i*7919)%2001-960))
	}
	bars, unit := c.Bars(24)
	return Chart{Title: `ana & "bob" <x>`, Note: "300 of 310 trades", Label: "cumulative pnl", Points: c.Points(), Bars: bars, BarUnit: unit}
}

func TestSVG_IsWellFormedAndLabelled(t *testing.T) {
	t.Parallel()
	one := Chart{Points: []tradestats.Point{{At: time.Unix(0, 0), Equity: 0}}, Bars: []tradestats.Bar{{Period: "1970-01-01"}}, BarUnit: "day"}
	for _, c := range []Chart{sample(), {}, one} {
		dec := xml.NewDecoder(strings.NewReader(SVG(c)))
		for {
			_, err := dec.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
		}
		require.NotContains(t, SVG(c), "NaN")
		require.NotContains(t, SVG(c), "Inf")
	}
	svg := SVG(sample())
	for _, want := range []string{"(sats)", "time of execution (UTC)", "pnl by week", "&amp;", "&lt;x&gt;"} {
		require.Contains(t, svg, want)
	}
	require.Contains(t, HTML(sample()), "<!doctype html>")
}

func TestLines(t *testing.T) {
	t.Parallel()
	lines := Lines(sample(), 80, 12)
	require.Len(t, lines, 13)
	for _, l := range lines {
		require.LessOrEqual(t, utf8.RuneCountInString(l), 80)
	}
	require.Contains(t, lines[12], "2026-01-01")
	require.Nil(t, Lines(Chart{}, 80, 12))
}

func TestTicksAndNumbers(t *testing.T) {
	t.Parallel()
	require.Equal(t, []float64{0, 20, 40, 60, 80, 100}, Ticks(0, 100, 5))
	require.Equal(t, []float64{-500, 0, 500, 1000}, Ticks(-700, 1200, 4))
	require.Equal(t, []float64{5}, Ticks(5, 5, 4))
	for f, want := range map[float64]string{0: "0", 1234567: "1,234,567", -1000: "-1,000", 0.5: "0.50", -999: "-999", 1e18: "1e+18"} {
		require.Equal(t, want, Sats(f))
	}
	require.Equal(t, "████", BarLine(-5, 10, 8))
	require.Equal(t, "▏", BarLine(0.001, 10, 8))
	require.Empty(t, BarLine(0, 10, 8))
}
