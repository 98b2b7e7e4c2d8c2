package automation

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
	id     string
	config string
	input  admin.AutomationInput
	write  flags.Writes
}

func newUpdate(a *app.App) *cobra.Command {
	o := &updateOptions{app: a}
	var risk, account string
	var clear flags.Clear
	c := &cobra.Command{
		Use:   "update ID",
		Short: "Change an automation",
		Long: `Changes the configuration, the risk level or the account of an automation. A new configuration replaces the old one
whole and has to satisfy "axisor automation schema". To change a part of it in an editor, use "axisor automation edit".

Exit codes: 0 also when nothing had to change, 2, 3, 4, 10, 11, 12.`,
		Example: `  axisor automation update ` + idExample + ` --config-json @config.json
  axisor automation update ` + idExample + ` --risk-level low --reason 'asked by mail'`,
		Args: flags.Exactly("axisor automation update "+idExample+" --risk-level low", "ID"),
		RunE: func(c *cobra.Command, args []string) error {
			o.id = args[0]
			if err := clear.Validate(c); err != nil {
				return err
			}
			if c.Flags().Changed("risk-level") || clear.Has("risk-level") {
				o.input.RiskLevel = &risk
			}
			if c.Flags().Changed("account") {
				o.input.Account = &account
			}
			if c.Flags().Changed(configFlag) {
				var err error
				if o.input.Config, err = readConfig(c.Context(), a, o.config); err != nil {
					return err
				}
			}
			if o.input.Config == nil && o.input.RiskLevel == nil && o.input.Account == nil {
				return clierr.Usagef("automation update needs something to change").
					WithHint("for example: axisor automation update " + o.id + " --risk-level low")
			}
			if err := o.input.Check(); err != nil {
				return err
			}
			return runUpdate(c.Context(), o)
		},
	}
	c.Flags().StringVar(&o.config, configFlag, "", configHelp)
	c.Flags().StringVar(&risk, "risk-level", "", "how much it may risk {low|medium|high}")
	clear.Register(c, "risk-level")
	c.Flags().StringVar(&account, "account", "", "another `ACCOUNT` of the same user (name or id)")
	flags.Complete(c, "risk-level", admin.RiskLevels)
	o.write.Register(c)
	flags.Fields(c, output.Fields[view]())
	return c
}

func runUpdate(ctx context.Context, o *updateOptions) error {
	return update(ctx, o.app, o.id, o.input, o.write.DryRun)
}

// update writes an automation and prints it as it is then.
func update(ctx context.Context, a *app.App, id string, in admin.AutomationInput, dryRun bool) error {
	p, err := a.Printer()
	if err != nil {
		return err
	}
	svc, err := a.Admin(ctx)
	if err != nil {
		return err
	}
	change, err := svc.UpdateAutomation(ctx, a.Mode(dryRun), id, in)
	if err != nil {
		return err
	}
	say := output.Say{
		Done: "automation " + id + " is updated", Would: "automation " + id + " would be updated", Already: "automation " + id + " is like that already",
	}
	return output.Change(p, desc(), viewOf(*change.After), output.ChangeInfo{Result: change.Status, DryRun: change.DryRun, Say: say})
}
