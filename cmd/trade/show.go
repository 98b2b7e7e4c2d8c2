package trade

import (
	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

func newShow(a *app.App) *cobra.Command {
	return verb.Subject[models.TradeLog, view]{Desc: desc, Find: (*store.DB).TradeByID, View: viewOf}.Show(a, verb.Words{
		Use: "show ID", Short: "Show one trade log",
		Long:     "Shows the trade log with this id: its own id, not the exchange's.",
		Examples: []string{"axisor trade show 6f1d2a34-5b6c-4d7e-8f90-a1b2c3d4e5f6"}, Exits: exits.Database(exits.NotFound("no such trade log")),
	}, nil)
}
