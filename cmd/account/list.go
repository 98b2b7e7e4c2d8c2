package account

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/store"
)

type listOptions struct {
	app      *app.App
	page     flags.Page
	active   flags.Active
	created  flags.Range
	user     string
	exchange string
}

func newList(a *app.App, run func(context.Context, *listOptions) error) *cobra.Command {
	if run == nil {
		run = runList
	}
	o := &listOptions{app: a}
	c := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List exchange accounts",
		Long: `Lists exchange accounts, newest first, with the names of their credential fields. Values are not even read.

Exit codes: 0, 2, 3 when the user or exchange does not exist, 10, 11, 12.`,
		Example: `  axisor account list --user ana@example.com
  axisor account list --active --exchange lnmarkets -o json
  axisor account list --all -o csv --columns id,user_id,account_name`,
		Args: flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := errors.Join(o.page.Validate(sortable()...), o.active.Validate()); err != nil {
				return err
			}
			return run(c.Context(), o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.user, "user", "", "only of this `USER` (id, e-mail or username)")
	f.StringVar(&o.exchange, "exchange", "", "only on the exchange with this `SLUG`")
	o.active.Register(c)
	o.created.Register(c)
	o.page.Register(c, sortable()...)
	flags.CompleteLive(c, "user", a.UserNames)
	flags.CompleteLive(c, "exchange", a.ExchangeNames)
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[view]())
	return c
}

func runList(ctx context.Context, o *listOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	filter := store.AccountFilter{Active: o.active.Value()}
	if filter.Created, err = o.app.TimeRange(&o.created); err != nil {
		return err
	}
	db, err := o.app.DB(ctx)
	if err != nil {
		return err
	}
	if filter.UserID, err = o.app.UserID(ctx, o.user); err != nil {
		return err
	}
	if o.exchange != "" {
		e, err := db.FindExchange(ctx, o.exchange)
		if err != nil {
			return err
		}
		filter.ExchangeID = e.ID
	}
	list := db.ListAccounts(ctx, filter, store.Page(o.page))
	return output.List(p, desc(), output.Map(list.Items, viewOf), list.Next)
}

// sortable are the fields of --sort.
func sortable() []string {
	return []string{"created_at", "updated_at", "account_name", "user_id", "last_test"}
}
