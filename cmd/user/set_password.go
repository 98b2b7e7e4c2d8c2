package user

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/secret"
)

type setPasswordOptions struct {
	app      *app.App
	ref      string
	password passwordInput
	generate bool
	keep     bool
	writes   flags.Writes
}

func newSetPassword(a *app.App) *cobra.Command {
	o := &setPasswordOptions{app: a}
	c := &cobra.Command{
		Use:   "set-password USER",
		Short: "Give a user a new password",
		Long: `Give a user a new password. A terminal is asked twice; a script says --password-stdin or --password-file.
--generate makes a strong one and prints it once: it is stored nowhere but as a hash.

The new password also lifts a lockout, voids a pending reset, and ends every session that was opened with the old
one; --keep-sessions leaves them. What a password must have is set by password.min_length and password.require.

Exit codes: 0, 2 (also a password that is too weak), 3 (no such user or file), 5, 10, 11, 12.`,
		Example: `  axisor user set-password ana@example.com --generate --reason 'ticket 4711'
  axisor user set-password ana --password-stdin < password.txt
  axisor user set-password ana`,
		Args:              flags.Exactly("axisor user set-password "+userExample+" --generate", "USER"),
		ValidArgsFunction: flags.Live(a.UserNames, false),
		RunE: func(c *cobra.Command, args []string) error {
			o.ref = args[0]
			if err := o.validate(); err != nil {
				return err
			}
			return runSetPassword(c.Context(), o)
		},
	}
	o.password.registerOnly(c)
	c.Flags().BoolVar(&o.generate, "generate", false, "make a strong password and print it once")
	c.Flags().BoolVar(&o.keep, "keep-sessions", false, "leave the sessions that are open")
	o.writes.Register(c)
	flags.Fields(c, output.Fields[passwordView]())
	return c
}

func (o *setPasswordOptions) validate() error {
	if o.generate && (o.password.stdin || o.password.file != "") {
		return clierr.Usagef("--generate excludes --password-stdin and --password-file")
	}
	lost := o.app.Globals.Quiet || len(o.app.Globals.Columns) > 0 && !slices.Contains(o.app.Globals.Columns, "generated")
	if o.generate && lost && !o.writes.DryRun {
		return clierr.Usagef("--generate prints the password, which --quiet or --columns would hide for ever").WithHint("add the column generated, or leave out the flag")
	}
	return o.password.validate()
}

// passwordView is a user with a new password. Generated is there only when this tool made the password up.
type passwordView struct {
	view
	SessionsRevoked int     `json:"sessions_revoked"`
	Generated       *string `json:"generated"`
}

func runSetPassword(ctx context.Context, o *setPasswordOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	var pw secret.Secret
	if o.generate {
		policy, err := o.app.PasswordPolicy()
		if err != nil {
			return err
		}
		if pw, err = crypto.GeneratePassword(policy); err != nil {
			return err
		}
	} else if pw, err = o.password.read(ctx, o.app); err != nil {
		return err
	}
	svc, err := o.app.Admin(ctx)
	if err != nil {
		return err
	}
	c, err := svc.SetPassword(ctx, o.app.Mode(o.writes.DryRun), admin.SetPasswordInput{User: o.ref, Password: pw, KeepSessions: o.keep})
	if err != nil {
		return err
	}
	v := passwordView{view: viewOf(*c.After), SessionsRevoked: c.SessionsRevoked}
	if o.generate && !c.DryRun {
		v.Generated = new(pw.Reveal())
	}
	sessions := output.Count(c.SessionsRevoked, "session")
	say := output.Say{
		Done:  "user " + c.After.Email + " has a new password; " + sessions + " ended",
		Would: "user " + c.After.Email + " would have a new password and " + sessions + " would end",
	}
	if o.generate {
		say.Done += "; the password above is shown this once"
	}
	return output.Change(p, desc(), v, output.ChangeInfo{Result: c.Status, DryRun: c.DryRun, Say: say})
}
