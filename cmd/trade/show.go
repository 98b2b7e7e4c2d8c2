package trade

import (
	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

func newShow(a *app.App) *cobra.Command {
	return verb.Show(a, verb.ShowSpec[models.TradeLog, view]{
		Short: "Show one trade log",
		Long: `Shows the trade log with this id: its own id, not the exchange's.

Exit codes: 0, 2, 3 when there is none, 10, 11, 12.`,
		Example: "axisor trade show 6f1d2a34-5b6c-4d7e-8f90-a1b2c3d4e5f6",
		Desc:    desc, Find: (*store.DB).TradeByID, View: viewOf,
	})
}
