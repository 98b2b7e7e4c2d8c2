package account

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
)

type deleteOptions struct {
	app   *app.App
	ref   string
	write flags.Writes
}

func newDelete(a *app.App, run func(context.Context, *deleteOptions) error) *cobra.Command {
	if run == nil {
		run = runDelete
	}
	o := &deleteOptions{app: a}
	c := &cobra.Command{
		Use:     "delete ACCOUNT",
		Aliases: []string{"rm"},
		Short:   "Delete an account with its credentials",
		Long: `Deletes an account (id, or USER/NAME) with its credentials, after the name was typed. An account that an automation
refers to, even an inactive one, is not deleted. What the margin guard did for it stays on record.

Exit codes: 0, 2 when it cannot ask and --yes is missing, 3, 4 when automations use it, 5 when the answer was no, 10, 11, 12.`,
		Example:           "  axisor account delete ana@example.com/Old\n  axisor account delete ana/Old --yes --reason 'ticket 7'",
		Args:              flags.Exactly("axisor account delete ana@example.com/Old", "ACCOUNT"),
		ValidArgsFunction: flags.Live(a.AccountNames, false),
		RunE: func(c *cobra.Command, args []string) error {
			o.ref = args[0]
			return run(c.Context(), o)
		},
	}
	o.write.RegisterDestroy(c)
	flags.Fields(c, output.Fields[view]())
	return c
}

func runDelete(ctx context.Context, o *deleteOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	svc, err := o.app.Admin(ctx)
	if err != nil {
		return err
	}
	db, err := o.app.DB(ctx)
	if err != nil {
		return err
	}
	a, err := db.FindAccount(ctx, o.ref)
	if err != nil {
		return err
	}
	if !o.write.DryRun {
		question := fmt.Sprintf("delete account %s on %s and its credentials?", a.AccountName, a.ExchangeSlug)
		if err := o.app.Prompt().Type(ctx, question, a.AccountName); err != nil {
			return err
		}
	}
	change, err := svc.DeleteAccount(ctx, o.app.Mode(o.write.DryRun), a.ID)
	if err != nil {
		return err
	}
	return output.Change(p, desc(), viewOf(*change.Before), output.ChangeInfo{
		Result: change.Status, DryRun: change.DryRun, Said: "account " + a.AccountName + " is deleted",
	})
}
