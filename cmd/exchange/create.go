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

type createOptions struct {
	app    *app.App
	fields fieldFlags
	input  admin.ExchangeInput
	exists bool
	write  flags.Writes
}

func newCreate(a *app.App, run func(context.Context, *createOptions) error) *cobra.Command {
	if run == nil {
		run = runCreate
	}
	o := &createOptions{app: a}
	c := &cobra.Command{
		Use:   "create",
		Short: "Add an exchange",
		Long: `Adds an exchange that users can have accounts on. Its credential fields are added one by one afterwards, with
"axisor exchange credential-type add". axisor itself speaks only to LN Markets; for others it stores credentials.

Exit codes: 0, 2, 4 when the slug or the name is taken, 10, 11, 12.`,
		Example: `  axisor exchange create --slug kraken --name Kraken --website https://www.kraken.com
  axisor exchange create --slug kraken --name Kraken --if-not-exists -o json`,
		Args: flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			o.input = o.fields.input(c)
			if o.input.Slug == nil || o.input.Name == nil {
				return clierr.Usagef("exchange create needs --slug and --name").
					WithHint("for example: axisor exchange create --slug kraken --name Kraken")
			}
			o.input.IfNotExists = o.exists
			if err := o.input.Check(); err != nil {
				return err
			}
			return run(c.Context(), o)
		},
	}
	o.fields.register(c)
	c.Flags().BoolVar(&o.exists, "if-not-exists", false, "an exchange with this slug is fine as it is")
	o.write.Register(c)
	flags.Fields(c, output.Fields[view]())
	return c
}

func runCreate(ctx context.Context, o *createOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	svc, err := o.app.Admin(ctx)
	if err != nil {
		return err
	}
	change, err := svc.CreateExchange(ctx, o.app.Mode(o.write.DryRun), o.input)
	if err != nil {
		return err
	}
	v, err := loaded(ctx, o.app, *change.After)
	if err != nil {
		return err
	}
	return output.Change(p, desc(), v, output.ChangeInfo{
		Result: change.Status, DryRun: change.DryRun, Said: "exchange " + v.Slug + " is there",
		Next: "axisor exchange credential-type add " + v.Slug + " api_key --name 'API Key'",
	})
}
