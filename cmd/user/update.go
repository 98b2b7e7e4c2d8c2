package user

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
)

type updateOptions struct {
	app         *app.App
	in          admin.UpdateUserInput
	email       string
	username    string
	preferences string
	clear       flags.Clear
	writes      flags.Writes
}

func newUpdate(a *app.App) *cobra.Command {
	o := &updateOptions{app: a}
	c := &cobra.Command{
		Use:   "update USER",
		Short: "Change e-mail, username or preferences",
		Long: `Change a user's profile; what is not named stays. A new e-mail address counts as unverified until its link is
followed, unless --email-verified says otherwise; links mailed to the old address stop working.

Plan, password and state have commands of their own: set-plan, set-password, enable and disable.

Exit codes: 0, 2, 3 (no such user), 4 (e-mail or username taken), 10, 11, 12.`,
		Example: `  axisor user update ana --email ana@example.org --reason 'ticket 4711'
  axisor user update ana@example.com --preferences @prefs.json
  axisor user update ana --preferences ''        # removes them`,
		Args:              flags.Exactly("axisor user update "+userExample+" --username ana", "USER"),
		ValidArgsFunction: flags.Live(a.UserNames, false),
		RunE: func(c *cobra.Command, args []string) error {
			o.in.User = args[0]
			if err := o.read(c); err != nil {
				return err
			}
			return runUpdate(c.Context(), o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.email, "email", "", "`ADDRESS`, stored in lower case")
	f.BoolVar(&o.in.EmailVerified, "email-verified", false, "the new e-mail needs no verification")
	f.StringVar(&o.username, "username", "", "`NAME` of 3 to 50 characters")
	f.StringVar(&o.preferences, "preferences", "", "`JSON` object, @FILE, or - for stdin")
	o.clear.Register(c, "preferences")
	o.writes.Register(c)
	flags.Fields(c, output.Fields[view]())
	return c
}

// read takes what was named and checks it without a database.
func (o *updateOptions) read(c *cobra.Command) error {
	given := c.Flags().Changed
	if !given("email") && !given("username") && !given("preferences") && !given("clear") {
		return clierr.Usagef("nothing to change").WithHint("name what changes: --email, --username, --preferences, --clear preferences")
	}
	if err := o.clear.Validate(c); err != nil {
		return err
	}
	if o.in.EmailVerified && !given("email") {
		return clierr.Usagef("--email-verified goes with --email").WithHint("axisor user verify-email " + o.in.User)
	}
	if given("email") {
		o.in.Email = &o.email
	}
	if given("username") {
		o.in.Username = &o.username
	}
	if o.clear.Has("preferences") {
		o.in.Preferences = new(models.JSON)
	}
	if given("preferences") {
		raw, err := readPreferences(c.Context(), o.app, o.preferences)
		if err != nil {
			return err
		}
		o.in.Preferences = &raw
	}
	var err error
	o.in, err = o.in.Check()
	return err
}

func runUpdate(ctx context.Context, o *updateOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	svc, err := o.app.Admin(ctx)
	if err != nil {
		return err
	}
	c, err := svc.UpdateUser(ctx, o.app.Mode(o.writes.DryRun), o.in)
	if err != nil {
		return err
	}
	next := ""
	if c.Before.Email != c.After.Email && !models.Deref(c.After.EmailVerified) {
		next = "axisor user verify-email " + c.After.Email + "   # unless the link that is mailed does it"
	}
	return printChange(p, c, "user %s updated", "user %s would be updated", "user %s is that way already", next)
}
