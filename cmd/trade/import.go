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
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/rowfile"
	"github.com/axisor/axisor/pkg/store"
	"github.com/axisor/axisor/pkg/tradefile"
)

const importExample = "axisor trade import trades.jsonl"

type importOptions struct {
	app     *app.App
	file    string
	table   flags.Table
	dedupe  flags.Enum
	rejects flags.Rejects
	write   flags.Writes
}

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
	o := &importOptions{app: a}
	c := &cobra.Command{
		Use:   "import FILE|-",
		Short: "Bring many trade logs in, from csv or jsonl",
		Long: `Brings trade logs in from a file or, with -, from stdin: jsonl, or csv with the names of the columns in the first line.
user_id (an id, e-mail or username), trade_id, status and executed_at are needed; the others are the fields of
"trade export".

` + app.AboutRows + `

Everything is one transaction. A row whose id is there already is skipped. A row without id gets one made of user_id,
trade_id, action, executed_at, amount and price, so a file that is imported twice is imported once. A row that is wrong, or refers to
a user or an automation that does not exist, is rejected with its line and the reason and does not stop the others;
--rejects writes such rows to a file that can be mended and imported again. -q prints the ids of the new rows.

Exit codes: 0, 2, 3 when the file does not exist, 7 when some rows were rejected, 10, 11, 12, 130.`,
		Example: `  axisor trade import trades.csv --dry-run
  ` + importExample + ` --rejects rejected.csv
  axisor trade import old.csv.gz --map profit=pnl --map email=user_id --dedupe trade_id,executed_at`,
		Args: flags.Exactly(importExample, "FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			o.file = args[0]
			return runImport(c.Context(), o)
		},
	}
	o.table.Register(c, rowfile.FormatCSV, rowfile.FormatJSONL)
	flags.RegisterEnum(c, &o.dedupe, "dedupe", "", "also skip rows of the same user that have both in common with a stored one", "trade_id,executed_at")
	o.rejects.Register(c)
	o.write.Register(c)
	flags.Fields(c, output.Fields[importView]())
	return c
}

func runImport(ctx context.Context, o *importOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	in, size, name, err := o.app.Input(ctx, o.file, "axisor trade import")
	if err != nil {
		return err
	}
	defer in.Close()
	svc, err := o.app.Admin(ctx)
	if err != nil {
		return err
	}
	file, err := o.app.OpenRejects(p, o.rejects, in, tradefile.Columns())
	if err != nil {
		return err
	}
	bad := &rejects{Rejects: file}
	start := o.app.Now()
	bytes := progress.Start(p.Streams(), "import", size, progress.Bytes, o.app.Globals.Quiet)
	ids, err := app.NewIDs(p, o.app.Globals.Quiet && !o.rejects.Stdout())
	if err != nil {
		return err
	}
	defer ids.Close()
	done, err := o.run(ctx, svc, progress.Reader(bytes, in), name, bad, ids)
	bytes.Done()
	if err := errors.Join(err, bad.Close(err == nil)); err != nil {
		if errors.Is(err, context.Canceled) { // it is one transaction
			return clierr.New(clierr.Interrupted, "interrupted", "interrupted; nothing was imported", "run it again").WithCause(err)
		}
		return err
	}
	done.Rejected += bad.unread
	done.Read += bad.unread
	if err := ids.Print(); err != nil {
		return err
	}
	return o.print(p, done, o.app.Now().Sub(start))
}

func (o *importOptions) run(ctx context.Context, svc *admin.Service, in io.Reader, name string, bad *rejects, ids *app.IDs) (store.TradeImported, error) {
	r, err := tradefile.New(in, o.app.Rows(o.file, o.table), func(x tradefile.Rejected) error {
		bad.unread++
		return bad.add(x)
	})
	if err != nil {
		return store.TradeImported{}, err
	}
	rows := func(yield func(store.TradeRow, error) bool) {
		for {
			line, trade, err := r.Read()
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
	return svc.ImportTrades(ctx, o.app.Mode(o.write.DryRun), admin.ImportTradesInput{
		Source: name, Rows: rows, Dedupe: o.dedupe.String() != "",
		Derive: func(row *store.TradeRow) {
			row.Trade.ID, row.EarlierID = tradefile.DerivedID(row.Trade), tradefile.EarlierID(row.Trade)
		},
		Reject:   func(row store.TradeRow, reason string) error { return bad.add(rejected(row, reason)) },
		Inserted: ids.Collector(),
	})
}

func (o *importOptions) print(p *output.Printer, r store.TradeImported, spent time.Duration) error {
	v := importView{Rows: r.Read, Inserted: r.Inserted, Skipped: r.Skipped, Rejected: r.Rejected, DurationMs: spent.Milliseconds(), Rejects: o.rejects.Name()}
	result := admin.StatusUnchanged
	if r.Inserted > 0 {
		result = admin.StatusCreated
	}
	said := fmt.Sprintf("%d inserted, %d stored already, %d rejected, in %s", r.Inserted, r.Skipped, r.Rejected, spent.Round(10*time.Millisecond))
	rows := output.Count(r.Read, "row") + " read: "
	say := output.Say{Done: rows + said, Would: rows + "would be " + said, Already: rows + said}
	err := app.Imported(p, o.rejects, output.Desc{ID: "inserted"}, v, output.ChangeInfo{Result: result, DryRun: o.write.DryRun, Say: say})
	if err != nil || r.Rejected == 0 {
		return err
	}
	return app.RowsRejected(fmt.Sprintf("%d of %d rows rejected", r.Rejected, r.Read), o.rejects)
}
