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
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// seedView says what seeding did about one plan.
type seedView struct {
	Slug      string `json:"slug"`
	Name      string `json:"name"`
	PriceSats int32  `json:"price_sats"`
	Result    string `json:"result"`
	DryRun    bool   `json:"dry_run"`
}

func newSeed(a *app.App) *cobra.Command {
	return verb.Command{
		Words: verb.Words{
			Use: "seed", Short: "Make sure that the five plans exist, with limits",
			Long: `Insert the plans free, basic, advanced, pro and lifetime, and limits for those that have none. What exists is left as
it is, so it can be run at any time.`,
			Examples: []string{"axisor plan seed --dry-run"}, Exits: exits.Database(exits.Conflict("a name is taken by another plan")),
		},
		Effect: flags.Write, Fields: output.Fields[seedView](), Write: runSeed,
	}.Build(a)
}

func runSeed(ctx context.Context, call *verb.Call, _ *store.DB, svc *admin.Service) error {
	p := call.Print
	done, err := svc.SeedPlans(ctx, call.Mode())
	if err != nil {
		return err
	}
	var views []seedView
	changed := 0
	for _, s := range done {
		views = append(views, seedView{s.Plan.Slug, s.Plan.Name, s.Plan.PriceSats, s.Status, call.DryRun})
		if s.Status != words.Unchanged {
			changed++
		}
	}
	d := output.Desc{Noun: "plans", ID: "slug", Columns: []output.Column{{Field: "slug"}, {Field: "name"}, {Field: "price_sats", Header: "SATS"}, {Field: "result"}}}
	if err := output.Slice(p, d, views); err != nil || p.Machine() {
		return err
	}
	if call.DryRun {
		p.Notice("dry run: %d of %d plans would be inserted or completed; nothing was changed", changed, len(done))
		return nil
	}
	p.Notice("%d of %d plans inserted or completed", changed, len(done))
	return nil
}

// findingView is a user whose plan and payments disagree.
type findingView struct {
	UserID   string           `json:"user_id"`
	Email    string           `json:"email"`
	Username string           `json:"username"`
	PlanType models.PlanType  `json:"plan_type"`
	PaidPlan *models.PlanType `json:"paid_plan"`
	PaidAt   *output.Time     `json:"paid_at"`
	Finding  string           `json:"finding"`
}

func newReconcile(a *app.App) *cobra.Command {
	return verb.Command{
		Words: verb.Words{
			Use: "reconcile", Short: "Find users whose plan and payments disagree",
			Long: `Find users whose plan and payments disagree. The findings:

  below_paid  a paid payment was for a higher plan than the user is on
  unpaid      the plan costs something, and neither a payment nor an operator (in the audit trail) put the user on it
  no_plan     there is no plan with the user's slug

Nothing is changed; "user set-plan" is the remedy, with a reason.`,
			Examples: []string{"axisor plan reconcile", "axisor plan reconcile -o csv > findings.csv"},
			Exits:    exits.Database(exits.On(clierr.CheckFailed, "something was found")),
		},
		Fields: output.Fields[findingView](), Read: runReconcile,
	}.Build(a)
}

func runReconcile(ctx context.Context, call *verb.Call, db *store.DB) error {
	found, err := db.ReconcilePlans(ctx)
	if err != nil {
		return err
	}
	views := make([]findingView, 0, len(found))
	for _, f := range found {
		views = append(views, findingView{f.UserID, f.Email, f.Username, f.PlanType, f.PaidPlan, output.AtPtr(f.PaidAt), f.Finding})
	}
	d := output.Desc{Noun: "disagreements", ID: "user_id", Columns: []output.Column{
		{Field: "email"}, {Field: "plan_type", Header: "PLAN"}, {Field: "paid_plan", Header: "PAID"}, {Field: "paid_at", Drop: 1}, {Field: "finding", Wrap: true},
	}}
	if err := output.Slice(call.Print, d, views); err != nil || len(found) == 0 {
		return err
	}
	return clierr.New(clierr.CheckFailed, "plans_disagree", "plan and payments of "+words.Count(len(found), "user")+" disagree", "axisor user timeline "+found[0].Email)
}
