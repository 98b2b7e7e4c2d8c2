package account

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
)

type showOptions struct {
	app *app.App
	ref string
}

func newShow(a *app.App, run func(context.Context, *showOptions) error) *cobra.Command {
	if run == nil {
		run = runShow
	}
	o := &showOptions{app: a}
	c := &cobra.Command{
		Use:     "show ACCOUNT",
		Aliases: []string{"get"},
		Short:   "Show one exchange account",
		Long: `Shows one account, named by its id or as USER/NAME, with the names of its credential fields. Values are not read.

Exit codes: 0, 2, 3 when there is no such account, 4 when USER/NAME fits several, 10, 11, 12.`,
		Example: "  axisor account show ana@example.com/Main\n  axisor account show 6f1d2a34-5b6c-4d7e-8f90-a1b2c3d4e5f6 -o json",
		Args:    flags.Exactly("axisor account show ana@example.com/Main", "ACCOUNT"),
		RunE: func(c *cobra.Command, args []string) error {
			o.ref = args[0]
			return run(c.Context(), o)
		},
	}
	c.ValidArgsFunction = flags.Live(a.AccountNames, false)
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
	a, err := db.FindAccount(ctx, o.ref)
	if err != nil {
		return err
	}
	return output.One(p, desc(), viewOf(a), nil)
}
