package plan

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/store"
)

func limitsSubject() verb.Subject[admin.PlanLimits, limitsView] {
	return verb.Subject[admin.PlanLimits, limitsView]{
		Desc: func() output.Desc { return output.Desc{Noun: "limits", ID: "slug"} }, View: limitsOf,
		Find: func(db *store.DB, ctx context.Context, ref string) (admin.PlanLimits, error) {
			row, err := db.FindPlan(ctx, ref)
			if err != nil {
				return admin.PlanLimits{}, err
			}
			limits, stored, err := db.LimitsOfPlan(ctx, row.Slug)
			return admin.PlanLimits{Plan: row, Limits: limits, Stored: stored}, err
		},
		Name:     func(l admin.PlanLimits) string { return l.Plan.Slug },
		Complete: func(a *app.App) flags.Names { return a.PlanNames },
	}
}

func limitsShow(a *app.App) *cobra.Command {
	return limitsSubject().Show(a, verb.Words{
		Use: "show SLUG", Short: "Show the limits of a plan", Long: "Show the limits of a plan; -1 in json means unlimited.",
		Examples: []string{"axisor plan limits show pro"}, Exits: exits.Database(exits.NotFound("no such plan")),
	}, func(v limitsView, d *output.Doc) {
		d.Section("limits of", v.Slug)
		writeLimits(d, v)
	})
}

func limitsSet(a *app.App) *cobra.Command {
	const example = "axisor plan limits set pro --max-automations 20"
	var accounts, automations, indicators, simulations, backtests int32
	var in admin.LimitsInput
	return limitsSubject().Change(a, verb.Change[admin.PlanLimits]{
		Words: verb.Words{
			Use: "set SLUG", Short: "Change the limits of a plan",
			Long: `Change the limits of a plan; what is not named stays, -1 means unlimited. What users have above a lower limit stays;
they can add no more.`,
			Examples: []string{example, "axisor plan limits set lifetime --max-backtests -1"}, Exits: exits.Database(exits.NotFound("no such plan")),
		},
		Flags: func(c *cobra.Command) {
			f := c.Flags()
			f.Int32Var(&accounts, "max-exchange-accounts", 0, "most exchange accounts")
			f.Int32Var(&automations, "max-automations", 0, "most automations")
			f.Int32Var(&indicators, "max-indicators", 0, "most indicators")
			f.Int32Var(&simulations, "max-simulations", 0, "most simulations")
			f.Int32Var(&backtests, "max-backtests", 0, "most backtests")
		},
		Check: func(call *verb.Call) error {
			given := call.Given
			pick(&in.ExchangeAccounts, &accounts, given("max-exchange-accounts"))
			pick(&in.Automations, &automations, given("max-automations"))
			pick(&in.Indicators, &indicators, given("max-indicators"))
			pick(&in.Simulations, &simulations, given("max-simulations"))
			pick(&in.Backtests, &backtests, given("max-backtests"))
			if in == (admin.LimitsInput{}) {
				return clierr.Usagef("nothing to change").WithHint("for example: " + example)
			}
			return nil
		},
		Do: func(ctx context.Context, s *admin.Service, m admin.Mode, c *verb.Call) (admin.Change[admin.PlanLimits], error) {
			return s.SetPlanLimits(ctx, m, c.Args[0], in)
		},
		Done: "limits of %s are changed", Would: "limits of %s would be changed", Already: "limits of %s are like that already",
	})
}
