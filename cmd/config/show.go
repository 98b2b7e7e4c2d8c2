package config

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/internal/verb"
)

type showOptions struct {
	origins bool
}

// settingView is one setting. Value keeps its type; secrets are redacted.
type settingView struct {
	Key    string  `json:"key"`
	Value  any     `json:"value"`
	Origin string  `json:"origin"` // default, file, profile, environment, flag or unused
	Source *string `json:"source"` // the file, profile, variable or flag
}

func newShow(a *app.App) *cobra.Command {
	o := &showOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "show [KEY]", Short: "Show every setting in effect",
			Long: `Shows every setting in effect, or one key, or one section. Passwords and keys are redacted; what is not set
is null. With --origins the table says where each value comes from (machine formats always say it).`,
			Examples: []string{
				"axisor config show",
				"axisor config show backup --origins",
				`axisor config show -o json --jq '.items[] | select(.origin != "default")'`,
			},
			Try:   "axisor config show database.url",
			Exits: exits.Configured(exits.On(clierr.Config, "the configuration is invalid")),
		},
		Local: true, Fields: output.Fields[settingView](),
		Flags: func(c *cobra.Command) {
			c.ValidArgsFunction = completeKeys
			c.Flags().BoolVar(&o.origins, "origins", false, "say where each value comes from")
		},
		Run: o.run,
	}.Build(a)
}

func (o *showOptions) run(_ context.Context, call *verb.Call) error {
	loaded, err := call.LoadConfig()
	if err != nil {
		return err
	}
	var views []settingView
	for _, e := range loaded.Entries() {
		if call.Arg(0) == "" || e.Key.Name == call.Arg(0) || strings.HasPrefix(e.Key.Name, call.Arg(0)+".") {
			views = append(views, settingView{e.Key.Name, e.Value, string(e.Origin.Level), output.Optional(e.Origin.Name)})
		}
	}
	if len(views) == 0 {
		e := clierr.Usagef("unknown key %q", call.Arg(0))
		if near := config.NearestKey(call.Arg(0)); near != "" {
			return e.WithHint("did you mean " + near + "?")
		}
		return e.WithHint("axisor config show lists all keys")
	}
	for _, w := range loaded.Warnings {
		call.Print.Warn("%s", w)
	}
	d := output.Desc{Noun: "settings", ID: "key", Columns: []output.Column{
		{Field: "key"},
		{Field: "value", Format: shown},
	}}
	if o.origins {
		d.Columns = append(d.Columns, output.Column{Field: "origin"}, output.Column{Field: "source"})
	}
	return output.Slice(call.Print, d, views)
}

// shown writes a list the way a person does and anything else as it is.
func shown(v any) string {
	if list, ok := v.([]string); ok {
		return strings.Join(list, ", ")
	}
	return fmt.Sprint(v)
}

func completeKeys(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var out []cobra.Completion
	if len(args) == 0 {
		for _, k := range config.Keys() {
			out = append(out, cobra.CompletionWithDesc(k.Name, k.Summary))
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}
