package trade

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/store"
	"github.com/axisor/axisor/pkg/tradefile"
)

// importView counts what became of the rows.
type importView struct {
	Rows       int64   `json:"rows"`
	Inserted   int64   `json:"inserted"`
	Skipped    int64   `json:"skipped"` // there already
	Rejected   int64   `json:"rejected"`
	DurationMs int64   `json:"duration_ms"`
	Rejects    *string `json:"rejects_file"`
}

func newImport(a *app.App) *cobra.Command {
	var dedupe flags.Enum
	return verb.Import[importView]{
		Words: verb.Words{
			Short: "Bring many trade logs in, from csv or jsonl",
			Long: `Brings trade logs in from a file or, with -, from stdin: jsonl, or csv with the names of the columns in the first line.
user_id (an id, e-mail or username), trade_id, status and executed_at are needed; the others are the fields of
"trade export".

` + app.AboutRows + `

Everything is one transaction. A row whose id exists already is skipped. A row without id gets one made of user_id,
trade_id, action, executed_at, amount and price, so a file that is imported twice is imported once. A row that is wrong, or refers to
a user or an automation that does not exist, is rejected with its line and the reason and does not stop the others;
--rejects writes such rows to a file that can be corrected and imported again. -q prints the ids of the new rows.`,
			Examples: []string{
				"axisor trade import trades.csv --dry-run", "axisor trade import trades.jsonl --rejects rejected.csv",
				"axisor trade import old.csv.gz --map profit=pnl --map email=user_id --dedupe trade_id,executed_at",
			},
			Try: "axisor trade import trades.jsonl",
			Exits: exits.Database(exits.NotFound("the file does not exist"), exits.On(clierr.Partial, "some rows were rejected"),
				exits.On(clierr.Interrupted, "")),
		},
		ID: "inserted", Columns: tradefile.Columns(), Whole: true, GoOn: "run it again",
		Flags: func(c *cobra.Command) {
			flags.RegisterEnum(c, &dedupe, "dedupe", "", "also skip rows of the same user that have both in common with a stored one", "trade_id,executed_at")
		},
		Do: func(ctx context.Context, s *admin.Service, m admin.Mode, f *verb.File) (verb.Counts, error) {
			return importTrades(ctx, s, m, f, dedupe.String() != "")
		},
		View: func(c verb.Counts, spent time.Duration, rejects *string) importView {
			return importView{c.Read, c.Created, c.Skipped, c.Rejected, spent.Milliseconds(), rejects}
		},
	}.Build(a)
}

func importTrades(ctx context.Context, s *admin.Service, m admin.Mode, f *verb.File, dedupe bool) (verb.Counts, error) {
	var unread int64 // rejected before they reached the database
	file, err := tradefile.New(f.In, f.Options, func(x tradefile.Rejected) error {
		unread++
		return reject(f.Rejects, x)
	})
	if err != nil {
		return verb.Counts{}, err
	}
	rows := func(yield func(store.TradeRow, error) bool) {
		for {
			line, trade, err := file.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err == nil {
				err = ctx.Err() // a killed import ends at once, and with it the transaction
			}
			row := store.TradeRow{Line: line, Trade: trade}
			if err == nil && trade.ID == tradefile.DerivedID(trade) {
				row.EarlierID = tradefile.EarlierID(trade)
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
	r, err := s.ImportTrades(ctx, m, admin.ImportTradesInput{
		Source: f.Name, Rows: rows, Dedupe: dedupe,
		Derive: func(row *store.TradeRow) {
			row.Trade.ID, row.EarlierID = tradefile.DerivedID(row.Trade), tradefile.EarlierID(row.Trade)
		},
		Reject:   func(row store.TradeRow, reason string) error { return reject(f.Rejects, rejected(row, reason)) },
		Inserted: f.Written,
	})
	n := verb.Counts{Read: r.Read + unread, Created: r.Inserted, Skipped: r.Skipped, Rejected: r.Rejected + unread}
	n.Summary = fmt.Sprintf("%d inserted, %d stored already, %d rejected", n.Created, n.Skipped, n.Rejected)
	return n, err
}
