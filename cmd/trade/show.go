package trade

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
)

type showOptions struct {
	app *app.App
	id  string
}

func newShow(a *app.App, run func(context.Context, *showOptions) error) *cobra.Command {
	if run == nil {
		run = runShow
	}
	o := &showOptions{app: a}
	c := &cobra.Command{
		Use:     "show ID",
		Aliases: []string{"get"},
		Short:   "Show one trade log",
		Long: `Shows the trade log with this id: its own id, not the exchange's.

Exit codes: 0, 2, 3 when there is none, 10, 11, 12.`,
		Example: "  axisor trade show 6f1d2a34-5b6c-4d7e-8f90-a1b2c3d4e5f6",
		Args:    flags.Exactly("axisor trade show 6f1d2a34-5b6c-4d7e-8f90-a1b2c3d4e5f6", "ID"),
		RunE: func(c *cobra.Command, args []string) error {
			o.id = args[0]
			return run(c.Context(), o)
		},
	}
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[view]())
	return c
}

func runShow(ctx context.Context, o *showOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	db, err := o.app.DB(ctx)
	if err != nil {
		return err
	}
	row, err := db.TradeByID(ctx, o.id)
	if err != nil {
		return err
	}
	return output.One(p, desc(), viewOf(row), nil)
}
