package guard

import (
	"fmt"

	"github.com/axisor/axisor/pkg/chart"
)

// mostGauges is how many positions a picture has room for.
const mostGauges = 40

// distanceFigure draws how much of its way to liquidation each position has left, and where it triggers. The nearest
// to liquidation come first, as in the table.
func distanceFigure(views []positionView, price float64) chart.Figure {
	g := chart.Gauges{Title: "way from entry to liquidation that is left (%)", Name: "position", Mark: "margin is added here"}
	all := 0
	for _, v := range views {
		if v.WayLeft == nil {
			continue
		}
		if all++; all > mostGauges {
			continue
		}
		w := *v.WayLeft
		x := chart.Gauge{
			Name: v.User + ", " + sideWord(*v.Side), Value: &w.left, Max: 100, Mark: &w.trigger, Text: fmt.Sprintf("%.2f %%", w.left),
			Alarm: w.left <= w.trigger,
		}
		if x.Alarm {
			x.Text += ", in danger"
		}
		g.Gauges = append(g.Gauges, x)
	}
	fig := chart.Figure{
		Title: "Guarded positions", Note: fmt.Sprintf("%d positions at a price of %.1f USD", all, price),
		Empty: "no position with a liquidation price", Panels: []chart.Panel{g},
	}
	if all > mostGauges {
		fig.Note += fmt.Sprintf("; the %d nearest to liquidation", mostGauges)
	}
	return fig
}
