package automation

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/automation"
	"github.com/axisor/axisor/pkg/exactjson"
)

type schemaOptions struct {
	kind string
}

// schemaView is the schema; its fields are those of JSON Schema.
type schemaView struct {
	Schema     string          `json:"$schema"`
	Title      string          `json:"title"`
	Type       string          `json:"type"`
	Required   []string        `json:"required"`
	Properties json.RawMessage `json:"properties"`
}

func newSchema(a *app.App) *cobra.Command {
	o := &schemaOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "schema", Short: "Print the JSON schema of configurations",
			Long: `Prints the JSON schema that every configuration has to satisfy when it is written: json, or yaml with -o yaml. With
--type only the strategies of that type are left in it.`,
			Examples: []string{
				"axisor automation schema > automation.schema.json",
				"axisor automation schema --type tp_sl",
			},
			Exits: exits.Configured(exits.On(clierr.Usage, "there is no such type")),
		},
		Local: true,
		Flags: func(c *cobra.Command) {
			c.Flags().StringVar(&o.kind, "type", "", "only the strategies of this type (`SLUG`)")
			flags.Complete(c, "type", typeWords)
		},
		Check: func(_ *verb.Call) error {
			if o.kind != "" && !slices.Contains(typeWords(), o.kind) {
				return clierr.Usagef("--type %q has no schema of its own", o.kind).WithHint("use one of " + strings.Join(typeWords(), ", "))
			}
			return nil
		},
		Run: o.run,
	}.Build(a)
}

func (o *schemaOptions) run(_ context.Context, call *verb.Call) error {
	p := call.Print
	raw, err := automation.Schema(o.kind)
	if err != nil {
		return err
	}
	if p.Format() == output.Table && !p.Machine() { // the text as it is, to read and to save
		_, err := call.Streams.Out.Write(raw)
		return err
	}
	var v schemaView
	if err := exactjson.Unmarshal(raw, &v); err != nil {
		return err
	}
	return output.One(p, output.Desc{Noun: "schemas", ID: "title"}, v, nil)
}
