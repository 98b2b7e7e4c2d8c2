package cmd

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
)

// checkGiven looks at what was typed before anything happens. What is given and empty is nothing that anybody means: it
// is a shell variable that is not set, and must be neither "no filter" nor "everybody".
func checkGiven(a *app.App, c *cobra.Command, args []string) error {
	var empty *pflag.Flag
	c.Flags().Visit(func(f *pflag.Flag) {
		if empty == nil && emptyValue(f.Value) {
			empty = f
		}
	})
	switch {
	case empty != nil:
		return clierr.Usagef("--%s is given and empty", empty.Name).WithHint("leave the flag out, or give it a value: is a shell variable not set?")
	case slices.ContainsFunc(args, blank):
		return clierr.Usagef("%s was given an empty argument", c.CommandPath()).WithHint("is a shell variable not set?")
	}
	if c.Annotations[flags.ListKey] != "" && c.Flags().Changed("all") {
		for _, name := range []string{"limit", "cursor"} {
			if c.Flags().Changed(name) {
				return clierr.Usagef("--all and --%s exclude each other", name)
			}
		}
	}
	return checkColumns(a, c)
}

func blank(text string) bool { return strings.TrimSpace(text) == "" }

func emptyValue(v pflag.Value) bool {
	if list, ok := v.(pflag.SliceValue); ok {
		return len(list.GetSlice()) == 0 || slices.ContainsFunc(list.GetSlice(), blank)
	}
	return blank(v.String())
}

// checkColumns looks for the fields of --columns among those of the result, with those that other flags add.
func checkColumns(a *app.App, c *cobra.Command) error {
	if len(a.Globals.Columns) == 0 {
		return nil
	}
	if a.Globals.Quiet {
		return clierr.Usagef("--quiet prints only ids, so it excludes --columns")
	}
	fields := flags.FieldsOf(c)
	c.Flags().Visit(func(f *pflag.Flag) { fields = append(fields, flags.FieldsAdded(f)...) })
	if len(fields) == 0 {
		return clierr.Usagef("the result of %s has no columns", c.CommandPath()).WithHint("leave out --columns")
	}
	for _, name := range a.Globals.Columns {
		if !slices.Contains(fields, strings.TrimSpace(name)) {
			return clierr.Usagef("unknown column %q", name).WithHint("use some of " + strings.Join(fields, ","))
		}
	}
	return nil
}
