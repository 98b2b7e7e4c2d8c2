package verb

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/store"
)

// Export writes all rows R that a filter F of the store leaves, csv unless a format is asked for.
type Export[F, R any] struct {
	Words

	Label string // what the progress counts, as in "export users"
	// Filter narrows the export as Filtered narrows the list of the noun.
	Filter Filter[F]
	Rows   func(db *store.DB, ctx context.Context, f F) store.List[R]
	// Copy lets the server write csv itself.
	Copy func(db *store.DB, ctx context.Context, w io.Writer, f F, csv store.CSV) (int64, error)
}

// Exporting builds `export`.
func Exporting[F, R, V any](a *app.App, s Subject[R, V], e Export[F, R]) *cobra.Command {
	var filter func(context.Context, *store.DB) (F, error)
	if e.Use == "" {
		e.Use = "export"
	}
	return Command{
		Words: e.Words, Effect: flags.Read, Fields: output.Fields[V](), Printer: a.ExportPrinter,
		Flags: func(c *cobra.Command) { filter = e.Filter(a, c) },
		Run: func(ctx context.Context, call *Call) error {
			db, err := call.DB(ctx)
			if err != nil {
				return err
			}
			f, err := filter(ctx, db)
			if err != nil {
				return err
			}
			defer a.CountOutput(e.Label)()
			if csv, ok := a.ServerCSV(call.Print); ok {
				_, err := e.Copy(db, ctx, a.Streams.Out, f, csv)
				return err
			}
			return output.List(call.Print, s.Desc(), output.Map(e.Rows(db, ctx, f).Items, s.View), nil)
		},
	}.Build(a)
}
