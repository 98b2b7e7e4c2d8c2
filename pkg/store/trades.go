package store

import (
	"context"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/axisor/axisor/pkg/models"
)

// TradeFilter narrows a list of trade logs.
type TradeFilter struct {
	UserID       string
	AutomationID string
	TradeID      string
	Status       models.TradeStatus // success and failure mean every word for it
	Action       string
	Executed     TimeRange
}

func trades() listing[models.TradeLog] {
	type t = models.TradeLog
	return listing[t]{
		table: "TradeLog", order: "-executed_at", id: func(r *t) string { return r.ID },
		sorts: map[string]sortKey[t]{
			"executed_at": byTime("executed_at", func(r *t) time.Time { return r.ExecutedAt }),
			"created_at":  byTime("created_at", func(r *t) time.Time { return r.CreatedAt }),
			"pnl":         byFloatNull("pnl", func(r *t) *float64 { return r.PnL }),
			"amount":      byFloatNull("amount", func(r *t) *float64 { return r.Amount }),
			"price":       byFloatNull("price", func(r *t) *float64 { return r.Price }),
		},
	}
}

// ListTrades lists trade logs by time of execution, newest first unless asked otherwise.
func (d *DB) ListTrades(ctx context.Context, f TradeFilter, p Page) List[models.TradeLog] {
	return trades().run(ctx, d, p, func(q *gorm.DB) *gorm.DB {
		return filtered(q, f.conditions())
	})
}

// conditions are the filter as SQL.
func (f TradeFilter) conditions() []condition {
	out := f.Executed.conditions("executed_at")
	add := func(sql string, args ...any) { out = append(out, condition{sql, args}) }
	if f.UserID != "" {
		add("user_id = ?", f.UserID)
	}
	if f.AutomationID != "" {
		add("automation_id = ?", f.AutomationID)
	}
	if f.TradeID != "" {
		add("trade_id = ?", f.TradeID)
	}
	if f.Status != "" {
		words := f.Status.Words()
		marks := strings.TrimSuffix(strings.Repeat("?, ", len(words)), ", ")
		args := make([]any, len(words))
		for i, w := range words {
			args[i] = string(w)
		}
		add("status IN ("+marks+")", args...)
	}
	if f.Action != "" {
		add("action = ?", f.Action)
	}
	return out
}

// TradeByID reads one trade log.
func (d *DB) TradeByID(ctx context.Context, id string) (models.TradeLog, error) {
	return byID[models.TradeLog](ctx, d, TradeIDs, id)
}
