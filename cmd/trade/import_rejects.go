package trade

import (
	"strconv"
	"time"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/rowfile"
	"github.com/axisor/axisor/pkg/store"
	"github.com/axisor/axisor/pkg/tradefile"
)

// reject hands a row on to whoever takes the rejected ones.
func reject(to *app.Rejects, x tradefile.Rejected) error {
	cells := make([]string, 0, len(tradefile.Columns()))
	for _, c := range tradefile.Columns() {
		cell := models.Deref(x.Row.Fields[c])
		if c != "pnl" && c != "amount" && c != "price" { // a minus is no formula there
			cell = rowfile.Escape(cell)
		}
		cells = append(cells, cell)
	}
	return to.Add(x.Row.Line, x.Reason, x.Row.Text, cells)
}

// rejected is a row that came back from the database.
func rejected(row store.TradeRow, reason string) tradefile.Rejected {
	t := row.Trade
	number := func(f *float64) *string {
		if f == nil {
			return nil
		}
		return new(strconv.FormatFloat(*f, 'g', -1, 64))
	}
	fields := map[string]*string{
		"id": &t.ID, "user_id": &t.UserID, "automation_id": t.AutomationID, "trade_id": &t.TradeID, "status": (*string)(&t.Status),
		"action": t.Action, "plan_type": (*string)(t.PlanType), "pnl": number(t.PnL), "amount": number(t.Amount), "price": number(t.Price),
		"error_message": t.ErrorMessage, "executed_at": new(t.ExecutedAt.UTC().Format(time.RFC3339Nano)),
	}
	if t.ID == tradefile.DerivedID(t) { // of data that is to be mended
		fields["id"] = nil
	}
	if !t.CreatedAt.IsZero() {
		fields["created_at"] = new(t.CreatedAt.UTC().Format(time.RFC3339Nano))
	}
	return tradefile.Rejected{Row: rowfile.Row{Line: row.Line, Fields: fields}, Reason: reason}
}
