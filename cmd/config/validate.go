package config

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/config"
)

type validateOptions struct {
	app  *app.App
	file string
}

type validView struct {
	File     *string  `json:"file"`
	Valid    bool     `json:"valid"`
	Profiles []string `json:"profiles"`
	Warnings []string `json:"warnings"`
}

func newValidate(a *app.App) *cobra.Command {
	o := &validateOptions{app: a}
	c := &cobra.Command{
		Use:   "validate [FILE]",
		Short: "Check a configuration file and everything that overrides it",
		Long: `Checks every key of a file in all its profiles: known keys, forms, ranges, permissions. Without FILE it takes
the file in use and also checks the variables and flags of this invocation. It does not connect to anything.

Exit codes: 10 when something is wrong; the error lists all of it.`,
		Example: `  axisor config validate
  axisor config validate /etc/axisor/config.yaml
  axisor config validate -o json`,
		Args: flags.AtMostOne("axisor config validate /etc/axisor/config.yaml", "FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.file = args[0]
			}
			return runValidate(c.Context(), o)
		},
	}
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Mark(c, flags.LocalKey, "true")
	flags.Fields(c, output.Fields[validView]())
	return c
}

func runValidate(_ context.Context, o *validateOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	v := validView{Valid: true, Profiles: []string{}, Warnings: []string{}}
	file := o.file
	if file != "" {
		file = o.app.Path(file)
	} else if file, _, err = config.Locate(options(o.app)); err != nil {
		return invalid(err)
	}
	if file != "" {
		profiles, err := config.Check(file)
		if err != nil {
			return invalid(err)
		}
		v.File, v.Profiles = &file, append(v.Profiles, profiles...)
	}
	if o.file == "" {
		loaded, err := o.app.LoadConfig()
		if err != nil {
			return invalid(err)
		}
		v.Warnings = append(v.Warnings, loaded.Warnings...)
	}
	for _, w := range v.Warnings {
		p.Warn("%s", w)
	}
	return output.One(p, output.Desc{Noun: "files", ID: "file"}, v, func(d *output.Doc) {
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
			"source": optional(e.Source), "key": optional(e.Key), "rule": e.Rule, "value": optional(e.Value), "hint": optional(e.Hint),
		}
	}
	message := all.Error()
	if len(all) > 1 {
		message = fmt.Sprintf("%d problems: %s", len(all), message)
	}
	return clierr.New(clierr.Config, "config_invalid", message, config.Hints(all)...).
		WithDetails(map[string]any{"problems": problems})
}
