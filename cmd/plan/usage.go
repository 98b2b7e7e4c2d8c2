package plan

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/picture"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/limits"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/chart"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// usageView is a user's plan and what is used of it.
type usageView struct {
	UserID   string          `json:"user_id"`
	Email    string          `json:"email"`
	PlanType models.PlanType `json:"plan_type"`
	Usage    []limits.View   `json:"usage"`
}

func newUsage(a *app.App) *cobra.Command {
	files := &picture.Files{}
	return verb.Command{
		Words: verb.Words{
			Use: "usage USER", Short: "What a user uses of each limit of the plan",
			Long:     `Each limit of a user's plan: what is allowed, used and left. Indicators are counted by the web application only.`,
			Examples: []string{"axisor plan usage ana@example.com", "axisor plan usage ana -o json --jq '.usage[] | select(.left == 0) | .limit'"},
			Exits:    exits.Database(exits.NotFound("no such user")),
		},
		Fields: output.Fields[usageView](), Complete: a.UserNames,
		Flags: func(c *cobra.Command) { files.Register(c.Flags()) },
		Read:  func(ctx context.Context, call *verb.Call, db *store.DB) error { return showUsage(ctx, call, db, files) },
	}.Build(a)
}

func showUsage(ctx context.Context, call *verb.Call, db *store.DB, files *picture.Files) error {
	u, err := db.FindUser(ctx, call.Args[0])
	if err != nil {
		return err
	}
	use, err := db.PlanUsage(ctx, u.ID)
	if err != nil {
		return err
	}
	v := usageView{UserID: u.ID, Email: u.Email, PlanType: use.PlanType, Usage: limits.Of(use.PlanLimits, use.Usage)}
	_, err = files.Write(call.Dir, call.Env, call.Print.Notice, func() chart.Figure { return limits.Figure(v.Email, v.PlanType, v.Usage) })
	if err != nil {
		return err
	}
	return output.One(call.Print, output.Desc{ID: "user_id"}, v, func(d *output.Doc) {
		d.Field("user", v.Email)
		d.Field("plan", v.PlanType)
		d.Section("used of each limit")
		limits.Write(d, v.Usage, call.Streams.OutTerminal())
		if !use.HasPlan {
			d.Line(streams.Warn, "there is no plan %q; the defaults apply", v.PlanType)
		}
	})
}
