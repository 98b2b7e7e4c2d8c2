// Package report holds the commands that look at backtest reports. They only read.
package report

import (
	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// New builds `axisor report`.
func New(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "report",
		Short: "Backtest reports",
		Long:  `Backtest reports. The web application makes them; here they are only looked at.`,
	}
	c.AddCommand(newList(a), newShow(a))
	return c
}

func newList(a *app.App) *cobra.Command {
	return verb.Activity(a, verb.ActivitySpec[models.BacktestReport, view]{
		Noun:     "backtest reports",
		Example:  "  axisor report list --user ana@example.com\n  axisor report list --status failed --since 7d -o json",
		TypeFlag: "strategy", TypeHelp: "only of this `STRATEGY`",
		Status:   "pending, created, running, processing, completed or failed",
		Sortable: []string{"created_at", "completed_at", "status"},
		Desc:     desc, List: (*store.DB).ListReports, View: viewOf,
	})
}

func newShow(a *app.App) *cobra.Command {
	const example = "axisor report show 5f0c1a52-7f5e-4f0e-9f57-1d2b3c4d5e6f"
	return verb.Show(a, verb.ShowSpec[models.BacktestReport, showView]{
		Short:   "Show one report with its configuration and result",
		Long:    "Show one report with its configuration and result.\n\nExit codes: 0, 2, 3 (no such report), 10, 11, 12.",
		Example: example, More: "\n  " + example + " -o json --jq .config",
		Desc: desc, Find: (*store.DB).ReportByID, View: showOf,
	})
}
