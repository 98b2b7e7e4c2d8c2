package exchange

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
)

type typeRemoveOptions struct {
	app   *app.App
	ref   string
	field string
	write flags.Writes
}

func newTypeRemove(a *app.App, run func(context.Context, *typeRemoveOptions) error) *cobra.Command {
	if run == nil {
		run = runTypeRemove
	}
	o := &typeRemoveOptions{app: a}
	c := &cobra.Command{
		Use:     "remove EXCHANGE FIELD",
		Aliases: []string{"rm", "delete"},
		Short:   "Remove a credential field from an exchange",
		Long: `Removes a field from what an exchange asks for, after a confirmation. Values of the field that are stored stay stored.

Exit codes: 0, 2 when it cannot ask and --yes is missing, 3 when there is no such exchange or field, 5, 10, 11, 12.`,
		Example:           "  axisor exchange credential-type remove kraken private_key --yes",
		Args:              flags.Exactly("axisor exchange credential-type remove kraken private_key", "EXCHANGE", "FIELD"),
		ValidArgsFunction: flags.Live(a.ExchangeNames, false),
		RunE: func(c *cobra.Command, args []string) error {
			o.ref, o.field = args[0], args[1]
			return run(c.Context(), o)
		},
	}
	o.write.RegisterDestroy(c)
	flags.Fields(c, output.Fields[typeView]())
	return c
}

func runTypeRemove(ctx context.Context, o *typeRemoveOptions) error {
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
	if !o.write.DryRun {
		if err := o.app.Prompt().Confirm(ctx, fmt.Sprintf("stop asking for %s on %s?", o.field, e.Slug)); err != nil {
			return err
		}
	}
	done, err := svc.RemoveCredentialType(ctx, o.app.Mode(o.write.DryRun), e.ID, o.field)
	if err != nil {
		return err
	}
	return output.Change(p, typeDesc(), typeViewOf(*done.Before, e.Slug), output.ChangeInfo{
		Result: done.Status, DryRun: done.DryRun, Said: e.Slug + " does not ask for " + done.Before.FieldName + " any more",
	})
}
