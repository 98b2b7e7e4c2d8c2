package user

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
)

// passwordView is a user with a new password. Generated is there only when this tool made the password up.
type passwordView struct {
	view
	SessionsRevoked int     `json:"sessions_revoked"`
	Generated       *string `json:"generated"`
}

type setPasswordOptions struct {
	input    passwordInput
	generate bool
	keep     bool
	password secret.Secret
	done     admin.PasswordChange
}

func newSetPassword(a *app.App) *cobra.Command {
	o := &setPasswordOptions{}
	return subjectAs(func(u models.User) passwordView {
		v := passwordView{view: viewOf(u), SessionsRevoked: o.done.SessionsRevoked}
		if o.generate && !o.done.DryRun {
			v.Generated = new(o.password.Reveal())
		}
		return v
	}).Change(a, change{
		Words: verb.Words{
			Use: "set-password USER", Short: "Give a user a new password",
			Long: `Give a user a new password. A terminal is asked twice; a script says --password-stdin or --password-file.
--generate makes a strong one and prints it once: it is stored nowhere but as a hash.

The new password also lifts a lockout, voids a pending reset, and ends every session that was opened with the old
one; --keep-sessions leaves them. What a password must have is set by password.min_length and password.require.`,
			Examples: []string{
				"axisor user set-password ana@example.com --generate --reason 'ticket 4711'",
				"axisor user set-password ana --password-stdin < password.txt", "axisor user set-password ana",
			},
			Try: "axisor user set-password ana@example.com --generate",
			Exits: exits.Database(exits.On(clierr.Usage, "also a password that is too weak"), exits.NotFound("no such user or file"),
				exits.On(clierr.Cancelled, "")),
			Excludes: [][]string{{"generate", "password-stdin", "password-file"}},
		},
		Flags: func(c *cobra.Command) {
			o.input.registerOnly(c)
			c.Flags().BoolVar(&o.generate, "generate", false, "make a strong password and print it once")
			c.Flags().BoolVar(&o.keep, "keep-sessions", false, "leave the sessions that are open")
		},
		Check: o.check,
		Do: func(ctx context.Context, s *admin.Service, m admin.Mode, call *verb.Call) (_ admin.Change[models.User], err error) {
			o.done, err = s.SetPassword(ctx, m, admin.SetPasswordInput{User: call.Args[0], Password: o.password, KeepSessions: o.keep})
			return o.done.Change, err
		},
		Say: func(c admin.Change[models.User]) output.Say {
			sessions := words.Count(o.done.SessionsRevoked, "session")
			say := output.Say{
				Done:  "user " + c.After.Email + " has a new password; " + sessions + " ended",
				Would: "user " + c.After.Email + " would have a new password and " + sessions + " would end",
			}
			if o.generate {
				say.Done += "; the password above is shown this once"
			}
			return say
		},
	})
}

// check looks at the flags, and makes or reads the password before anything is opened.
func (o *setPasswordOptions) check(call *verb.Call) error {
	lost := call.Globals.Quiet || len(call.Globals.Columns) > 0 && !slices.Contains(call.Globals.Columns, "generated")
	if o.generate && lost && !call.DryRun {
		return clierr.Usagef("--generate prints the password, which --quiet or --columns would hide, and it is shown only once").WithHint("add the column generated, or leave out the flag")
	}
	if !o.generate {
		var err error
		o.password, err = o.input.read(call.Cmd.Context(), call.App)
		return err
	}
	policy, err := call.PasswordPolicy()
	if err != nil {
		return err
	}
	o.password, err = crypto.GeneratePassword(policy)
	return err
}
