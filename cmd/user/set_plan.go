package user

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
)

// planChangeView is the user and what is over the limits of the new plan.
type planChangeView struct {
	view
	OverLimits []verb.OverLimit `json:"over_limits"`
}

func newSetPlan(a *app.App) *cobra.Command {
	var in admin.SetPlanInput
	var done admin.PlanChange
	c := subjectAs(func(u models.User) planChangeView {
		return planChangeView{viewOf(u), verb.OverLimits(done.Over)}
	}).Change(a, change{
		Words: verb.Words{
			Use: "set-plan USER PLAN", Short: "Put a user on another plan",
			Long: `Put a user on a plan: free, basic, advanced, pro or lifetime, in this order of rank. No payment is asked for or
made; this is how support grants and takes back plans. What the user has above the limits of a lower plan stays and
is reported. --only-upgrade makes a script safe against lowering a plan that somebody paid for.`,
			Examples: []string{"axisor user set-plan ana@example.com pro --reason 'won the contest'", "axisor user set-plan ana basic --dry-run"},
			Try:      "axisor user set-plan ana@example.com pro",
			Exits: exits.Database(exits.OK("also when the user is on it"), exits.NotFound("no such user"),
				exits.Conflict("--only-upgrade and the plan is lower")),
		},
		Flags: func(c *cobra.Command) {
			c.Flags().BoolVar(&in.OnlyUpgrade, "only-upgrade", false, "refuse a plan of lower rank than the user's")
		},
		Check: func(call *verb.Call) (err error) {
			in.User = call.Args[0]
			in.Plan, err = admin.ParsePlan(call.Args[1])
			return err
		},
		Do: func(ctx context.Context, s *admin.Service, m admin.Mode, _ *verb.Call) (_ admin.Change[models.User], err error) {
			done, err = s.SetPlan(ctx, m, in)
			return done.Change, err
		},
		Say: func(c admin.Change[models.User]) output.Say {
			move := fmt.Sprintf("on %s, %s from %s", c.After.PlanType, direction(c.Before.PlanType, c.After.PlanType), c.Before.PlanType)
			return output.Say{
				Done: "user " + c.After.Email + " is " + move, Would: "user " + c.After.Email + " would be " + move,
				Already: fmt.Sprintf("user %s is on %s already", c.After.Email, c.After.PlanType),
			}
		},
		Also: func(call *verb.Call, c admin.Change[models.User]) {
			call.WarnOver(c.After.PlanType, done.Over)
			if done.PlanMissing {
				call.Print.Warn("there is no plan %q; the default limits apply (axisor plan seed)", c.After.PlanType)
			}
			if done.PlanOff {
				call.Print.Warn("plan %q is not offered any more", c.After.PlanType)
			}
		},
	})
	user := c.ValidArgsFunction
	c.ValidArgsFunction = func(c *cobra.Command, args []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) == 1 {
			return planWords(), cobra.ShellCompDirectiveNoFileComp
		}
		return user(c, args, prefix)
	}
	return c
}

func direction(from, to models.PlanType) string {
	if to.Rank() < from.Rank() {
		return "down"
	}
	return "up"
}

func planWords() []string { return flags.Words(models.PlanTypes()) }
