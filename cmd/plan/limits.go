package plan

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/admin"
)

func limitsDesc() output.Desc { return output.Desc{Noun: "limits", ID: "slug"} }

func newLimitsShow(a *app.App) *cobra.Command {
	const example = "axisor plan limits show pro"
	c := &cobra.Command{
		Use: "show SLUG", Aliases: []string{"get"}, Short: "Show the limits of a plan",
		Long:              "Show the limits of a plan; -1 in json means unlimited.\n\nExit codes: 0, 2, 3 (no such plan), 10, 11, 12.",
		Example:           "  " + example,
		Args:              flags.Exactly(example, "SLUG"),
		ValidArgsFunction: flags.Live(a.PlanNames, false),
		RunE:              func(c *cobra.Command, args []string) error { return runLimitsShow(c.Context(), a, args[0]) },
	}
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[limitsView]())
	return c
}

func runLimitsShow(ctx context.Context, a *app.App, ref string) error {
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
	limits, stored, err := db.LimitsOfPlan(ctx, row.Slug)
	if err != nil {
		return err
	}
	v := limitsOf(admin.PlanLimits{Plan: row, Limits: limits, Stored: stored})
	return output.One(p, limitsDesc(), v, func(d *output.Doc) {
		d.Section("limits of " + v.Slug)
		writeLimits(d, v)
	})
}

func newLimitsSet(a *app.App) *cobra.Command {
	var accounts, automations, indicators, simulations, backtests int32
	var writes flags.Writes
	const example = "axisor plan limits set pro --max-automations 20"
	c := &cobra.Command{
		Use: "set SLUG", Short: "Change the limits of a plan",
		Long: `Change the limits of a plan; what is not named stays, -1 means unlimited. What users have above a lower limit stays;
they can add no more.

Exit codes: 0, 2, 3 (no such plan), 10, 11, 12.`,
		Example:           "  " + example + "\n  axisor plan limits set lifetime --max-backtests -1",
		Args:              flags.Exactly(example, "SLUG"),
		ValidArgsFunction: flags.Live(a.PlanNames, false),
		RunE: func(c *cobra.Command, args []string) error {
			var in admin.LimitsInput
			given := c.Flags().Changed
			pick(&in.ExchangeAccounts, &accounts, given("max-exchange-accounts"))
			pick(&in.Automations, &automations, given("max-automations"))
			pick(&in.Indicators, &indicators, given("max-indicators"))
			pick(&in.Simulations, &simulations, given("max-simulations"))
			pick(&in.Backtests, &backtests, given("max-backtests"))
			if in == (admin.LimitsInput{}) {
				return clierr.Usagef("nothing to change").WithHint("for example: " + example)
			}
			return runLimitsSet(c.Context(), a, writes.DryRun, args[0], in)
		},
	}
	f := c.Flags()
	f.Int32Var(&accounts, "max-exchange-accounts", 0, "most exchange accounts")
	f.Int32Var(&automations, "max-automations", 0, "most automations")
	f.Int32Var(&indicators, "max-indicators", 0, "most indicators")
	f.Int32Var(&simulations, "max-simulations", 0, "most simulations")
	f.Int32Var(&backtests, "max-backtests", 0, "most backtests")
	writes.Register(c)
	flags.Fields(c, output.Fields[limitsView]())
	return c
}

func runLimitsSet(ctx context.Context, a *app.App, dryRun bool, ref string, in admin.LimitsInput) error {
	p, err := a.Printer()
	if err != nil {
		return err
	}
	svc, err := a.Admin(ctx)
	if err != nil {
		return err
	}
	c, err := svc.SetPlanLimits(ctx, a.Mode(dryRun), ref, in)
	if err != nil {
		return err
	}
	limits := "limits of " + c.After.Plan.Slug
	say := output.Say{Done: limits + " changed", Would: limits + " would change", Already: limits + " are like that already"}
	return output.Change(p, limitsDesc(), limitsOf(*c.After), output.ChangeInfo{Result: c.Status, DryRun: c.DryRun, Say: say})
}
