// Package trade holds the commands on trade logs: what was done, or tried, on exchanges.
package trade

import (
	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
)

// New builds `axisor trade`.
func New(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "trade",
		Short: "Trade logs: what was done on exchanges",
		Long: `What automations and the margin guard did on exchanges, or tried to. Additions of margin by the guard have the
action add_margin; "guard history" knows more about them.`,
	}
	c.AddCommand(newList(a), newShow(a), newFollow(a), newStats(a), newChart(a), newCalendar(a), newImport(a),
		newExport(a), newPrune(a))
	return c
}
