package plan

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/picture"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/limits"
	"github.com/axisor/axisor/pkg/chart"
	"github.com/axisor/axisor/pkg/models"
)

// usageView is a user's plan and what is used of it.
type usageView struct {
	UserID   string          `json:"user_id"`
	Email    string          `json:"email"`
	PlanType models.PlanType `json:"plan_type"`
	Usage    []limits.View   `json:"usage"`
}

func newUsage(a *app.App) *cobra.Command {
	const example = "axisor plan usage ana@example.com"
	files := &picture.Files{}
	c := &cobra.Command{
		Use: "usage USER", Short: "What a user uses of each limit of the plan",
		Long: `Each limit of a user's plan: what is allowed, used and left. Indicators are counted by the web application only.

Exit codes: 0, 2, 3 (no such user), 10, 11, 12.`,
		Example:           "  " + example + "\n  axisor plan usage ana -o json --jq '.usage[] | select(.left == 0) | .limit'",
		Args:              flags.Exactly(example, "USER"),
		ValidArgsFunction: flags.Live(a.UserNames, false),
		RunE:              func(c *cobra.Command, args []string) error { return runUsage(c.Context(), a, args[0], files) },
	}
	files.Register(c.Flags())
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[usageView]())
	return c
}

func runUsage(ctx context.Context, a *app.App, ref string, files *picture.Files) error {
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
	v := usageView{UserID: u.ID, Email: u.Email, PlanType: use.PlanType, Usage: limits.Of(use.PlanLimits, use.Usage)}
	_, err = files.Write(a.Dir, a.Env, p.Notice, func() chart.Figure { return limits.Figure(v.Email, v.PlanType, v.Usage) })
	if err != nil {
		return err
	}
	return output.One(p, output.Desc{ID: "user_id"}, v, func(d *output.Doc) {
		d.Field("user", v.Email)
		d.Field("plan", v.PlanType)
		d.Section("used of each limit")
		limits.Write(d, v.Usage, a.Streams.OutTerminal())
		if !use.HasPlan {
			d.Line(streams.Warn, "there is no plan %q; the defaults apply", v.PlanType)
		}
	})
}
