package exchange

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

type listOptions struct {
	app    *app.App
	page   flags.Page
	active flags.Active
	search string
}

func newList(a *app.App, run func(context.Context, *listOptions) error) *cobra.Command {
	if run == nil {
		run = runList
	}
	o := &listOptions{app: a}
	c := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List exchanges",
		Long: `List exchanges with the names of the credential fields each of them asks for.

Exit codes: 0, 2, 10, 11, 12.`,
		Example: "  axisor exchange list\n  axisor exchange list -o json --jq '.items[].slug'",
		Args:    flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := errors.Join(o.page.Validate(sortable()...), o.active.Validate()); err != nil {
				return err
			}
			return run(c.Context(), o)
		},
	}
	o.page.Register(c, sortable()...)
	o.active.Register(c)
	c.Flags().StringVar(&o.search, "search", "", "only with this `TEXT` in the name or slug")
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
	types, err := db.CredentialTypesByExchange(ctx)
	if err != nil {
		return err
	}
	filter := store.ExchangeFilter{Search: o.search, Active: o.active.Value()}
	list := db.ListExchanges(ctx, filter, store.Page(o.page))
	return output.List(p, desc(), output.Map(list.Items, func(e models.Exchange) view { return viewOf(e, types[e.ID]) }), list.Next)
}

// sortable are the fields of --sort.
func sortable() []string { return []string{"name", "slug", "created_at", "updated_at"} }
