package credential

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
)

type switchOptions struct {
	app    *app.App
	target target
	active bool
	write  flags.Writes
}

func newEnable(a *app.App) *cobra.Command {
	return newSwitch(a, true, &cobra.Command{
		Use:   "enable CREDENTIAL",
		Short: "Make stored credentials active",
		Long: `Makes credentials (an id, or a user) active.

Exit codes: 0 also when they are active already, 2, 3, 4 when the user has several, 10, 11, 12.`,
		Example: "  axisor credential enable ana@example.com",
	})
}

func newDisable(a *app.App) *cobra.Command {
	return newSwitch(a, false, &cobra.Command{
		Use:   "disable CREDENTIAL",
		Short: "Make stored credentials inactive",
		Long: `Makes credentials (an id, or a user) inactive; the values are kept.

Exit codes: 0 also when they are inactive already, 2, 3, 4 when the user has several, 10, 11, 12.`,
		Example: "  axisor credential disable ana@example.com --reason 'key was leaked'",
	})
}

func newSwitch(a *app.App, active bool, c *cobra.Command) *cobra.Command {
	o := &switchOptions{app: a, active: active}
	c.Args = flags.Exactly("axisor credential "+c.Name()+" ana@example.com", "CREDENTIAL")
	c.RunE = func(c *cobra.Command, args []string) error {
		o.target.ref = args[0]
		return runSwitch(c.Context(), o)
	}
	o.target.register(c, a)
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
	row, err := o.target.find(ctx, o.app)
	if err != nil {
		return err
	}
	change, err := svc.SwitchCredential(ctx, o.app.Mode(o.write.DryRun), row.ID, o.active)
	if err != nil {
		return err
	}
	word := "inactive"
	if o.active {
		word = "active"
	}
	return output.Change(p, desc(), viewOf(*change.After), output.ChangeInfo{
		Result: change.Status, DryRun: change.DryRun, Say: output.Say{
			Done: "the credentials on " + row.ExchangeSlug + " are " + word, Would: "the credentials on " + row.ExchangeSlug + " would be " + word,
			Already: "the credentials on " + row.ExchangeSlug + " are " + word + " already",
		},
	})
}
