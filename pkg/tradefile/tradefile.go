// Package tradefile owns the files that trade logs come from, row by row, with every wrong row named by its line and the
// reason. It knows no database and no command.
package tradefile

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/rowfile"
)

var needed = []string{"user_id", "trade_id", "status", "executed_at"}

// names are the columns that are looked up, and what an index of the database takes of one in bytes, with room to spare.
var names = []string{"id", "user_id", "automation_id", "trade_id", "status", "action", "plan_type"}

const maxName = 1000

// Columns are the fields of a row.
func Columns() []string {
	return []string{
		"id", "user_id", "automation_id", "trade_id", "status", "action", "plan_type", "pnl", "amount", "price", "error_message",
		"executed_at", "created_at",
	}
}

// Rejected is a wrong row.
type Rejected struct {
	Row    rowfile.Row
	Reason string
}

// Reader reads trade logs.
type Reader struct {
	rows   *rowfile.Reader
	reject func(Rejected) error
}

// New prepares a reader of a file in the format, of the name and with the headers that o says. Wrong rows go to reject.
// A file that is none of rows is a rowfile.FormatError.
func New(in io.Reader, o rowfile.Options, reject func(Rejected) error) (*Reader, error) {
	o.Columns, o.Needed, o.Scalar = Columns(), needed, true
	rows, err := rowfile.NewReader(in, o)
	return &Reader{rows, reject}, err
}

// Read returns the next good row and its line, or io.EOF.
func (r *Reader) Read() (int64, models.TradeLog, error) {
	for {
		row, err := r.rows.Read()
		if err != nil {
			return 0, models.TradeLog{}, err
		}
		if row.Wrong == "" {
			trade, reason := understand(row)
			if reason == "" {
				return row.Line, trade, nil
			}
			row.Wrong = reason
		}
		if err := r.reject(Rejected{row, row.Wrong}); err != nil {
			return 0, models.TradeLog{}, err
		}
	}
}

// understand turns text into a trade log, or says why it is none.
func understand(row rowfile.Row) (models.TradeLog, string) {
	var t models.TradeLog
	get := func(name string) string { return models.Deref(row.Fields[name]) }
	for _, name := range needed {
		if get(name) == "" {
			return t, name + " is missing"
		}
	}
	for _, name := range names {
		if len(get(name)) > maxName {
			return t, fmt.Sprintf("%s has more than %d bytes", name, maxName)
		}
	}
	t.ID, t.UserID, t.TradeID, t.Status = get("id"), get("user_id"), get("trade_id"), models.TradeStatus(get("status"))
	t.AutomationID, t.Action, t.ErrorMessage = row.Fields["automation_id"], row.Fields["action"], row.Fields["error_message"]
	if !t.Status.Valid() {
		return t, fmt.Sprintf("status %q is unknown", t.Status)
	}
	if plan := row.Fields["plan_type"]; plan != nil {
		t.PlanType = new(models.PlanType(*plan))
		if !t.PlanType.Valid() {
			return t, fmt.Sprintf("plan_type %q is unknown", *plan)
		}
	}
	for name, to := range map[string]**float64{"pnl": &t.PnL, "amount": &t.Amount, "price": &t.Price} {
		text := row.Fields[name]
		if text == nil {
			continue
		}
		f, err := models.ParseNumber(*text)
		switch {
		case errors.Is(err, models.ErrNotCredible):
			return t, fmt.Sprintf("%s %q is more than all bitcoin", name, *text)
		case err != nil:
			return t, fmt.Sprintf("%s %q is no finite number", name, *text)
		}
		*to = &f
	}
	var ok bool
	if t.ExecutedAt, ok = instant(get("executed_at")); !ok {
		return t, fmt.Sprintf("executed_at %q is no time between 1970 and 2200 such as 2026-08-12T09:30:00Z", get("executed_at"))
	}
	if text := get("created_at"); text != "" {
		if t.CreatedAt, ok = instant(text); !ok {
			return t, fmt.Sprintf("created_at %q is no time between 1970 and 2200 such as 2026-08-12T09:30:00Z", text)
		}
	}
	if t.ID == "" {
		t.ID = DerivedID(t)
	}
	return t, ""
}

// instant reads a time of these days.
func instant(text string) (time.Time, bool) {
	at, err := models.ParseTime(text)
	return at, err == nil
}
