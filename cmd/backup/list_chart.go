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

// The kinds of dumps in a picture. A good one that was never restored is hope; the last three are none to count on.
const (
	drawnProven = iota
	drawnGood
	drawnFailed
	drawnMissing
	drawnInvalid
)

func drawnNames() []string {
	return []string{"proven by a test restore", "good", "failed", "missing", "invalid"}
}

func drawnAs(e backup.Entry) int {
	switch e.State {
	case backup.StateGood:
		if e.Manifest.LastGood(backup.LevelDeep) != nil {
			return drawnProven
		}
		return drawnGood
	case backup.StateFailed:
		return drawnFailed
	case backup.StateMissing:
		return drawnMissing
	default:
		return drawnInvalid
	}
}

// sizes are the last dumps, oldest first, with their sizes in bytes; one that is not good has none.
func sizes(dumps []backup.Entry) (bars []chart.Bar) {
	for _, e := range slices.Backward(dumps[:min(len(dumps), mostDrawn)]) {
		b := chart.Bar{Name: e.ID, Kind: drawnAs(e)}
		if m := e.Manifest; m != nil {
			b.Name = m.StartedAt.UTC().Format(time.DateOnly)
			if e.State == backup.StateGood {
				b.Value = new(float64(m.Bytes()))
			}
		}
		bars = append(bars, b)
	}
	return bars
}

// trend is the row of small columns below the list.
func trend(dumps []backup.Entry) string {
	var values []*float64
	for _, b := range sizes(dumps) {
		values = append(values, b.Value)
	}
	said := fmt.Sprintf("sizes of the last %d, oldest first: %s", len(values), chart.Spark(values))
	if slices.Contains(values, nil) {
		said += " (· is none to count on)"
	}
	return said
}

// sizeFigure draws the sizes. A backup that is not good is a cross.
func sizeFigure(dumps []backup.Entry) chart.Figure {
	const mib = 1 << 20
	b := chart.Bars{Title: "size of the dump (MiB)", Axis: "day of the backup (UTC)", Kinds: drawnNames(), Bars: sizes(dumps)}
	bad := 0
	for i := range b.Bars {
		if v := b.Bars[i].Value; v != nil {
			b.Bars[i].Value = new(*v / mib)
		} else {
			bad++
		}
	}
	fig := chart.Figure{Title: "Backups", Empty: "no backup", Panels: []chart.Panel{b}, Note: fmt.Sprintf("the last %d", len(b.Bars))}
	if bad > 0 {
		fig.Note += fmt.Sprintf("; %d not good, shown as crosses", bad)
	}
	return fig
}
