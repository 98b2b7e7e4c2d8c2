package account

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
)

type switchOptions struct {
	app    *app.App
	ref    string
	active bool
	write  flags.Writes
}

func newActivate(a *app.App, run func(context.Context, *switchOptions) error) *cobra.Command {
	return newSwitch(a, run, true, &cobra.Command{
		Use:   "activate ACCOUNT",
		Short: "Make an account its user's active one",
		Long: `Makes an account (id, or USER/NAME) the one that automations and the margin guard work with. The user's other
accounts, on every exchange, are switched off in the same transaction.

Exit codes: 0 also when it was active already, 2, 3, 4, 10, 11, 12.`,
		Example: "  axisor account activate ana@example.com/Main\n  axisor account activate ana/Main --dry-run -o json",
	})
}

func newDeactivate(a *app.App, run func(context.Context, *switchOptions) error) *cobra.Command {
	return newSwitch(a, run, false, &cobra.Command{
		Use:   "deactivate ACCOUNT",
		Short: "Switch an account off",
		Long: `Switches an account (id, or USER/NAME) off. Without another active account the user's automations and margin guard
stand still.

Exit codes: 0 also when it was off already, 2, 3, 4, 10, 11, 12.`,
		Example: "  axisor account deactivate ana@example.com/Main --reason 'key was leaked'",
	})
}

func newSwitch(a *app.App, run func(context.Context, *switchOptions) error, active bool, c *cobra.Command) *cobra.Command {
	if run == nil {
		run = runSwitch
	}
	o := &switchOptions{app: a, active: active}
	c.Args = flags.Exactly("axisor account "+c.Name()+" ana@example.com/Main", "ACCOUNT")
	c.ValidArgsFunction = flags.Live(a.AccountNames, false)
	c.RunE = func(c *cobra.Command, args []string) error {
		o.ref = args[0]
		return run(c.Context(), o)
	}
	o.write.Register(c)
	flags.Fields(c, output.Fields[view]())
	return c
}

func runSwitch(ctx context.Context, o *switchOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	svc, err := o.app.Admin(ctx)
	if err != nil {
		return err
	}
	set := svc.DeactivateAccount
	if o.active {
		set = svc.ActivateAccount
	}
	change, err := set(ctx, o.app.Mode(o.write.DryRun), o.ref)
	if err != nil {
		return err
	}
	info := output.ChangeInfo{Result: change.Status, DryRun: change.DryRun, Said: "account " + change.After.AccountName + " is not active"}
	if o.active {
		info.Said = "account " + change.After.AccountName + " is the user's active account"
		info.Next = "axisor account test " + change.After.ID
	}
	return output.Change(p, desc(), viewOf(*change.After), info)
}
