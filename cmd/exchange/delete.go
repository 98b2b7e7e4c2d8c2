package exchange

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
		Use:     "delete EXCHANGE",
		Aliases: []string{"rm"},
		Short:   "Delete an exchange that nobody uses",
		Long: `Deletes an exchange (slug, name or id) with its credential fields, after its slug was typed. An exchange on which
users have accounts or credentials is not deleted, because the database would delete those with it.

Exit codes: 0, 2 when it cannot ask and --yes is missing, 3, 4 when it is used, 5 when the answer was no, 10, 11, 12.`,
		Example:           "  axisor exchange delete kraken\n  axisor exchange delete kraken --yes -o json",
		Args:              flags.Exactly("axisor exchange delete kraken", "EXCHANGE"),
		ValidArgsFunction: flags.Live(a.ExchangeNames, false),
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
	e, err := db.FindExchange(ctx, o.ref)
	if err != nil {
		return err
	}
	v, err := loaded(ctx, o.app, e)
	if err != nil {
		return err
	}
	if !o.write.DryRun {
		if err := o.app.Prompt().Type(ctx, fmt.Sprintf("delete exchange %s and its credential fields?", e.Name), e.Slug); err != nil {
			return err
		}
	}
	done, use, err := svc.DeleteExchange(ctx, o.app.Mode(o.write.DryRun), e.ID)
	if err != nil {
		return err
	}
	return output.Change(p, desc(), v, output.ChangeInfo{
		Result: done.Status, DryRun: done.DryRun,
		Said: fmt.Sprintf("exchange %s is deleted with %d credential fields", e.Slug, use.CredentialTypes),
	})
}
