package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/axisor/axisor/pkg/models"
)

// TradeColumns are the columns of a trade log in their order.
func TradeColumns() []string {
	return []string{
		"id", "user_id", "automation_id", "trade_id", "status", "action", "plan_type", "pnl", "amount", "price", "error_message",
		"executed_at", "created_at",
	}
}

// CopyTrades writes trade logs as csv. Without order the rows come as they lie in the table, at once; with it by time of
// execution.
func (d *DB) CopyTrades(ctx context.Context, w io.Writer, f TradeFilter, o CSV, ordered bool) (int64, error) {
	src := csvSource{what: "trades", from: `"TradeLog"`, where: f.conditions()}
	if ordered {
		src.order = "executed_at, id"
	}
	for _, name := range TradeColumns() {
		kind := cellAsIs
		switch name {
		case "executed_at", "created_at":
			kind = cellTime
		case "id", "user_id", "automation_id", "trade_id", "status", "action", "error_message":
			kind = cellText
		}
		src.columns = append(src.columns, csvColumn{name, name, kind})
	}
	return d.copyCSV(ctx, w, src, o)
}

func ordering(ordered bool) string {
	if ordered {
		return " ORDER BY executed_at, id"
	}
	return ""
}

// errStopped ends a stream whose consumer has had enough.
var errStopped = errors.New("stopped")

// StreamTrades reads trade logs row by row on one connection: faster than pages, and without their pauses.
func (d *DB) StreamTrades(ctx context.Context, f TradeFilter, ordered bool) iter.Seq2[models.TradeLog, error] {
	return func(yield func(models.TradeLog, error) bool) {
		err := d.withConn(ctx, func(c *Conn) error {
			where, args := numbered(f.conditions())
			rows, err := c.Query(ctx, "SELECT "+strings.Join(TradeColumns(), ", ")+` FROM "TradeLog"`+where+ordering(ordered), args...)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var t models.TradeLog
				var executed, created pgtype.Timestamp // which may be infinite
				if err := rows.Scan(&t.ID, &t.UserID, &t.AutomationID, &t.TradeID, &t.Status, &t.Action, &t.PlanType, &t.PnL, &t.Amount, &t.Price,
					&t.ErrorMessage, &executed, &created); err != nil {
					return err
				}
				t.ExecutedAt, t.CreatedAt = executed.Time, created.Time
				for name, at := range map[string]pgtype.Timestamp{"executed_at": executed, "created_at": created} {
					if at.InfinityModifier != pgtype.Finite {
						d.unreadable(ctx, []string{fmt.Sprintf("TradeLog %s: column %s cannot be read: %s is no time", t.ID, name, at.InfinityModifier)})
					}
				}
				if !yield(t, nil) {
					return errStopped
				}
			}
			return rows.Err()
		})
		if err != nil && !errors.Is(err, errStopped) {
			yield(models.TradeLog{}, fmt.Errorf("read trades: %w", err))
		}
	}
}
