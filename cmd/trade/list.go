package trade

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/store"
)

type listOptions struct {
	app    *app.App
	page   flags.Page
	filter filter
}

func sortable() []string { return []string{"executed_at", "created_at", "pnl", "amount", "price"} }

func newList(a *app.App) *cobra.Command {
	o := &listOptions{app: a}
	c := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List trade logs",
		Long: `Lists trade logs, newest first. A page ends with a cursor for the next one; --all streams everything.

The web application has written more than one word for the same outcome: --status success means success, completed and
executed; --status failure means failed, app_error and exchange_error. The other words mean themselves.

Exit codes: 0, 2, 3 when the user does not exist, 10, 11, 12.`,
		Example: `  axisor trade list --user ana@example.com --since 7d
  axisor trade list --action add_margin --status failure -o json
  axisor trade list --all -o csv --columns executed_at,trade_id,amount,price`,
		Args: flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.page.Validate(sortable()...); err != nil {
				return err
			}
			return runList(c.Context(), o)
		},
	}
	o.filter.register(c, a)
	o.page.Register(c, sortable()...)
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[view]())
	return c
}

func runList(ctx context.Context, o *listOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	db, err := o.app.DB(ctx)
	if err != nil {
		return err
	}
	f, err := o.filter.resolve(ctx, o.app, db)
	if err != nil {
		return err
	}
	list := db.ListTrades(ctx, f, store.Page(o.page))
	return output.List(p, desc(), app.Owned(ctx, p, db, list.Items, viewOf, owner), list.Next)
}
