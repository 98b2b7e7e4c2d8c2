package user_test

import (
	"encoding/csv"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/factory"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

func openWorld(t *testing.T, p *clitest.Program) *store.DB {
	t.Helper()
	for _, e := range p.Env {
		if address, ok := strings.CutPrefix(e, "DATABASE_URL="); ok {
			db, err := store.Open(store.Options{URL: secret.New(address)})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, db.Close()) })
			return db
		}
	}
	t.Fatal("no database")
	return nil
}

func TestList_Wide(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	db := openWorld(t, p)
	now := time.Date(2026, 8, 30, 15, 0, 0, 0, time.UTC)
	p.Now = func() time.Time { return now }
	ana := create(p, "ana")["id"].(string)
	create(p, "bob")
	trade := func(at time.Time, pnl float64, status models.TradeStatus) {
		factory.Trade(t, db, ana, func(l *models.TradeLog) { l.ExecutedAt, l.PnL, l.Status = at, new(pnl), status })
	}
	today, first := now.Truncate(24*time.Hour), now.Truncate(24*time.Hour).AddDate(0, 0, -29)
	trade(today, 0.4, models.TradeSuccess)
	trade(now, 0.4, models.TradeCompleted) // rounded once: 0.8 is 1
	trade(first, -500, models.TradeExecuted)
	trade(first.Add(-time.Microsecond), 7, models.TradeSuccess)
	trade(now, 9000, models.TradeFailed)
	trade(now, math.NaN(), models.TradeSuccess)
	trade(now, math.Inf(1), models.TradeSuccess)
	factory.Trade(t, db, ana, func(l *models.TradeLog) { l.ExecutedAt = first.AddDate(0, 0, 3) })

	items := p.OK("user", "list", "--wide", "--sort", "username", "-o", "json").Items()
	require.Len(t, items, 2)
	require.Equal(t, fields("pnl_30d", "pnl_30d_sum"), keys(items[0]))
	want := make([]any, 30)
	require.Equal(t, want, items[1]["pnl_30d"], "nothing known is null and not zero")
	require.Nil(t, items[1]["pnl_30d_sum"])
	want[0], want[29] = -500.0, 1.0
	require.Equal(t, want, items[0]["pnl_30d"])
	require.EqualValues(t, -499, items[0]["pnl_30d_sum"])

	rows, err := csv.NewReader(strings.NewReader(p.OK("user", "list", "--wide", "--search", "ana", "-o", "csv", "--columns", "pnl_30d,pnl_30d_sum").Stdout)).ReadAll()
	require.NoError(t, err)
	require.Equal(t, [][]string{{"pnl_30d", "pnl_30d_sum"}, {"[-500" + strings.Repeat(",null", 28) + ",1]", "-499"}}, rows)
	pipe := p.OK("user", "list", "--wide").Stdout
	require.Contains(t, pipe, "-500,null")
	require.NotContains(t, pipe, "█", "a pipe gets numbers")
	p.OnTerminal(80, 24, "user", "list", "--wide").Expect("▁" + strings.Repeat("·", 28) + "█").Exits(0) // whole at 80 columns
	p.Fails(2, "user", "list", "--columns", "pnl_30d")
	p.OK("db", "roles", "create")
	mine := p.OK("user", "list", "--wide", "--as-user", "ana", "-o", "json").Items()
	require.Len(t, mine, 1)
	require.EqualValues(t, -499, mine[0]["pnl_30d_sum"])
}

// However many users a page has, their days are one query; and none when nobody asked for them.
func TestList_WideIsOneQueryAPage(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t)
	db := openWorld(t, p)
	queries := func(args ...string) int {
		t.Helper()
		return strings.Count(p.OK(append([]string{"user", "list", "-vv", "--columns", "id"}, args...)...).Stderr, "TradeLog")
	}
	require.Zero(t, queries("--wide"))
	factory.User(t, db)
	require.Equal(t, 1, queries("--wide"))
	require.NoError(t, db.Gorm(t.Context()).Exec(`INSERT INTO "User" (id, email, username) SELECT 'u' || i, 'u' || i || '@example.com', 'u' || i FROM generate_series(1001, 1600) i`).Error)
	require.Equal(t, 1, queries("--wide", "--limit", "400"))
	require.Equal(t, 2, queries("--wide", "--all"), "500 and 101 users")
	require.Zero(t, queries("--all"))
	require.Len(t, strings.Fields(p.OK("user", "list", "--wide", "--all", "-q").Stdout), 601, "every user once")
}
