package automation

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/automation"
)

const createExample = `axisor automation create ana@example.com --account Main --type tp_sl --config-json @config.json`

type createOptions struct {
	app    *app.App
	config string
	risk   flags.Enum
	input  admin.CreateAutomationInput
	write  flags.Writes
}

func newCreate(a *app.App) *cobra.Command {
	o := &createOptions{app: a}
	c := &cobra.Command{
		Use:   "create USER",
		Short: "Add an automation",
		Long: `Adds an automation on one of the user's accounts. The configuration has to satisfy "axisor automation schema". A second
active automation of the same type on the same account is refused, and so are more than the user's plan allows.

Exit codes: 0, 2 when the configuration is not valid, 3, 4 when one is active already, the plan's limit is reached or the
account belongs to someone else, 10, 11, 12.`,
		Example: `  axisor automation create ana@example.com --account Main --type tp_sl \
    --config-json '{"strategy":"take_profit","parameters":{"trigger_price":60000,"amount":1000,"leverage":5}}'
  ` + createExample + ` --inactive`,
		Args:              flags.Exactly(createExample, "USER"),
		ValidArgsFunction: flags.Live(a.UserNames, false),
		RunE: func(c *cobra.Command, args []string) error {
			o.input.User, o.input.RiskLevel = args[0], o.risk.String()
			if o.input.Account == "" || o.input.Type == "" || o.config == "" {
				return clierr.Usagef("automation create needs --account, --type and --config-json").WithHint("for example: " + createExample)
			}
			var err error
			if o.input.Config, err = readConfig(c.Context(), a, o.config); err != nil {
				return err
			}
			if err := o.input.Check(); err != nil {
				return err
			}
			return runCreate(c.Context(), o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.input.Account, "account", "", "`ACCOUNT` of the user it acts on (name or id)")
	f.StringVar(&o.input.Type, "type", "", "its type (`SLUG`)")
	f.StringVar(&o.config, configFlag, "", configHelp)
	flags.RegisterEnum(c, &o.risk, "risk-level", "", "how much it may risk", admin.RiskLevels()...)
	f.BoolVar(&o.input.Inactive, "inactive", false, "do not start it yet")
	f.BoolVar(&o.input.OverrideLimit, "override-limit", false, "allow more automations than the plan does; the audit trail says so")
	flags.Complete(c, "type", typeWords)
	flags.CompleteLive(c, "account", a.AccountNames)
	o.write.Register(c)
	flags.Fields(c, output.Fields[view]())
	return c
}

func typeWords() []string {
	return []string{automation.TypeMarginGuard, automation.TypeTPSL, automation.TypeAutoEntry}
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
	change, err := svc.CreateAutomation(ctx, o.app.Mode(o.write.DryRun), o.input)
	if err != nil {
		return err
	}
	v := viewOf(*change.After)
	info := output.ChangeInfo{Result: change.Status, DryRun: change.DryRun, Say: output.Say{
		Done:  "automation " + v.ID + " of type " + v.Type + " is created, " + v.Status,
		Would: "an automation of type " + v.Type + " would be created, " + v.Status,
	}}
	if o.input.Inactive {
		info.Next = "axisor automation enable " + v.ID
	}
	return output.Change(p, desc(), v, info)
}
