package exchange

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/admin"
)

const typeAddExample = "axisor exchange credential-type add kraken private_key --name 'Private Key' --type password"

type typeAddOptions struct {
	app   *app.App
	input admin.CredentialTypeInput
	kind  flags.Enum
	order int32
	write flags.Writes
}

func newTypeAdd(a *app.App, run func(context.Context, *typeAddOptions) error) *cobra.Command {
	if run == nil {
		run = runTypeAdd
	}
	o := &typeAddOptions{app: a}
	c := &cobra.Command{
		Use:     "add EXCHANGE FIELD",
		Aliases: []string{"create"},
		Short:   "Add a credential field to an exchange",
		Long: `Adds a field to what an exchange asks for. FIELD is its name in stored credentials, as in api_key; names that differ
in case, spaces, dashes or underscores alone are one field. Credentials that are stored already do not change.

Exit codes: 0, 2, 3 when there is no such exchange, 4 when it has the field, 10, 11, 12.`,
		Example:           "  " + typeAddExample,
		Args:              flags.Exactly(typeAddExample, "EXCHANGE", "FIELD"),
		ValidArgsFunction: flags.Live(a.ExchangeNames, false),
		RunE: func(c *cobra.Command, args []string) error {
			o.input.Exchange, o.input.FieldName, o.input.FieldType = args[0], args[1], o.kind.String()
			if c.Flags().Changed("order") {
				o.input.Order = &o.order
			}
			return run(c.Context(), o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.input.Name, "name", "", "`LABEL` for people; default: FIELD")
	flags.RegisterEnum(c, &o.kind, "type", "text", "kind of form field", admin.FieldTypes()...)
	f.BoolVar(&o.input.Optional, "optional", false, "it may be left empty")
	f.StringVar(&o.input.Description, "description", "", "a sentence of `TEXT` shown when it is asked for")
	f.Int32Var(&o.order, "order", 0, "its place among the fields; default: the last")
	o.write.Register(c)
	flags.Fields(c, output.Fields[typeView]())
	return c
}

func runTypeAdd(ctx context.Context, o *typeAddOptions) error {
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
	e, err := db.FindExchange(ctx, o.input.Exchange)
	if err != nil {
		return err
	}
	done, err := svc.AddCredentialType(ctx, o.app.Mode(o.write.DryRun), o.input)
	if err != nil {
		return err
	}
	return output.Change(p, typeDesc(), typeViewOf(*done.After, e.Slug), output.ChangeInfo{
		Result: done.Status, DryRun: done.DryRun, Said: e.Slug + " asks for " + done.After.FieldName,
	})
}
