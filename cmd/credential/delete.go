package credential

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
)

type deleteOptions struct {
	app    *app.App
	target target
	write  flags.Writes
}

func newDelete(a *app.App) *cobra.Command {
	o := &deleteOptions{app: a}
	c := &cobra.Command{
		Use:     "delete CREDENTIAL",
		Aliases: []string{"rm"},
		Short:   "Delete stored credentials",
		Long: `Deletes credentials (an id, or a user) for good, after the exchange's slug was typed. The values are in the backups
and nowhere else then.

Exit codes: 0, 2 when it cannot ask and --yes is missing, 3, 4 when the user has several, 5 when the answer was no, 10, 11, 12.`,
		Example: "  axisor credential delete ana@example.com --exchange lnmarkets\n  axisor credential delete ana --yes --reason 'ticket 7'",
		Args:    flags.Exactly("axisor credential delete ana@example.com", "CREDENTIAL"),
		RunE: func(c *cobra.Command, args []string) error {
			o.target.ref = args[0]
			return runDelete(c.Context(), o)
		},
	}
	o.target.register(c, a)
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
	row, err := o.target.find(ctx, o.app)
	if err != nil {
		return err
	}
	if !o.write.DryRun {
		question := fmt.Sprintf("delete the credentials of %s on %s?", o.target.ref, row.ExchangeSlug)
		if err := o.app.Prompt().Type(ctx, question, row.ExchangeSlug); err != nil {
			return err
		}
	}
	change, err := svc.DeleteCredential(ctx, o.app.Mode(o.write.DryRun), row.ID)
	if err != nil {
		return err
	}
	return output.Change(p, desc(), viewOf(*change.Before), output.ChangeInfo{
		Result: change.Status, DryRun: change.DryRun, Say: output.Say{
			Done: "the credentials on " + row.ExchangeSlug + " are deleted", Would: "the credentials on " + row.ExchangeSlug + " would be deleted",
		},
	})
}
