package config

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/internal/verb"
)

type validView struct {
	File     *string  `json:"file"`
	Valid    bool     `json:"valid"`
	Profiles []string `json:"profiles"`
	Warnings []string `json:"warnings"`
}

func newValidate(a *app.App) *cobra.Command {
	return verb.Command{
		Words: verb.Words{
			Use: "validate [FILE]", Short: "Check a configuration file and everything that overrides it",
			Long: `Checks every key of a file in all its profiles: known keys, forms, ranges, permissions. Without FILE it takes
the file in use and also checks the variables and flags of this invocation. It does not connect to anything.`,
			Examples: []string{
				"axisor config validate",
				"axisor config validate /etc/axisor/config.yaml",
				"axisor config validate -o json",
			},
			Try:   "axisor config validate /etc/axisor/config.yaml",
			Exits: exits.Configured(exits.On(clierr.Config, "something is wrong; the error lists all of it")),
		},
		Local: true, Fields: output.Fields[validView](),
		Run: runValidate,
	}.Build(a)
}

func runValidate(_ context.Context, call *verb.Call) error {
	v := validView{Valid: true, Profiles: []string{}, Warnings: []string{}}
	var err error
	file := call.Arg(0)
	if file != "" {
		file = call.Path(file)
	} else if file, _, err = config.Locate(options(call.App)); err != nil {
		return invalid(err)
	}
	if file != "" {
		profiles, err := config.Check(file)
		if err != nil {
			return invalid(err)
		}
		v.File, v.Profiles = &file, append(v.Profiles, profiles...)
	}
	if call.Arg(0) == "" {
		loaded, err := call.LoadConfig()
		if err != nil {
			return invalid(err)
		}
		v.Warnings = append(v.Warnings, loaded.Warnings...)
	}
	for _, w := range v.Warnings {
		call.Print.Warn("%s", w)
	}
	return output.One(call.Print, output.Desc{Noun: "files", ID: "file"}, v, func(d *output.Doc) {
		what := "the settings of this environment are valid; there is no configuration file"
		if file != "" {
			what = file + " is valid"
		}
		if len(v.Profiles) > 0 {
			what += ", profiles: " + strings.Join(v.Profiles, ", ")
		}
		d.Line(streams.Good, "%s", what)
	})
}

// invalid lists every problem, one by one for machines.
func invalid(err error) error {
	var all config.Errors
	if !errors.As(err, &all) {
		var one *config.Error
		if !errors.As(err, &one) {
			return err
		}
		all = config.Errors{one}
	}
	problems := make([]map[string]any, len(all))
	for i, e := range all {
		problems[i] = map[string]any{
			"source": output.Optional(e.Source), "key": output.Optional(e.Key), "rule": e.Rule, "value": output.Optional(e.Value), "hint": output.Optional(e.Hint),
		}
	}
	message := all.Error()
	if len(all) > 1 {
		message = fmt.Sprintf("%d problems: %s", len(all), message)
	}
	return clierr.New(clierr.Config, "config_invalid", message, config.Hints(all)...).
		WithDetails(map[string]any{"problems": problems})
}
