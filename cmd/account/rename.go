package account

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/admin"
)

type renameOptions struct {
	app   *app.App
	ref   string
	name  string
	write flags.Writes
}

func newRename(a *app.App, run func(context.Context, *renameOptions) error) *cobra.Command {
	if run == nil {
		run = runRename
	}
	o := &renameOptions{app: a}
	c := &cobra.Command{
		Use:   "rename ACCOUNT NAME",
		Short: "Give an account another name",
		Long: `Gives an account (id, or USER/NAME) another name, which must be unique for the user on that exchange.

Exit codes: 0, 2, 3, 4 when the name is taken, 10, 11, 12.`,
		Example:           "  axisor account rename ana@example.com/Main Trading",
		Args:              flags.Exactly("axisor account rename ana@example.com/Main Trading", "ACCOUNT", "NAME"),
		ValidArgsFunction: flags.Live(a.AccountNames, false),
		RunE: func(c *cobra.Command, args []string) error {
			o.ref, o.name = args[0], args[1]
			if err := admin.CheckAccountName(o.name); err != nil {
				return err
			}
			return run(c.Context(), o)
		},
	}
	o.write.Register(c)
	flags.Fields(c, output.Fields[view]())
	return c
}

func runRename(ctx context.Context, o *renameOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	svc, err := o.app.Admin(ctx)
	if err != nil {
		return err
	}
	change, err := svc.RenameAccount(ctx, o.app.Mode(o.write.DryRun), o.ref, o.name)
	if err != nil {
		return err
	}
	return output.Change(p, desc(), viewOf(*change.After), output.ChangeInfo{
		Result: change.Status, DryRun: change.DryRun,
		Said: "account " + change.Before.AccountName + " is called " + change.After.AccountName,
	})
}
