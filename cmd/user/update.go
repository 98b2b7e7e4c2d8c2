package user

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

type updateOptions struct {
	in          admin.UpdateUserInput
	email       string
	username    string
	preferences string
	clear       flags.Clear
	next        string
}

func newUpdate(a *app.App) *cobra.Command {
	o := &updateOptions{}
	return subject().Change(a, change{
		Words: verb.Words{
			Use: "update USER", Short: "Change e-mail, username or preferences",
			Long: `Change a user's profile; what is not named stays. A new e-mail address counts as unverified until its link is
followed, unless --email-verified says otherwise; links mailed to the old address stop working.

Plan, password and state have commands of their own: set-plan, set-password, enable and disable.`,
			Examples: []string{
				"axisor user update ana --email ana@example.org --reason 'ticket 4711'", "axisor user update ana@example.com --preferences @prefs.json",
				"axisor user update ana --preferences ''        # removes them",
			},
			Try:   "axisor user update ana@example.com --username ana",
			Exits: exits.Database(exits.NotFound("no such user"), exits.Conflict("e-mail or username taken")),
		},
		Flags: func(c *cobra.Command) {
			f := c.Flags()
			f.StringVar(&o.email, "email", "", "`ADDRESS`, stored in lower case")
			f.BoolVar(&o.in.EmailVerified, "email-verified", false, "the new e-mail needs no verification")
			f.StringVar(&o.username, "username", "", "`NAME` of 3 to 50 characters")
			f.StringVar(&o.preferences, "preferences", "", "`JSON` object, @FILE, or - for stdin")
			o.clear.Register(c, "preferences")
		},
		Check: o.check,
		Do: func(ctx context.Context, s *admin.Service, m admin.Mode, _ *verb.Call) (admin.Change[models.User], error) {
			done, err := s.UpdateUser(ctx, m, o.in)
			if err == nil && done.Before.Email != done.After.Email && !models.Deref(done.After.EmailVerified) {
				o.next = "axisor user verify-email " + done.After.Email + "   # unless the link that is mailed does it"
			}
			return done, err
		},
		Done: "user %s updated", Would: "user %s would be updated", Already: "user %s is that way already",
		Next: func(models.User) string { return o.next },
	})
}

// check takes what was named and checks it without a database.
func (o *updateOptions) check(call *verb.Call) error {
	o.in.User = call.Args[0]
	if !call.Given("email") && !call.Given("username") && !call.Given("preferences") && !call.Given("clear") {
		return clierr.Usagef("nothing to change").WithHint("name what changes: --email, --username, --preferences, --clear preferences")
	}
	if err := o.clear.Validate(call.Cmd); err != nil {
		return err
	}
	if o.in.EmailVerified && !call.Given("email") {
		return clierr.Usagef("--email-verified goes with --email").WithHint("axisor user verify-email " + o.in.User)
	}
	if call.Given("email") {
		o.in.Email = &o.email
	}
	if call.Given("username") {
		o.in.Username = &o.username
	}
	if o.clear.Has("preferences") {
		o.in.Preferences = new(models.JSON)
	}
	if call.Given("preferences") {
		raw, err := readPreferences(call.Cmd.Context(), call.App, o.preferences)
		if err != nil {
			return err
		}
		o.in.Preferences = &raw
	}
	var err error
	o.in, err = o.in.Check()
	return err
}
