package exchange

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/models"
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
		Use:     "show EXCHANGE",
		Aliases: []string{"get"},
		Short:   "Show one exchange",
		Long: `Shows an exchange (slug, name or id) with the names of the credential fields it asks for. lnmarkets and ln-markets
are the same exchange.

Exit codes: 0, 2, 3 when there is no such exchange, 10, 11, 12.`,
		Example:           "  axisor exchange show lnmarkets",
		Args:              flags.Exactly("axisor exchange show lnmarkets", "EXCHANGE"),
		ValidArgsFunction: flags.Live(a.ExchangeNames, false),
		RunE: func(c *cobra.Command, args []string) error {
			o.ref = args[0]
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
	e, err := db.FindExchange(ctx, o.ref)
	if err != nil {
		return err
	}
	v, err := loaded(ctx, o.app, e)
	if err != nil {
		return err
	}
	return output.One(p, desc(), v, nil)
}

// loaded is the view of an exchange with its credential types.
func loaded(ctx context.Context, a *app.App, e models.Exchange) (view, error) {
	db, err := a.DB(ctx)
	if err != nil {
		return view{}, err
	}
	types, err := db.CredentialTypes(ctx, e.ID)
	return viewOf(e, types), err
}
