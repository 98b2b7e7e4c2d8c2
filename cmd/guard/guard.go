// Package guard holds the commands on the margin guard: its configurations, what it would do, what it does and
// what it did.
package guard

import (
	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
)

// New builds `axisor guard`.
func New(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "guard",
		Short: "Protect leveraged positions from liquidation",
		Long: `The margin guard adds margin to positions that come near their liquidation price. "guard run" is what cron calls;
"guard preview" shows what it would do and why.

It cannot help against a gap that jumps over the rest of the way, an empty balance, a position opened since the
last look, or an exchange that does not answer.`,
	}
	config := &cobra.Command{
		Use:     "config",
		Aliases: []string{"configs"},
		Short:   "Users' guard configurations",
		Long:    "What the guard does for whom. A user without an active configuration is not protected.",
	}
	config.AddCommand(configList(a), configShow(a), configSet(a), configEnable(a), configDisable(a))
	c.AddCommand(config, preview(a), explain(a), run(a), watch(a), worker(a), history(a), status(a), backtest(a),
		resolve(a), breaker(a), prune(a), disable(a), enable(a))
	return c
}
