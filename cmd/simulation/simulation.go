// Package simulation holds the commands that look at simulated market runs. They only read.
package simulation

import (
	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// New builds `axisor simulation`.
func New(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "simulation",
		Short: "Simulated market runs",
		Long:  `Simulated market runs. The web application makes them; here they are only looked at.`,
	}
	c.AddCommand(list(a), show(a))
	return c
}

func list(a *app.App) *cobra.Command {
	return verb.Activity(a, verb.Subject[models.Simulation, view]{Desc: desc, View: viewOf}, verb.ActivityList[models.Simulation]{
		Noun:     "simulations",
		Examples: []string{"axisor simulation list --user ana@example.com", "axisor simulation list --status running -o json"},
		TypeFlag: "type", TypeHelp: "only of this automation `TYPE`, such as margin_guard",
		Status: "pending, created, running, processing, completed or failed",
		Sort:   []string{"created_at", "completed_at", "name", "status"},
		Rows:   (*store.DB).ListSimulations,
	})
}

func show(a *app.App) *cobra.Command {
	const example = "axisor simulation show 5f0c1a52-7f5e-4f0e-9f57-1d2b3c4d5e6f"
	return verb.Subject[models.Simulation, showView]{Desc: desc, Find: (*store.DB).SimulationByID, View: showOf}.Show(a, verb.Words{
		Use: "show ID", Short: "Show one simulation with its configuration",
		Examples: []string{example, example + " -o json --jq .config"}, Exits: exits.Database(exits.NotFound("no such simulation")),
	}, nil)
}
