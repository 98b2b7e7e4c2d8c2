package user

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
	span   flags.Range
	active flags.Active
	plan   flags.Enum
	locked bool
	search string
	wide   bool
}

func newList(a *app.App) *cobra.Command {
	o := &listOptions{app: a}
	c := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List users",
		Long: `List users, newest first. --since and --until look at the time of creation, --locked at users who are locked
out right now. --wide adds the pnl of each of the last 30 days, in sats, in UTC, today the last, and their sum
(pnl_30d and pnl_30d_sum): a sparkline on a terminal, numbers elsewhere. A day without a finished trade whose pnl is known
is null, drawn as a dot.

Exit codes: 0, 2, 10, 11, 12.`,
		Example: "  axisor user list --plan pro --active\n  axisor user list --search ana -o json --jq '.items[].email'\n  axisor user list --wide",
		Args:    flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := errors.Join(o.page.Validate(sortable()...), o.active.Validate()); err != nil {
				return err
			}
			return runList(c.Context(), o)
		},
	}
	o.page.Register(c, sortable()...)
	flags.RegisterEnum(c, &o.plan, "plan", "", "only on this plan", planWords()...)
	o.active.Register(c)
	c.Flags().BoolVar(&o.locked, "locked", false, "only users who are locked out now")
	c.Flags().StringVar(&o.search, "search", "", "only with this `TEXT` in the e-mail or username, in any case")
	c.Flags().BoolVar(&o.wide, "wide", false, "with the pnl of each of the last 30 days")
	o.span.Register(c)
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[view]())
	flags.FieldsWith(c, "wide", output.Fields[wideView]()[len(output.Fields[view]()):])
	return c
}

func runList(ctx context.Context, o *listOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	when, err := o.app.TimeRange(&o.span)
	if err != nil {
		return err
	}
	db, err := o.app.DB(ctx)
	if err != nil {
		return err
	}
	list := db.ListUsers(ctx, store.UserFilter{
		Plan: models.PlanType(o.plan.String()), Active: o.active.Value(), Locked: o.locked, Search: o.search,
		Created: when,
	}, store.Page(o.page))
	if o.wide && !o.app.Globals.Quiet { // ids need no days
		return output.List(p, wideDesc(o.app.Streams.OutTerminal()), withPnL(ctx, db, o.app.Now(), list.Items), list.Next)
	}
	return output.List(p, desc(), output.Map(list.Items, viewOf), list.Next)
}

// sortable are the fields of --sort.
func sortable() []string {
	return []string{"created_at", "updated_at", "email", "username", "plan_type", "last_login_at", "locked_until", "id"}
}

func planWords() []string {
	var words []string
	for _, p := range models.PlanTypes() {
		words = append(words, string(p))
	}
	return words
}
