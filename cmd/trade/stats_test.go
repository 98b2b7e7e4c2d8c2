package trade_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/factory"
	"github.com/axisor/axisor/pkg/models"
)

func TestStats(t *testing.T) {
	t.Parallel()
	p, db, u := world(t)
	empty := p.OK("trade", "stats", "-o", "json").JSON()
	require.Nil(t, empty["pnl_sum"])
	require.Equal(t, "no trades", empty["not_computable"].(map[string]any)["pnl_sum"])
	require.Contains(t, p.OK("trade", "stats").Stdout, "n/a: no trades")

	for i, x := range []struct {
		day    int
		pnl    float64
		status models.TradeStatus
	}{
		{1, 12000, "success"},
		{1, -5000, "completed"},
		{2, 8000, "executed"},
		{4, -15000, "success"},
		{5, 0, "success"},
		{6, 20000, "success"},
		{8, -4000, "success"},
		{9, -9000, "success"},
		{11, 6000, "success"},
		{12, 11000, "success"},
	} {
		factory.Trade(t, db, u.ID, func(l *models.TradeLog) {
			l.Status, l.PnL, l.ExecutedAt = x.status, &x.pnl, at(x.day, 0).Add(time.Duration(i)*time.Minute)
		})
	}
	factory.Trade(t, db, u.ID, func(l *models.TradeLog) { l.Status, l.PnL, l.ExecutedAt = "failed", new(9.0), at(3, 0) })
	factory.Trade(t, db, u.ID, func(l *models.TradeLog) { l.ExecutedAt, l.Action = at(3, 0), new("add_margin") })

	got := p.OK("trade", "stats", "--user", u.Email, "--capital", "1000000", "-o", "json").JSON()
	require.EqualValues(t, 12, got["count"])
	require.EqualValues(t, 10, got["used"])
	require.Equal(t, map[string]any{"failed": 1.0, "no_pnl": 1.0}, got["excluded"])
	require.EqualValues(t, 24000, got["pnl_sum"])
	require.InDelta(t, 55.5556, got["win_rate"], 0.0001)
	require.InDelta(t, 1.7273, got["profit_factor"], 0.0001)
	require.InDelta(t, 1.4778, got["max_drawdown_percent"], 0.0001)
	require.Nil(t, got["sharpe"])
	require.Nil(t, got["volume"])
	require.Equal(t, "no amounts", got["not_computable"].(map[string]any)["volume"])
	require.Contains(t, p.OK("trade", "stats", "--user", u.Email).Stdout, "win rate             55.56 %")

	days := p.OK("trade", "stats", "--by", "day", "-o", "json").Items()
	require.Len(t, days, 10) // the day whose trades do not count is there too, without results
	require.Equal(t, "2026-08-01", days[0]["group"])
	require.EqualValues(t, 7000, days[0]["pnl_sum"])
	require.Equal(t, "2026-08-03", days[2]["group"])
	require.Nil(t, days[2]["pnl_sum"])
	require.Len(t, p.OK("trade", "stats", "--by", "week", "-o", "json").Items(), 3)
	actions := p.OK("trade", "stats", "--by", "action", "-o", "json").Items()
	require.Equal(t, "(none)", actions[0]["group"])
	require.Equal(t, "add_margin", actions[1]["group"])
	p.Fails(2, "trade", "stats", "--by", "moon")

	other := factory.User(t, db)
	factory.Trade(t, db, other.ID, func(l *models.TradeLog) { l.Status, l.PnL, l.ExecutedAt = "success", new(70.0), at(4, 0) })
	sums := map[any]any{}
	for _, x := range p.OK("trade", "stats", "--by", "user", "-o", "json").Items() {
		sums[x["group"]] = x["pnl_sum"]
	}
	require.Equal(t, map[any]any{u.ID: 24000.0, other.ID: 70.0}, sums)
	p.Fails(2, "trade", "stats", "--capital", "-1")
	p.Fails(2, "trade", "stats", "--capital", "NaN")
	p.Fails(3, "trade", "stats", "--user", "nobody")
}
