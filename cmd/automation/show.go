package automation

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

func subject() verb.Subject[models.Automation, view] {
	return verb.Subject[models.Automation, view]{
		Desc: desc, View: viewOf, Owner: owner,
		Find: func(db *store.DB, ctx context.Context, ref string) (models.Automation, error) {
			return db.AutomationByID(ctx, ref, false)
		},
		Name: func(a models.Automation) string { return a.ID },
	}
}

func newShow(a *app.App) *cobra.Command {
	return subject().Show(a, verb.Words{
		Use: "show ID", Short: "Show one automation",
		Long:     "Shows the automation with this id and its configuration.",
		Examples: []string{"axisor automation show " + idExample, "axisor automation show " + idExample + " --jq .config"},
		Exits:    exits.Database(exits.NotFound("no such automation")),
	}, nil)
}
