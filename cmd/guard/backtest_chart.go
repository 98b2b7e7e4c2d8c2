package guard

import (
	"fmt"
	"time"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/chart"
	"github.com/axisor/axisor/pkg/marginguard"
)

// compareFigure draws what several thresholds would have done under each reading: four panels, because the four figures
// only count together.
func compareFigure(views []backtestView, thresholds []float64) chart.Figure {
	first := views[0]
	fig := chart.Figure{
		Title: "Margin guard over a price history",
		Note: fmt.Sprintf("%s, %s liquidated without the guard; %s", words.Count(int64(first.Positions), "position"),
			chart.Number(float64(first.LiquidationsWithout)), period(time.Time(first.From), time.Time(first.To))),
		Empty: "no position was opened",
	}
	names := make([]string, len(thresholds))
	for i, t := range thresholds {
		names[i] = fmt.Sprintf("%g", t)
	}
	for _, panel := range []struct {
		title string
		value func(backtestView) float64
	}{
		{"liquidations avoided", func(v backtestView) float64 { return float64(v.Avoided) }},
		{"sats added", func(v backtestView) float64 { return float64(v.AddedSats) }},
		{"sats lost on top, in positions liquidated anyway", func(v backtestView) float64 { return float64(v.LostAnyway) }},
		{"sats idle, in positions that needed none", func(v backtestView) float64 { return float64(v.Idle) }},
	} {
		g := chart.Groups{Title: panel.title, Axis: "threshold (%)", Names: names}
		for _, reading := range marginguard.Readings() {
			s := chart.Series{Name: string(reading)}
			for _, v := range views {
				if v.Reading == string(reading) {
					s.Values = append(s.Values, new(panel.value(v)))
				}
			}
			g.Series = append(g.Series, s)
		}
		fig.Panels = append(fig.Panels, g)
	}
	return fig
}

// period is from when to when, with the times where it is one day.
func period(from, to time.Time) string {
	from, to = from.UTC(), to.UTC()
	if first := from.Format(time.DateOnly); first == to.Format(time.DateOnly) {
		return fmt.Sprintf("%s, %s to %s UTC", first, from.Format("15:04"), to.Format("15:04"))
	}
	return from.Format(time.DateOnly) + " to " + to.Format(time.DateOnly)
}
