package automation

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/automation"
	"github.com/axisor/axisor/pkg/models"
)

const createExample = `axisor automation create ana@example.com --account Main --type tp_sl --config-json @config.json`

func newCreate(a *app.App) *cobra.Command {
	var in admin.CreateAutomationInput
	var risk flags.Enum
	var config string
	return subject().Change(a, verb.Change[models.Automation]{
		Words: verb.Words{
			Use: "create USER", Short: "Add an automation",
			Long: `Adds an automation on one of the user's accounts. The configuration has to satisfy "axisor automation schema". A second
active automation of the same type on the same account is refused, and so are more than the user's plan allows.`,
			Examples: []string{
				`axisor automation create ana@example.com --account Main --type tp_sl \
    --config-json '{"strategy":"take_profit","parameters":{"trigger_price":60000,"amount":1000,"leverage":5}}'`,
				createExample + " --inactive",
			},
			Try: createExample, Needs: []string{"account", "type", configFlag},
			Exits: exits.Database(exits.On(clierr.Usage, "the configuration is not valid"), exits.NotFound(""),
				exits.Conflict("one is active already, the plan's limit is reached or the account belongs to someone else")),
		},
		Create: true, Complete: a.UserNames,
		Flags: func(c *cobra.Command) {
			f := c.Flags()
			f.StringVar(&in.Account, "account", "", "`ACCOUNT` of the user it acts on (name or id)")
			f.StringVar(&in.Type, "type", "", "its type (`SLUG`)")
			f.StringVar(&config, configFlag, "", configHelp)
			flags.RegisterEnum(c, &risk, "risk-level", "", "how much it may risk", admin.RiskLevels()...)
			f.BoolVar(&in.Inactive, "inactive", false, "do not start it yet")
			f.BoolVar(&in.OverrideLimit, "override-limit", false, "allow more automations than the plan does; the audit trail says so")
			flags.Complete(c, "type", typeWords)
			flags.CompleteLive(c, "account", a.AccountNames)
		},
		Check: func(call *verb.Call) (err error) {
			in.User, in.RiskLevel = call.Args[0], risk.String()
			if in.Config, err = readConfig(call.Cmd.Context(), a, config); err != nil {
				return err
			}
			return in.Check()
		},
		Do: func(ctx context.Context, s *admin.Service, m admin.Mode, _ *verb.Call) (admin.Change[models.Automation], error) {
			return s.CreateAutomation(ctx, m, in)
		},
		Say: func(c admin.Change[models.Automation]) output.Say {
			kind := " of type " + c.After.Type
			return output.Say{
				Done: fmt.Sprintf("automation %s%s is created, %s", c.After.ID, kind, c.After.Status), Would: fmt.Sprintf("an automation%s would be created, %s", kind, c.After.Status),
			}
		},
		Next: func(row models.Automation) string {
			if !in.Inactive {
				return ""
			}
			return "axisor automation enable " + row.ID
		},
	})
}

func typeWords() []string {
	return []string{automation.TypeMarginGuard, automation.TypeTPSL, automation.TypeAutoEntry}
}
