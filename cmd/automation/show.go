package automation

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

func newShow(a *app.App) *cobra.Command {
	o := &showOptions{app: a}
	c := &cobra.Command{
		Use:     "show ID",
		Aliases: []string{"get"},
		Short:   "Show one automation",
		Long: `Shows the automation with this id and its configuration.

Exit codes: 0, 2, 3 when there is none, 10, 11, 12.`,
		Example: "  axisor automation show " + idExample + "\n  axisor automation show " + idExample + " --jq .config",
		Args:    flags.Exactly("axisor automation show "+idExample, "ID"),
		RunE: func(c *cobra.Command, args []string) error {
			o.id = args[0]
			return runShow(c.Context(), o)
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
	row, err := db.AutomationByID(ctx, o.id, false)
	if err != nil {
		return err
	}
	return output.One(p, desc(), viewOf(row), nil)
}
