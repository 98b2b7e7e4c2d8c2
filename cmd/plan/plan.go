// Package plan holds the commands on the plans that users are on: what they cost, what they allow, who uses how
// much of it, and where plans and payments disagree.
package plan

import (
	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
)

// New builds `axisor plan`.
func New(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "plan",
		Short: "Plans: prices, limits, usage",
		Long: `The plans of the platform. A user is on a plan by the text of its slug: free, basic, advanced, pro or lifetime,
in this order of rank. A limit of -1 means unlimited.`,
	}
	limits := &cobra.Command{
		Use: "limits", Aliases: []string{"limit"}, Short: "What a plan allows",
		Long: `The limits of a plan: exchange accounts, automations, indicators, simulations and backtests.`,
	}
	limits.AddCommand(limitsShow(a), limitsSet(a))
	c.AddCommand(
		list(a), show(a), create(a), update(a), enable(a), disable(a), remove(a), limits, newUsage(a),
		newSeed(a), newReconcile(a),
	)
	return c
}
