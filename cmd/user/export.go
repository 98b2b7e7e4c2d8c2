package user

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

func newExport(a *app.App) *cobra.Command {
	return verb.Exporting(a, subject(), verb.Export[store.UserFilter, models.User]{
		Words: verb.Words{
			Short: "Write all users to stdout, as csv unless -o says otherwise",
			Long: `Write all users, or those that the filters leave, oldest first. The format is csv unless -o says jsonl, json or
yaml; "user import" reads csv and jsonl back and gives the same rows. Passwords and other secrets are not part of it.
Cells that a spreadsheet would run as a formula get a quote in front, which the import takes away again.`,
			Examples: []string{"axisor user export > users.csv", "axisor user export -o jsonl --plan pro | gzip > pro.jsonl.gz"},
			Exits:    exits.Database(),
		},
		Label: "export users", Filter: filtered,
		Rows: func(db *store.DB, ctx context.Context, f store.UserFilter) store.List[models.User] {
			return db.ListUsers(ctx, f, store.Page{All: true, Sort: "created_at"})
		},
		Copy: (*store.DB).CopyUsers,
	})
}

func filtered(a *app.App, c *cobra.Command) func(context.Context, *store.DB) (store.UserFilter, error) {
	var (
		f      store.UserFilter
		plan   flags.Enum
		active flags.Active
		span   flags.Range
	)
	flags.RegisterEnum(c, &plan, "plan", "", "only on this plan", planWords()...)
	active.Register(c)
	c.Flags().StringVar(&f.Search, "search", "", "only with this `TEXT` in the e-mail or username, in any case")
	span.Register(c)
	return func(context.Context, *store.DB) (store.UserFilter, error) {
		var err error
		if f.Active, err = active.Chosen(); err != nil {
			return f, err
		}
		f.Plan = models.PlanType(plan.String())
		f.Created, err = a.TimeRange(&span)
		return f, err
	}
}
