// Package report holds the commands that look at backtest reports. They only read.
package report

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/store"
)

// New builds `axisor report`.
func New(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "report",
		Short: "Backtest reports",
		Long:  `Backtest reports. The web application makes them; here they are only looked at.`,
	}
	c.AddCommand(newList(a, nil), newShow(a, nil))
	return c
}

type listOptions struct {
	app    *app.App
	page   flags.Page
	span   flags.Range
	user   string
	filter store.ActivityFilter
}

func newList(a *app.App, run func(context.Context, *listOptions) error) *cobra.Command {
	if run == nil {
		run = runList
	}
	o := &listOptions{app: a}
	c := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List backtest reports, newest first",
		Long:    "List backtest reports, newest first.\n\nExit codes: 0, 2, 3 (no such user), 10, 11, 12.",
		Example: "  axisor report list --user ana@example.com\n  axisor report list --status failed --since 7d -o json",
		Args:    flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.page.Validate(sortable()...); err != nil {
				return err
			}
			return run(c.Context(), o)
		},
	}
	o.page.Register(c, sortable()...)
	c.Flags().StringVar(&o.user, "user", "", "only those of this `USER`")
	c.Flags().StringVar(&o.filter.Status, "status", "", "only with this `STATUS`: pending, created, running, processing, completed or failed")
	c.Flags().StringVar(&o.filter.Type, "strategy", "", "only of this `STRATEGY`")
	o.span.Register(c)
	flags.CompleteLive(c, "user", a.UserNames)
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[view]())
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
	f := o.filter
	f.Created = when
	if f.UserID, err = o.app.UserID(ctx, o.user); err != nil {
		return err
	}
	list := db.ListReports(ctx, f, store.Page(o.page))
	return output.List(p, desc(), output.Map(list.Items, viewOf), list.Next)
}

// sortable are the fields of --sort.
func sortable() []string { return []string{"created_at", "completed_at", "status"} }
