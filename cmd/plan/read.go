package plan

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/limits"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/store"
)

func newList(a *app.App) *cobra.Command {
	var page flags.Page
	var active flags.Active
	sortable := []string{"sort_order", "slug", "name", "price_sats", "created_at"}
	c := &cobra.Command{
		Use: "list", Aliases: []string{"ls"}, Short: "List plans in their own order",
		Long:    "List plans in their own order.\n\nExit codes: 0, 2, 10, 11, 12.",
		Example: "  axisor plan list --active\n  axisor plan list -o csv --columns slug,price_sats",
		Args:    flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := page.Validate(sortable...); err != nil {
				return err
			}
			if err := active.Validate(); err != nil {
				return err
			}
			p, err := a.Printer()
			if err != nil {
				return err
			}
			db, err := a.DB(c.Context())
			if err != nil {
				return err
			}
			list := db.ListPlans(c.Context(), store.PlanFilter{Active: active.Value()}, store.Page(page))
			return output.List(p, desc(), output.Map(list.Items, viewOf), list.Next)
		},
	}
	page.Register(c, sortable...)
	active.Register(c)
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[view]())
	return c
}

// showView is a plan with its limits and how many users are on it.
type showView struct {
	view
	Limits limitsView `json:"limits"`
	Users  int64      `json:"users"`
}

func newShow(a *app.App) *cobra.Command {
	const example = "axisor plan show pro"
	c := &cobra.Command{
		Use: "show SLUG", Aliases: []string{"get"}, Short: "Show a plan with its limits and how many users are on it",
		Long:              "Show one plan: price, features, limits, and how many users are on it.\n\nExit codes: 0, 2, 3 (no such plan), 10, 11, 12.",
		Example:           "  " + example + "\n  " + example + " -o json --jq .limits",
		Args:              flags.Exactly(example, "SLUG"),
		ValidArgsFunction: flags.Live(a.PlanNames, false),
		RunE:              func(c *cobra.Command, args []string) error { return runShow(c.Context(), a, args[0]) },
	}
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[showView]())
	return c
}

func runShow(ctx context.Context, a *app.App, ref string) error {
	p, err := a.Printer()
	if err != nil {
		return err
	}
	db, err := a.DB(ctx)
	if err != nil {
		return err
	}
	row, err := db.FindPlan(ctx, ref)
	if err != nil {
		return err
	}
	allowed, stored, err := db.LimitsOfPlan(ctx, row.Slug)
	if err != nil {
		return err
	}
	use, err := db.UseOfPlan(ctx, row.Slug)
	if err != nil {
		return err
	}
	v := showView{viewOf(row), limitsOf(admin.PlanLimits{Plan: row, Limits: allowed, Stored: stored}), use.Users}
	return output.One(p, desc(), v, func(d *output.Doc) {
		d.Section("plan " + v.Slug)
		d.Field("name", v.Name)
		d.Field("description", v.Description)
		d.Field("active", v.IsActive)
		d.Field("price sats", v.PriceSats)
		d.Field("monthly", v.PriceMonthly)
		d.Field("yearly", v.PriceYearly)
		d.Field("features", v.Features)
		d.Field("api access", v.HasAPIAccess)
		d.Field("advanced", v.HasAdvanced)
		d.Field("priority", v.HasPriority)
		d.Field("notifications", limits.Word(v.MaxNotifications))
		d.Field("users on it", v.Users)
		d.Section("limits")
		writeLimits(d, v.Limits)
	})
}

func writeLimits(d *output.Doc, l limitsView) {
	d.Field("exchange accounts", limits.Word(l.MaxExchangeAccounts))
	d.Field("automations", limits.Word(l.MaxAutomations))
	d.Field("indicators", limits.Word(l.MaxIndicators))
	d.Field("simulations", limits.Word(l.MaxSimulations))
	d.Field("backtests", limits.Word(l.MaxBacktests))
	if !l.Stored {
		d.Line(streams.Warn, "the plan has no limits of its own; these are the defaults")
	}
}
