// Package report holds the commands that look at backtest reports. They only read.
package report

import (
	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
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
	c.AddCommand(list(a), show(a))
	return c
}

func list(a *app.App) *cobra.Command {
	return verb.Activity(a, verb.Subject[models.BacktestReport, view]{Desc: desc, View: viewOf}, verb.ActivityList[models.BacktestReport]{
		Noun:     "backtest reports",
		Examples: []string{"axisor report list --user ana@example.com", "axisor report list --status failed --since 7d -o json"},
		TypeFlag: "strategy", TypeHelp: "only of this `STRATEGY`",
		Status: "pending, created, running, processing, completed or failed",
		Sort:   []string{"created_at", "completed_at", "status"},
		Rows:   (*store.DB).ListReports,
	})
}

func show(a *app.App) *cobra.Command {
	const example = "axisor report show 5f0c1a52-7f5e-4f0e-9f57-1d2b3c4d5e6f"
	return verb.Subject[models.BacktestReport, showView]{Desc: desc, Find: (*store.DB).ReportByID, View: showOf}.Show(a, verb.Words{
		Use: "show ID", Short: "Show one report with its configuration and result",
		Examples: []string{example, example + " -o json --jq .config"}, Exits: exits.Database(exits.NotFound("no such report")),
	}, nil)
}
