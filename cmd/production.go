package cmd

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/streams"
)

// enter makes sure that a person knows when they are on the production system: a banner before every command that
// uses it, and the profile's name typed before one that writes. Commands that destroy ask for themselves, with
// what is at stake in the question.
func enter(a *app.App, c *cobra.Command) error {
	effect := c.Annotations[flags.EffectKey]
	if effect == "" || c.Annotations[flags.LocalKey] != "" {
		return nil
	}
	// Whoever needs the configuration reports what is wrong with it.
	if l, err := a.LoadConfig(); err == nil && l.Production {
		return enterProduction(a, c, l.Profile, effect)
	}
	return nil
}

func enterProduction(a *app.App, c *cobra.Command, profile, effect string) error {
	p, err := a.Printer()
	if err != nil {
		return err
	}
	if a.Streams.ErrTerminal() && !p.Machine() {
		where := ""
		if db, err := a.RawDB(); err == nil { // opens, does not connect
			where = ", " + db.Target().String()
		}
		fmt.Fprintf(a.Streams.Err, "%s %s\n", a.Streams.PaintErr(streams.Alarm, " PRODUCTION "), streams.Visible("profile "+profile+where))
	}
	// What has --fix writes with it alone.
	if effect != flags.Write || isSet(c, "dry-run") || c.Flags().Lookup("fix") != nil && !isSet(c, "fix") {
		return nil
	}
	return a.Prompt().Enter(c.Context(), c.CommandPath())
}

func isSet(c *cobra.Command, flag string) bool {
	f := c.Flags().Lookup(flag)
	return f != nil && f.Value.String() == "true"
}
