package payment

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/store"
)

type exportOptions struct {
	app    *app.App
	filter filter
}

func newExport(a *app.App) *cobra.Command {
	o := &exportOptions{app: a}
	c := &cobra.Command{
		Use:   "export",
		Short: "Write all payments as csv, json or jsonl",
		Long: `Write every payment that fits, oldest first, with all fields: csv unless --output says otherwise. Rows are streamed,
so the size of the table does not matter; csv is made by the server itself. Cells that a spreadsheet would run as a formula are escaped.

Exit codes: 0, 2, 3 (no such user), 10, 11, 12.`,
		Example: `  axisor payment export --since 2026-01-01 > payments.csv
  axisor payment export --status paid -o jsonl | gzip > paid.jsonl.gz`,
		Args: flags.None(),
		RunE: func(c *cobra.Command, _ []string) error { return runExport(c.Context(), o) },
	}
	o.filter.register(c, a)
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
	defer o.app.CountOutput("export payments")()
	f, err := o.filter.resolve(ctx, o.app, db)
	if err != nil {
		return err
	}
	if csv, ok := o.app.ServerCSV(p); ok {
		_, err := db.CopyPayments(ctx, o.app.Streams.Out, f, csv)
		return err
	}
	list := db.ListPayments(ctx, f, store.Page{All: true, Sort: "created_at"})
	return output.List(p, desc(), output.Map(list.Items, viewOf), nil)
}
