package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/axisor/axisor/pkg/models"
)

// TradeFilter narrows a list of trade logs.
type TradeFilter struct {
	UserID       string
	AutomationID string
	TradeID      string
	Status       models.TradeStatus
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
		q = f.Executed.on(q, "executed_at")
		if f.UserID != "" {
			q = q.Where("user_id = ?", f.UserID)
		}
		if f.AutomationID != "" {
			q = q.Where("automation_id = ?", f.AutomationID)
		}
		if f.TradeID != "" {
			q = q.Where("trade_id = ?", f.TradeID)
		}
		switch f.Status {
		case "":
		case models.TradeSuccess:
			q = q.Where("status = 'success'") // a literal, for the partial index
		default:
			q = q.Where("status = ?", f.Status)
		}
		if f.Action != "" {
			q = q.Where("action = ?", f.Action)
		}
		return q
	})
}

// TradeByID reads one trade log.
func (d *DB) TradeByID(ctx context.Context, id string) (models.TradeLog, error) {
	var row models.TradeLog
	err := d.Gorm(ctx).Where("id = ?", id).Take(&row).Error
	if errors.Is(err, ErrNotFound) {
		return row, &NotFoundError{Kind: "trade", Ref: id}
	}
	if err != nil {
		return row, fmt.Errorf("read trade: %w", err)
	}
	return row, nil
}
