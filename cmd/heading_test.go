package cmd_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/factory"
	"github.com/axisor/axisor/pkg/models"
)

// People are named as they wrote themselves, never by id and never in capitals, and what others wrote is cleaned.
func TestHeadings_NamePeopleAndAmountsAreWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := factory.User(t, w.db, func(u *models.User) { u.Username, u.Email = "McKey", "mckey@example.com" })
	require.NoError(t, w.db.Gorm(t.Context()).Exec(`INSERT INTO "TradeLog" (user_id, trade_id, status, action, pnl, price, executed_at)
		VALUES (?, 'x1', 'success', 'sell', 12345678.6, 61234.5, now())`, u.ID).Error)
	require.Contains(t, w.p.OK("user", "show", u.ID).Stdout, "USER McKey\n")
	for _, line := range [][]string{{"trade", "stats"}, {"trade", "chart"}, {"trade", "calendar"}} {
		r := w.p.OK(append(line, "--user", u.ID, "--action", "sell\x1b[31m")...)
		require.Contains(t, r.Stdout, "Trades of user McKey, action sell", line)
		require.NotContains(t, r.Stdout, u.ID, line)
		require.NotContains(t, r.Stdout, "\x1b", line)
	}
	r := w.p.OK("trade", "stats", "--by", "user")
	require.Contains(t, r.Stdout, "McKey")
	require.NotContains(t, r.Stdout, u.ID)
	require.Contains(t, w.p.OK("trade", "stats", "--by", "user", "-o", "csv").Stdout, u.ID)

	w.p.OK("user", "set-plan", "McKey", "pro")
	r = w.p.OK("user", "timeline", "McKey")
	require.Contains(t, r.Stdout, "pnl=12345679 ")
	require.Contains(t, r.Stdout, "price=61234.5")
	require.Regexp(t, `plan_type: \w+ → pro`, r.Stdout)
	require.NotContains(t, r.Stdout, "updated_at")
	r = w.p.OK("user", "timeline", "McKey", "--source", "audit", "-o", "json", "--jq", ".items[0].details.new_values.plan_type")
	require.Equal(t, "pro\n", r.Stdout)
}
