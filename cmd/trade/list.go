package trade

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

func subject() verb.Subject[models.TradeLog, view] {
	return verb.Subject[models.TradeLog, view]{Desc: desc, Find: (*store.DB).TradeByID, View: viewOf, Owner: owner}
}

func newShow(a *app.App) *cobra.Command {
	return subject().Show(a, verb.Words{
		Use: "show ID", Short: "Show one trade log",
		Long:     "Shows the trade log with this id: its own id, not the exchange's.",
		Examples: []string{"axisor trade show 6f1d2a34-5b6c-4d7e-8f90-a1b2c3d4e5f6"}, Exits: exits.Database(exits.NotFound("no such trade log")),
	}, nil)
}

func newList(a *app.App) *cobra.Command {
	return subject().List(a, verb.List[models.TradeLog]{
		Words: verb.Words{
			Short: "List trade logs",
			Long: `Lists trade logs, newest first. A page ends with a cursor for the next one; --all streams everything.

The web application has written more than one word for the same outcome: --status success means success, completed and
executed; --status failure means failed, app_error and exchange_error. The other words mean themselves.`,
			Examples: []string{
				"axisor trade list --user ana@example.com --since 7d",
				"axisor trade list --action add_margin --status failure -o json",
				"axisor trade list --all -o csv --columns executed_at,trade_id,amount,price",
			},
			Exits: exits.Database(exits.NotFound("no such user")),
		},
		Sort:   []string{"executed_at", "created_at", "pnl", "amount", "price"},
		Filter: verb.Filtered(filtered, (*store.DB).ListTrades),
	})
}

func newExport(a *app.App) *cobra.Command {
	var ordered bool
	return verb.Exporting(a, subject(), verb.Export[store.TradeFilter, models.TradeLog]{
		Words: verb.Words{
			Short: "Write all trade logs as csv, json or jsonl",
			Long: `Writes every trade log that fits, with all fields: csv unless --output says otherwise. Rows are streamed as they lie in
the table, so neither memory nor the first byte waits for the rest; --ordered sorts them by time of execution. csv is
made by the server itself. Text that a spreadsheet would run as a formula gets a quote in front, which "axisor trade
import" takes away again: what was exported can be imported.`,
			Examples: []string{
				"axisor trade export --since 2026-01-01 > trades.csv",
				"axisor trade export --user ana@example.com -o jsonl --ordered | gzip > ana.jsonl.gz",
				"axisor trade export --columns executed_at,pnl --no-headers",
			},
			Exits: exits.Database(exits.NotFound("no such user")),
		},
		Label: "export trade logs",
		Filter: func(a *app.App, c *cobra.Command) func(context.Context, *store.DB) (store.TradeFilter, error) {
			resolve := filtered(a, c)
			c.Flags().BoolVar(&ordered, "ordered", false, "by time of execution; takes longer to begin")
			return resolve
		},
		Rows: func(db *store.DB, ctx context.Context, f store.TradeFilter) store.List[models.TradeLog] {
			return store.List[models.TradeLog]{Items: db.StreamTrades(ctx, f, ordered)}
		},
		Copy: func(db *store.DB, ctx context.Context, w io.Writer, f store.TradeFilter, csv store.CSV) (int64, error) {
			return db.CopyTrades(ctx, w, f, csv, ordered)
		},
	})
}

// filtered adds the flags that narrow lists and exports of trade logs.
func filtered(a *app.App, c *cobra.Command) func(context.Context, *store.DB) (store.TradeFilter, error) {
	f := &filter{}
	f.register(c, a)
	return func(ctx context.Context, db *store.DB) (store.TradeFilter, error) { return f.resolve(ctx, a, db) }
}
