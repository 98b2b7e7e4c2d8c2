package automation

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
)

const updateExample = "axisor automation update " + idExample + " --risk-level low"

func newUpdate(a *app.App) *cobra.Command {
	var in admin.AutomationInput
	var config, risk, account string
	var clear flags.Clear
	ch := updated()
	ch.Words = verb.Words{
		Use: "update ID", Short: "Change an automation",
		Long: `Changes the configuration, the risk level or the account of an automation. A new configuration replaces the old one
whole and has to satisfy "axisor automation schema". To change a part of it in an editor, use "axisor automation edit".`,
		Examples: []string{"axisor automation update " + idExample + " --config-json @config.json", updateExample + " --reason 'asked by mail'"},
		Try:      updateExample,
		Exits:    exits.Database(exits.OK("also when nothing had to change"), exits.NotFound(""), exits.Conflict("")),
	}
	ch.Flags = func(c *cobra.Command) {
		c.Flags().StringVar(&config, configFlag, "", configHelp)
		c.Flags().StringVar(&risk, "risk-level", "", "how much it may risk {low|medium|high}")
		clear.Register(c, "risk-level")
		c.Flags().StringVar(&account, "account", "", "another `ACCOUNT` of the same user (name or id)")
		flags.Complete(c, "risk-level", admin.RiskLevels)
	}
	ch.Check = func(call *verb.Call) (err error) {
		if err := clear.Validate(call.Cmd); err != nil {
			return err
		}
		if call.Given("risk-level") || clear.Has("risk-level") {
			in.RiskLevel = &risk
		}
		if call.Given("account") {
			in.Account = &account
		}
		if call.Given(configFlag) {
			if in.Config, err = readConfig(call.Cmd.Context(), a, config); err != nil {
				return err
			}
		}
		if in.Config == nil && in.RiskLevel == nil && in.Account == nil {
			return clierr.Usagef("automation update needs something to change").
				WithHint("for example: axisor automation update " + call.Args[0] + " --risk-level low")
		}
		return in.Check()
	}
	ch.Do = func(ctx context.Context, s *admin.Service, m admin.Mode, call *verb.Call) (admin.Change[models.Automation], error) {
		return s.UpdateAutomation(ctx, m, call.Args[0], in)
	}
	return subject().Change(a, ch)
}

// updated has the sentences about an automation that was changed.
func updated() verb.Change[models.Automation] {
	return verb.Change[models.Automation]{
		Done: "automation %s is updated", Would: "automation %s would be updated", Already: "automation %s is like that already",
	}
}
