package payment

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

func newList(a *app.App) *cobra.Command {
	o := &listOptions{app: a}
	c := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List payments",
		Long: `List payments, newest first. --since and --until look at the time of creation. EVIDENCE says why a payment counts
as paid: node, preimage or forced; a paid one without evidence was marked by the web application, which checks none.

Exit codes: 0, 2, 3 (no such user), 10, 11, 12.`,
		Example: `  axisor payment list --status paid --since 30d
  axisor payment list --user ana@example.com -o json --jq '.items[] | [.status, .amount_sats]'
  axisor payment list --overdue -q`,
		Args: flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.page.Validate(sortable()...); err != nil {
				return err
			}
			return runList(c.Context(), o)
		},
	}
	o.page.Register(c, sortable()...)
	o.filter.register(c, a)
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
	list := db.ListPayments(ctx, f, store.Page(o.page))
	return output.List(p, desc(), output.Map(list.Items, viewOf), list.Next)
}
