// Package simulation holds the commands that look at simulated market runs. They only read.
package simulation

import (
	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
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
	c.AddCommand(newList(a), newShow(a))
	return c
}

func newList(a *app.App) *cobra.Command {
	return verb.Activity(a, verb.ActivitySpec[models.Simulation, view]{
		Noun:     "simulations",
		Example:  "  axisor simulation list --user ana@example.com\n  axisor simulation list --status running -o json",
		TypeFlag: "type", TypeHelp: "only of this automation `TYPE`, such as margin_guard",
		Status:   "pending, created, running, processing, completed or failed",
		Sortable: []string{"created_at", "completed_at", "name", "status"},
		Desc:     desc, List: (*store.DB).ListSimulations, View: viewOf,
	})
}

func newShow(a *app.App) *cobra.Command {
	const example = "axisor simulation show 5f0c1a52-7f5e-4f0e-9f57-1d2b3c4d5e6f"
	return verb.Show(a, verb.ShowSpec[models.Simulation, showView]{
		Short:   "Show one simulation with its configuration",
		Long:    "Show one simulation with its configuration.\n\nExit codes: 0, 2, 3 (no such simulation), 10, 11, 12.",
		Example: example, More: "\n  " + example + " -o json --jq .config",
		Desc: desc, Find: (*store.DB).SimulationByID, View: showOf,
	})
}
