package trade

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
)

type exportOptions struct {
	app     *app.App
	filter  filter
	ordered bool
}

func newExport(a *app.App) *cobra.Command {
	o := &exportOptions{app: a}
	c := &cobra.Command{
		Use:   "export",
		Short: "Write all trade logs as csv, json or jsonl",
		Long: `Writes every trade log that fits, with all fields: csv unless --output says otherwise. Rows are streamed as they lie in
the table, so neither memory nor the first byte waits for the rest; --ordered sorts them by time of execution. csv is
made by the server itself. Text that a spreadsheet would run as a formula gets a quote in front, which "axisor trade
import" takes away again: what was exported can be imported.

Exit codes: 0, 2, 3 when the user does not exist, 10, 11, 12.`,
		Example: `  axisor trade export --since 2026-01-01 > trades.csv
  axisor trade export --user ana@example.com -o jsonl --ordered | gzip > ana.jsonl.gz
  axisor trade export --columns executed_at,pnl --no-headers`,
		Args: flags.None(),
		RunE: func(c *cobra.Command, _ []string) error { return runExport(c.Context(), o) },
	}
	o.filter.register(c, a)
	c.Flags().BoolVar(&o.ordered, "ordered", false, "by time of execution; takes longer to begin")
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[view]())
	return c
}

func runExport(ctx context.Context, o *exportOptions) error {
	p, err := o.app.ExportPrinter()
	if err != nil {
		return err
	}
	db, err := o.app.DB(ctx)
	if err != nil {
		return err
	}
	defer o.app.CountOutput("export trade logs")()
	f, err := o.filter.resolve(ctx, o.app, db)
	if err != nil {
		return err
	}
	if csv, ok := o.app.ServerCSV(p); ok {
		_, err := db.CopyTrades(ctx, o.app.Streams.Out, f, csv, o.ordered)
		return err
	}
	return output.List(p, desc(), output.Map(db.StreamTrades(ctx, f, o.ordered), viewOf), nil)
}
