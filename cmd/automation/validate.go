package automation

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/automation"
)

type validateOptions struct {
	config string
	kind   string
}

// verdict is what validation says of a good configuration.
type verdict struct {
	Valid    bool    `json:"valid"`
	Strategy string  `json:"strategy"`
	Type     *string `json:"type"`
	Warning  *string `json:"warning"`
}

func newValidate(a *app.App) *cobra.Command {
	o := &validateOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "validate", Short: "Check a configuration without storing it",
			Long: `Checks a configuration against "axisor automation schema", without a database. Every rule that is broken is named with
the JSON pointer of the value that breaks it. With --type it also warns when the strategy does not fit the type.`,
			Examples: []string{
				"axisor automation validate --config-json @config.json",
				`echo '{"strategy":"stop_loss","parameters":{}}' | axisor automation validate --config-json - --type tp_sl`,
			},
			Exits: exits.Configured(exits.On(clierr.Usage, "it is not valid"), exits.NotFound("the file does not exist")),
			Needs: []string{configFlag},
		},
		Local: true, Fields: output.Fields[verdict](),
		Flags: func(c *cobra.Command) {
			c.Flags().StringVar(&o.config, configFlag, "", configHelp)
			c.Flags().StringVar(&o.kind, "type", "", "the type it is meant for (`SLUG`)")
			flags.Complete(c, "type", typeWords)
		},
		Run: o.run,
	}.Build(a)
}

func (o *validateOptions) run(ctx context.Context, call *verb.Call) error {
	config, err := readConfig(ctx, call.App, o.config)
	if err != nil {
		return err
	}
	if err := admin.CheckAutomationConfig(config); err != nil {
		return err
	}
	v := verdict{Valid: true, Strategy: automation.Strategy(config)}
	if o.kind != "" {
		v.Type = &o.kind
		v.Warning = misfit(o.kind, v.Strategy)
	}
	return output.One(call.Print, output.Desc{Noun: "verdicts", ID: "valid"}, v, nil)
}

// misfit says when a strategy does not belong to a type.
func misfit(kind, strategy string) *string {
	fit := automation.Strategies(kind)
	if len(fit) == 0 || slices.Contains(fit, strategy) {
		return nil
	}
	return new("strategy " + strategy + " does not fit type " + kind + ", which has " + strings.Join(fit, ", "))
}
