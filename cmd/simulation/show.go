package simulation

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
	const example = "axisor simulation show 5f0c1a52-7f5e-4f0e-9f57-1d2b3c4d5e6f"
	c := &cobra.Command{
		Use:     "show <id>",
		Aliases: []string{"get"},
		Short:   "Show one simulation with its configuration",
		Long:    "Show one simulation with its configuration.\n\nExit codes: 0, 2, 3 (no such simulation), 10, 11, 12.",
		Example: "  " + example + "\n  " + example + " -o json --jq .config",
		Args:    flags.Exactly(example, "id"),
		RunE: func(c *cobra.Command, args []string) error {
			o.id = args[0]
			return run(c.Context(), o)
		},
	}
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[showView]())
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
	row, err := db.SimulationByID(ctx, o.id)
	if err != nil {
		return err
	}
	return output.One(p, desc(), showOf(row), nil)
}
