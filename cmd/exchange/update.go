package exchange

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/admin"
)

type updateOptions struct {
	app    *app.App
	ref    string
	fields fieldFlags
	input  admin.ExchangeInput
	write  flags.Writes
}

func newUpdate(a *app.App, run func(context.Context, *updateOptions) error) *cobra.Command {
	if run == nil {
		run = runUpdate
	}
	o := &updateOptions{app: a}
	c := &cobra.Command{
		Use:   "update EXCHANGE",
		Short: "Change an exchange",
		Long: `Changes the given fields of an exchange (slug, name or id). An empty text clears an optional field. LN Markets has to
have API version v3: v2 was switched off on 31 March 2026.

Exit codes: 0 also when nothing had to change, 2, 3, 4 when the slug or the name is taken, 10, 11, 12.`,
		Example:           "  axisor exchange update lnmarkets --api-version v3\n  axisor exchange update ln-markets --slug lnmarkets",
		Args:              flags.Exactly("axisor exchange update lnmarkets --api-version v3", "EXCHANGE"),
		ValidArgsFunction: flags.Live(a.ExchangeNames, false),
		RunE: func(c *cobra.Command, args []string) error {
			o.ref, o.input = args[0], o.fields.input(c)
			if o.input == (admin.ExchangeInput{}) {
				return clierr.Usagef("exchange update needs something to change").
					WithHint("for example: axisor exchange update " + o.ref + " --api-version v3")
			}
			if err := o.input.Check(); err != nil {
				return err
			}
			return run(c.Context(), o)
		},
	}
	o.fields.register(c)
	o.write.Register(c)
	flags.Fields(c, output.Fields[view]())
	return c
}

func runUpdate(ctx context.Context, o *updateOptions) error {
	return change(ctx, o.app, o.ref, o.input, o.write.DryRun, "updated")
}

// change writes an exchange and prints it as it is then.
func change(ctx context.Context, a *app.App, ref string, in admin.ExchangeInput, dryRun bool, word string) error {
	p, err := a.Printer()
	if err != nil {
		return err
	}
	svc, err := a.Admin(ctx)
	if err != nil {
		return err
	}
	done, err := svc.UpdateExchange(ctx, a.Mode(dryRun), ref, in)
	if err != nil {
		return err
	}
	v, err := loaded(ctx, a, *done.After)
	if err != nil {
		return err
	}
	said := "exchange " + v.Slug + " is " + word
	if done.Status == admin.StatusUnchanged {
		said = "exchange " + v.Slug + " is so already"
	}
	return output.Change(p, desc(), v, output.ChangeInfo{Result: done.Status, DryRun: done.DryRun, Said: said})
}
