package user

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
)

type setPlanOptions struct {
	app    *app.App
	in     admin.SetPlanInput
	writes flags.Writes
}

func newSetPlan(a *app.App) *cobra.Command {
	o := &setPlanOptions{app: a}
	const example = "axisor user set-plan " + userExample + " pro"
	c := &cobra.Command{
		Use:   "set-plan USER PLAN",
		Short: "Put a user on another plan",
		Long: `Put a user on a plan: free, basic, advanced, pro or lifetime, in this order of rank. No payment is asked for or
made; this is how support grants and takes back plans. What the user has above the limits of a lower plan stays and
is reported. --only-upgrade makes a script safe against lowering a plan that somebody paid for.

Exit codes: 0 (also when the user is on it), 2, 3 (no such user), 4 (--only-upgrade and the plan is lower), 10, 11, 12.`,
		Example: "  " + example + " --reason 'won the contest'\n  axisor user set-plan ana basic --dry-run",
		Args:    flags.Exactly(example, "USER", "PLAN"),
		ValidArgsFunction: func(c *cobra.Command, args []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) == 1 {
				return planWords(), cobra.ShellCompDirectiveNoFileComp
			}
			return flags.Live(a.UserNames, false)(c, args, prefix)
		},
		RunE: func(c *cobra.Command, args []string) error {
			o.in.User = args[0]
			var err error
			if o.in.Plan, err = admin.ParsePlan(args[1]); err != nil {
				return err
			}
			return runSetPlan(c.Context(), o)
		},
	}
	c.Flags().BoolVar(&o.in.OnlyUpgrade, "only-upgrade", false, "refuse a plan of lower rank than the user's")
	o.writes.Register(c)
	flags.Fields(c, output.Fields[planChangeView]())
	return c
}

// planChangeView is the user and what is over the limits of the new plan.
type planChangeView struct {
	view
	OverLimits []overView `json:"over_limits"`
}

type overView struct {
	Limit string `json:"limit"`
	Used  int64  `json:"used"`
	Max   int32  `json:"max"`
}

func runSetPlan(ctx context.Context, o *setPlanOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	svc, err := o.app.Admin(ctx)
	if err != nil {
		return err
	}
	c, err := svc.SetPlan(ctx, o.app.Mode(o.writes.DryRun), o.in)
	if err != nil {
		return err
	}
	v := planChangeView{view: viewOf(*c.After), OverLimits: []overView{}}
	for _, x := range c.Over {
		v.OverLimits = append(v.OverLimits, overView(x))
	}
	move := fmt.Sprintf("on %s, %s from %s", c.After.PlanType, direction(c.Before.PlanType, c.After.PlanType), c.Before.PlanType)
	say := output.Say{
		Done: "user " + c.After.Email + " is " + move, Would: "user " + c.After.Email + " would be " + move,
		Already: fmt.Sprintf("user %s is on %s already", c.After.Email, c.After.PlanType),
	}
	if err := output.Change(p, desc(), v, output.ChangeInfo{Result: c.Status, DryRun: c.DryRun, Say: say}); err != nil {
		return err
	}
	for _, x := range c.Over {
		p.Warn("over the limit of %s: %s", c.After.PlanType, x)
	}
	if c.PlanMissing {
		p.Warn("there is no plan %q; the default limits apply (axisor plan seed)", c.After.PlanType)
	}
	if c.PlanOff {
		p.Warn("plan %q is not offered any more", c.After.PlanType)
	}
	return nil
}

func direction(from, to models.PlanType) string {
	if to.Rank() < from.Rank() {
		return "down"
	}
	return "up"
}
