package trade_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/factory"
	"github.com/axisor/axisor/pkg/models"
)

func TestChart(t *testing.T) {
	t.Parallel()
	p, db, u := world(t)
	require.Contains(t, p.OK("trade", "chart").Stdout, "0 of 0 trades have a known result")
	for i := range 40 {
		factory.Trade(t, db, u.ID, func(l *models.TradeLog) {
			l.ExecutedAt, l.PnL = at(1, 0).Add(time.Duration(i)*5*time.Hour), new(float64((i*37)%19*1000-8000))
		})
	}
	factory.Trade(t, db, u.ID)
	out := p.OK("trade", "chart", "--user", u.Username).Stdout
	require.Contains(t, out, "40 of 41 trades have a known result")
	require.Contains(t, out, "PNL IN SATS BY DAY")
	require.Contains(t, out, "2026-08-01")
	require.Contains(t, out, "2026-08-01T00:00:00Z  -8000\n")
	require.NotRegexp(t, "[█│\u2800-\u28ff]", out, "no drawing in a pipe")
	p.With("NO_COLOR=1").OnTerminal(80, 24, "trade", "chart").Expect("40 of 41 trades have a known result\r\n").Expect("█").Exits(0)
	for line := range strings.SplitSeq(out, "\n") {
		require.LessOrEqual(t, len([]rune(line)), 120)
	}
	got := p.OK("trade", "chart", "--capital", "100000", "-o", "json").JSON()
	require.EqualValues(t, 40, got["used"])
	require.Equal(t, "day", got["bar_unit"])
	require.EqualValues(t, 100000-8000, got["points"].([]any)[0].(map[string]any)["equity"])

	require.Contains(t, p.OK("trade", "chart", "--svg", "a.svg", "--html", "a.html").Stderr, "written to a.svg")
	svg, err := os.ReadFile(filepath.Join(p.Dir, "a.svg"))
	require.NoError(t, err)
	require.Contains(t, string(svg), "cumulative pnl (sats)")
	info, err := os.Stat(filepath.Join(p.Dir, "a.svg"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	p.Fails(4, "trade", "chart", "--svg", "a.svg")
	p.OK("trade", "chart", "--svg", "a.svg", "--png", "a.png", "--force")
	p.Fails(2, "trade", "chart", "--svg", "none/a.svg")
	p.Fails(2, "trade", "chart", "--capital", "0")
}

func TestCalendar(t *testing.T) {
	t.Parallel()
	p, db, u := world(t)
	require.Contains(t, p.OK("trade", "calendar", "--year", "2026").Stdout, "0 of 0 trades have a known result")
	for i, pnl := range []float64{500, -2000, 0} {
		factory.Trade(t, db, u.ID, func(l *models.TradeLog) { l.ExecutedAt, l.PnL = at(1+i, 0), new(pnl) })
	}
	got := p.OK("trade", "calendar", "--year", "2026", "-o", "json").JSON()
	days := got["days"].([]any)
	require.Len(t, days, 3)
	require.Equal(t, map[string]any{"day": "2026-08-02", "pnl": -2000.0}, days[1])
	out := p.OK("trade", "calendar", "--year", "2026", "--user", u.Username).Stdout
	require.Contains(t, out, "2026-08-01  500\n2026-08-02  -2000\n2026-08-03  0\n")
	require.NotContains(t, out, "█")
	p.With("NO_COLOR=1").OnTerminal(80, 24, "trade", "calendar", "--year", "2026").Expect("+▓").Expect("-█").Exits(0)
	for line := range strings.SplitSeq(out, "\n") {
		require.LessOrEqual(t, len([]rune(line)), 80)
	}
	require.Contains(t, p.OK("trade", "calendar", "--year", "2025").Stdout, "0 of 0 trades")
	p.OK("trade", "calendar", "--year", "2026", "--png", "c.png", "--html", "c.html")
	p.Fails(4, "trade", "calendar", "--year", "2026", "--png", "c.png")
	p.Fails(2, "trade", "calendar", "--year", "1")
}
