package exchange

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/admin"
)

type switchOptions struct {
	app    *app.App
	ref    string
	active bool
	write  flags.Writes
}

func newEnable(a *app.App, run func(context.Context, *switchOptions) error) *cobra.Command {
	return newSwitch(a, run, true, &cobra.Command{
		Use:   "enable EXCHANGE",
		Short: "Let users have new accounts on an exchange",
		Long: `Makes an exchange (slug, name or id) active.

Exit codes: 0 also when it is active already, 2, 3, 10, 11, 12.`,
		Example: "  axisor exchange enable lnmarkets",
	})
}

func newDisable(a *app.App, run func(context.Context, *switchOptions) error) *cobra.Command {
	return newSwitch(a, run, false, &cobra.Command{
		Use:   "disable EXCHANGE",
		Short: "Keep users from having new accounts on an exchange",
		Long: `Makes an exchange (slug, name or id) inactive: no new accounts on it. Accounts that are there stay as they are.

Exit codes: 0 also when it is inactive already, 2, 3, 10, 11, 12.`,
		Example: "  axisor exchange disable kraken --reason 'closed on 1 May'",
	})
}

func newSwitch(a *app.App, run func(context.Context, *switchOptions) error, active bool, c *cobra.Command) *cobra.Command {
	if run == nil {
		run = runSwitch
	}
	o := &switchOptions{app: a, active: active}
	c.Args = flags.Exactly("axisor exchange "+c.Name()+" lnmarkets", "EXCHANGE")
	c.ValidArgsFunction = flags.Live(a.ExchangeNames, false)
	c.RunE = func(c *cobra.Command, args []string) error {
		o.ref = args[0]
		return run(c.Context(), o)
	}
	o.write.Register(c)
	flags.Fields(c, output.Fields[view]())
	return c
}

func runSwitch(ctx context.Context, o *switchOptions) error {
	word := "not active"
	if o.active {
		word = "active"
	}
	return change(ctx, o.app, o.ref, admin.ExchangeInput{Active: &o.active}, o.write.DryRun, word)
}
