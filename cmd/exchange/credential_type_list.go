package exchange

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
)

type typeListOptions struct {
	app *app.App
	ref string
}

func newTypeList(a *app.App, run func(context.Context, *typeListOptions) error) *cobra.Command {
	if run == nil {
		run = runTypeList
	}
	o := &typeListOptions{app: a}
	c := &cobra.Command{
		Use:     "list EXCHANGE",
		Aliases: []string{"ls"},
		Short:   "List the credential fields of an exchange",
		Long: `Lists the credential fields of an exchange (slug, name or id) in the order in which they are asked for.

Exit codes: 0, 2, 3 when there is no such exchange, 10, 11, 12.`,
		Example:           "  axisor exchange credential-type list lnmarkets",
		Args:              flags.Exactly("axisor exchange credential-type list lnmarkets", "EXCHANGE"),
		ValidArgsFunction: flags.Live(a.ExchangeNames, false),
		RunE: func(c *cobra.Command, args []string) error {
			o.ref = args[0]
			return run(c.Context(), o)
		},
	}
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[typeView]())
	return c
}

func runTypeList(ctx context.Context, o *typeListOptions) error {
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
	types, err := db.CredentialTypes(ctx, e.ID)
	if err != nil {
		return err
	}
	views := make([]typeView, 0, len(types))
	for _, t := range types {
		views = append(views, typeViewOf(t, e.Slug))
	}
	return output.Slice(p, typeDesc(), views)
}
