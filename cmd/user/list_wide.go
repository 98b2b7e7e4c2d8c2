package user

import (
	"context"
	"iter"
	"time"

	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/chart"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

const (
	wideDays = 30
	widePage = 500 // users whose days are read with one query
)

// wideView is a user with the pnl of the last days, in sats. A day without a finished trade whose pnl is known is null.
type wideView struct {
	view

	PnL    []*int64 `json:"pnl_30d"`
	PnLSum *int64   `json:"pnl_30d_sum"`
}

// wideDesc draws the days on a terminal; elsewhere they are numbers.
func wideDesc(terminal bool) output.Desc {
	days := output.Column{Field: "pnl_30d", Header: "PNL 30D", Whole: true}
	if terminal {
		days.Format = spark
	}
	d := desc()
	for i := range d.Columns { // an e-mail says who it is, and the plan is what pnl is looked at with
		if c := &d.Columns[i]; c.Field == "username" || c.Field == "is_active" {
			c.Drop = 6
		}
	}
	d.Columns = append(d.Columns, days, output.Column{Field: "pnl_30d_sum", Header: "SUM (SATS)"})
	return d
}

func spark(v any) string {
	days, _ := v.([]*int64)
	values := make([]*float64, len(days))
	for i, sats := range days {
		if sats != nil {
			values[i] = new(float64(*sats))
		}
	}
	return chart.Spark(values)
}

// withPnL adds the days up to now to users, page by page.
func withPnL(ctx context.Context, db *store.DB, now time.Time, users iter.Seq2[models.User, error]) iter.Seq2[wideView, error] {
	since := now.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1-wideDays)
	return output.Paged(users, widePage, func(page []models.User) ([]wideView, error) { return wideViews(ctx, db, since, page) })
}

func wideViews(ctx context.Context, db *store.DB, since time.Time, page []models.User) ([]wideView, error) {
	ids := make([]string, len(page))
	for i, u := range page {
		ids[i] = u.ID
	}
	days, err := db.DailyPnL(ctx, ids, since, wideDays)
	if err != nil {
		return nil, err
	}
	views := make([]wideView, len(page))
	for i, u := range page {
		views[i] = wideView{view: viewOf(u), PnL: days[u.ID]}
		for _, sats := range days[u.ID] {
			if sats != nil {
				views[i].PnLSum = new(models.Deref(views[i].PnLSum) + *sats)
			}
		}
	}
	return views, nil
}
