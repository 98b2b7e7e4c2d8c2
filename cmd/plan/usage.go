package plan

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// usageView is a user's plan and what is used of it.
type usageView struct {
	UserID   string          `json:"user_id"`
	Email    string          `json:"email"`
	PlanType models.PlanType `json:"plan_type"`
	Usage    []limitView     `json:"usage"`
}

// limitView is one limit. Left is null without a limit; used is null where the database keeps no count.
type limitView struct {
	Limit string `json:"limit"`
	Max   int32  `json:"max"` // -1: unlimited
	Used  *int64 `json:"used"`
	Left  *int64 `json:"left"`
}

func newUsage(a *app.App) *cobra.Command {
	const example = "axisor plan usage ana@example.com"
	c := &cobra.Command{
		Use: "usage USER", Short: "What a user uses of each limit of the plan",
		Long: `Each limit of a user's plan: what is allowed, used and left. Indicators are counted by the web application only.

Exit codes: 0, 2, 3 (no such user), 10, 11, 12.`,
		Example:           "  " + example + "\n  axisor plan usage ana -o json --jq '.usage[] | select(.left == 0) | .limit'",
		Args:              flags.Exactly(example, "USER"),
		ValidArgsFunction: flags.Live(a.UserNames, false),
		RunE:              func(c *cobra.Command, args []string) error { return runUsage(c.Context(), a, args[0]) },
	}
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[usageView]())
	return c
}

func runUsage(ctx context.Context, a *app.App, ref string) error {
	p, err := a.Printer()
	if err != nil {
		return err
	}
	db, err := a.DB(ctx)
	if err != nil {
		return err
	}
	u, err := db.FindUser(ctx, ref)
	if err != nil {
		return err
	}
	use, err := db.PlanUsage(ctx, u.ID)
	if err != nil {
		return err
	}
	v := usageView{UserID: u.ID, Email: u.Email, PlanType: use.PlanType, Usage: usageOf(use)}
	return output.One(p, output.Desc{ID: "user_id"}, v, func(d *output.Doc) {
		d.Section("plan " + string(v.PlanType) + " of " + v.Email)
		rows := make([]any, len(v.Usage))
		for i := range v.Usage {
			rows[i] = v.Usage[i]
		}
		d.Table(output.Desc{ID: "limit", Columns: []output.Column{{Field: "limit"}, {Field: "used"}, {Field: "max", Format: limitWord}, {Field: "left"}}}, rows...)
		if !use.HasPlan {
			d.Line(streams.Warn, "there is no plan %q; the defaults apply", v.PlanType)
		}
	})
}

func usageOf(u store.PlanUsage) []limitView {
	row := func(name string, limit *int32, used *int64) limitView {
		v := limitView{Limit: name, Max: models.Deref(limit), Used: used}
		if used != nil && v.Max != models.Unlimited {
			v.Left = new(max(0, int64(v.Max)-*used))
		}
		return v
	}
	return []limitView{
		row("exchange_accounts", u.MaxExchangeAccounts, &u.ExchangeAccounts), row("automations", u.MaxAutomations, &u.Automations),
		row("indicators", u.MaxIndicators, nil), row("simulations", u.MaxSimulations, &u.Simulations), row("backtests", u.MaxBacktests, &u.Backtests),
	}
}
