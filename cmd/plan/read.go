package plan

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/limits"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

func list(a *app.App) *cobra.Command {
	return subject().List(a, verb.List[models.Plan]{
		Words: verb.Words{
			Short: "List plans in their own order", Exits: exits.Database(),
			Examples: []string{"axisor plan list --active", "axisor plan list -o csv --columns slug,price_sats"},
		},
		Sort: []string{"sort_order", "slug", "name", "price_sats", "created_at"},
		Filter: func(_ *app.App, c *cobra.Command) verb.Query[models.Plan] {
			var active flags.Active
			active.Register(c)
			return func(ctx context.Context, db *store.DB, page store.Page) (l store.List[models.Plan], err error) {
				var filter store.PlanFilter
				if filter.Active, err = active.Chosen(); err != nil {
					return l, err
				}
				return db.ListPlans(ctx, filter, page), nil
			}
		},
	})
}

// showView is a plan with its limits and how many users are on it.
type showView struct {
	view
	Limits limitsView `json:"limits"`
	Users  int64      `json:"users"`
}

// loaded is a plan with what belongs to it.
type loaded struct {
	limits admin.PlanLimits
	users  int64
}

func show(a *app.App) *cobra.Command {
	const example = "axisor plan show pro"
	return verb.Subject[loaded, showView]{
		Desc: desc, Complete: subject().Complete,
		Find: func(db *store.DB, ctx context.Context, ref string) (loaded, error) {
			limits, err := limitsSubject().Find(db, ctx, ref)
			if err != nil {
				return loaded{}, err
			}
			use, err := db.UseOfPlan(ctx, limits.Plan.Slug)
			return loaded{limits, use.Users}, err
		},
		View: func(l loaded) showView { return showView{viewOf(l.limits.Plan), limitsOf(l.limits), l.users} },
	}.Show(a, verb.Words{
		Use: "show SLUG", Short: "Show a plan with its limits and how many users are on it",
		Long:     "Show one plan: price, features, limits, and how many users are on it.",
		Examples: []string{example, example + " -o json --jq .limits"}, Exits: exits.Database(exits.NotFound("no such plan")),
	}, showView.write)
}

func (v showView) write(d *output.Doc) {
	d.Section("plan", v.Slug)
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
	d.Field("notifications", limits.Format(v.MaxNotifications))
	d.Field("users on it", v.Users)
	d.Section("limits")
	writeLimits(d, v.Limits)
}

func writeLimits(d *output.Doc, l limitsView) {
	d.Field("exchange accounts", limits.Format(l.MaxExchangeAccounts))
	d.Field("automations", limits.Format(l.MaxAutomations))
	d.Field("indicators", limits.Format(l.MaxIndicators))
	d.Field("simulations", limits.Format(l.MaxSimulations))
	d.Field("backtests", limits.Format(l.MaxBacktests))
	if !l.Stored {
		d.Line(streams.Warn, "the plan has no limits of its own; these are the defaults")
	}
}
