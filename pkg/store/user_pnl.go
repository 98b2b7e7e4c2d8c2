package store

import (
	"context"
	"fmt"
	"time"

	"github.com/axisor/axisor/pkg/models"
)

// DailyPnL sums the pnl of each of so many days in UTC, from the day of since on, for all of these users with one
// query. A day without a finished trade whose pnl is known is nil, which is not zero. Sums are exact and rounded to
// sats once, at the end; a pnl that no amount of bitcoin can be does not count.
func (d *DB) DailyPnL(ctx context.Context, users []string, since time.Time, days int) (map[string][]*int64, error) {
	since = since.UTC().Truncate(24 * time.Hour)
	var rows []struct {
		UserID string
		Day    int
		Sats   int64
	}
	err := d.Gorm(ctx).Raw(`
		SELECT user_id, executed_at::date - CAST(@since AS timestamp)::date AS day, round(sum(pnl::numeric))::bigint AS sats
		FROM "TradeLog"
		WHERE user_id = ANY(CAST(@users AS text[])) AND executed_at >= @since AND executed_at < @until
			AND status IN @done AND abs(pnl) <= 2.1e15
		GROUP BY 1, 2`, map[string]any{
		"users": models.Texts(users), "since": since, "until": since.AddDate(0, 0, days),
		"done": []models.TradeStatus{models.TradeSuccess, models.TradeCompleted, models.TradeExecuted},
	}).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("sum pnl by user and day: %w", err)
	}
	out := make(map[string][]*int64, len(users))
	for _, id := range users {
		out[id] = make([]*int64, days)
	}
	for _, r := range rows {
		out[r.UserID][r.Day] = new(r.Sats)
	}
	return out, nil
}
