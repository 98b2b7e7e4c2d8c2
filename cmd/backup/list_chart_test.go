package backup //nolint:testpackage // the catalogue's entries are made here without files

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/backup"
	"github.com/axisor/axisor/pkg/chart"
)

func TestSizeFigure_CrossesWhatIsNotGood(t *testing.T) {
	t.Parallel()
	entry := func(id string, day int, bytes int64, state backup.State) backup.Entry {
		return backup.Entry{ID: id, State: state, Manifest: &backup.Manifest{
			StartedAt: time.Date(2026, 8, day, 3, 0, 0, 0, time.UTC), Archive: backup.FileInfo{Bytes: bytes},
		}}
	}
	dumps := []backup.Entry{ // newest first
		{ID: "20260804_030000", State: backup.StateInvalid},
		entry("c", 3, 4<<20, backup.StateGood),
		entry("b", 2, 8<<20, backup.StateFailed), entry("a", 1, 2<<20, backup.StateGood),
	}
	require.Equal(t, "sizes of the last 4, oldest first: ▅·█· (· is none to count on)", trend(dumps))
	fig := sizeFigure(dumps)
	require.Equal(t, "the last 4; 2 not good, shown as crosses", fig.Note)
	svg, err := chart.Render(fig, chart.SVG)
	require.NoError(t, err)
	require.Contains(t, string(svg), "2026-08-01")
	require.NotContains(t, string(svg), "NaN")
	for kind, drawn := range map[string]bool{"good": true, "failed": true, "invalid": true, "missing": false, "proven by a test restore": false} {
		require.Equal(t, drawn, strings.Contains(string(svg), ">"+kind+"<"), kind)
	}
	require.Equal(t, 2, strings.Count(string(svg), "×"))

	dumps[1].Manifest.Verifications = []backup.Verification{{Level: backup.LevelDeep, OK: true}}
	require.Equal(t, drawnProven, sizes(dumps)[2].Kind)
}
