package backup

import (
	"fmt"
	"slices"
	"time"

	"github.com/axisor/axisor/pkg/backup"
	"github.com/axisor/axisor/pkg/chart"
)

// mostDrawn is how many backups a trend goes back.
const mostDrawn = 60

// sizes are the sizes of the last dumps in bytes, oldest first; one that is not good has none.
func sizes(dumps []backup.Entry) (values []*float64, names []string) {
	for _, e := range slices.Backward(dumps[:min(len(dumps), mostDrawn)]) {
		var v *float64
		name := e.ID
		if m := e.Manifest; m != nil {
			name = m.StartedAt.UTC().Format(time.DateOnly)
			if e.State == backup.StateGood {
				v = new(float64(m.Bytes()))
			}
		}
		values, names = append(values, v), append(names, name)
	}
	return values, names
}

// trend is the row of small columns below the list.
func trend(dumps []backup.Entry) string {
	values, _ := sizes(dumps)
	return fmt.Sprintf("sizes of the last %d, oldest first: %s", len(values), chart.Spark(values))
}

// sizeFigure draws the sizes. A backup that is not good leaves a gap.
func sizeFigure(dumps []backup.Entry) chart.Figure {
	const mib = 1 << 20
	values, names := sizes(dumps)
	b := chart.Bars{Title: "size of the dump (MiB)", Axis: "day of the backup (UTC)"}
	bad := 0
	for i, v := range values {
		if v == nil {
			bad++
		} else {
			v = new(*v / mib)
		}
		b.Bars = append(b.Bars, chart.Bar{Name: names[i], Value: v})
	}
	fig := chart.Figure{Title: "Backups", Empty: "no backup", Panels: []chart.Panel{b}, Note: fmt.Sprintf("the last %d", len(values))}
	if bad > 0 {
		fig.Note += fmt.Sprintf("; %d not good, shown as gaps", bad)
	}
	return fig
}
