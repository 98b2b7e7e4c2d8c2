package trade

import (
	"encoding/csv"
	"errors"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/pkg/store"
	"github.com/axisor/axisor/pkg/tradefile"
)

// fewRejects is how many rejected rows are told on stderr when no file takes them.
const fewRejects = 10

// rejects writes rejected rows as csv with line and reason in front, which can be mended and imported again. Without a
// file it tells the first ones.
type rejects struct {
	mu     sync.Mutex // rows are read while others are in the database
	p      *output.Printer
	file   *os.File
	w      *csv.Writer
	told   int
	unread int64 // rejected before they reached the database
}

func openRejects(a *app.App, p *output.Printer, name string) (*rejects, error) {
	if name == "" {
		return &rejects{p: p}, nil
	}
	f, err := os.OpenFile(config.Absolute(name, a.Dir, a.Env), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, clierr.Usagef("--rejects %s: the file cannot be written", name).WithCause(err)
	}
	r := &rejects{p: p, file: f, w: csv.NewWriter(f)}
	return r, r.w.Write(append([]string{"line", "reason"}, tradefile.Columns()...))
}

func (r *rejects) add(x tradefile.Rejected) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		if r.told++; r.told <= fewRejects && !r.p.Machine() {
			r.p.Notice("line %d rejected: %s", x.Row.Line, x.Reason)
		}
		return nil
	}
	reason := x.Reason
	if x.Row.Text != "" { // nothing of it fits a column
		reason += ": " + x.Row.Text
	}
	record := []string{strconv.FormatInt(x.Row.Line, 10), output.EscapeCell(reason)}
	for _, c := range tradefile.Columns() {
		cell := ""
		if v := x.Row.Fields[c]; v != nil {
			cell = *v
		}
		if c != "pnl" && c != "amount" && c != "price" { // a minus is no formula there
			cell = output.EscapeCell(cell)
		}
		record = append(record, cell)
	}
	return r.w.Write(record)
}

func (r *rejects) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		return nil
	}
	r.w.Flush()
	return errors.Join(r.w.Error(), r.file.Close())
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
	if !t.CreatedAt.IsZero() {
		fields["created_at"] = new(t.CreatedAt.UTC().Format(time.RFC3339Nano))
	}
	return tradefile.Rejected{Row: tradefile.Row{Line: row.Line, Fields: fields}, Reason: reason}
}
