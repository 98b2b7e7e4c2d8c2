package user

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/prompt"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
)

type createOptions struct {
	app         *app.App
	email       string
	username    string
	plan        flags.Enum
	password    passwordInput
	inactive    bool
	verified    bool
	preferences string
	ifNotExists bool
}

func newCreate(a *app.App) *cobra.Command {
	o := &createOptions{app: a}
	return verb.Command{
		Words: verb.Words{
			Use: "create", Short: "Create a user",
			Long: `Create a user. On a terminal it asks for what is missing, the password twice; a script says --password-stdin,
--password-file or --no-password. Plan, state and preferences get the platform's defaults. In a database of the web
application the e-mail counts as verified unless --email-verified=false says otherwise: nobody logs in there without.

--if-not-exists makes it repeatable: a user with this e-mail and this username is left as it is. When they belong to
different people, it stays a conflict.`,
			Examples: []string{
				"axisor user create",
				"axisor user create --email ana@example.com --username ana --plan pro --password-stdin < password.txt",
				"axisor user create --email bot@example.com --username bot --no-password --if-not-exists -o json",
			},
			Exits:    exits.Database(exits.NotFound("no such file"), exits.Conflict("e-mail or username taken"), exits.On(clierr.Cancelled, "")),
			Excludes: [][]string{{"password-stdin", "password-file", "no-password"}},
		},
		Effect: flags.Write, Fields: output.Fields[view](),
		Flags: func(c *cobra.Command) {
			f := c.Flags()
			f.StringVar(&o.email, "email", "", "`ADDRESS`, stored in lower case")
			f.StringVar(&o.username, "username", "", "`NAME` of 3 to 50 characters")
			flags.RegisterEnum(c, &o.plan, "plan", "", "plan (default free)", planWords()...)
			o.password.register(c)
			f.BoolVar(&o.inactive, "inactive", false, "create the user disabled")
			f.BoolVar(&o.verified, "email-verified", false, "the e-mail needs no verification")
			f.StringVar(&o.preferences, "preferences", "", "`JSON` object, or @FILE to read it from")
			f.BoolVar(&o.ifNotExists, "if-not-exists", false, "an existing user with this e-mail and username is no error")
		},
		Check: func(_ *verb.Call) error { return o.validate() },
		Run:   o.run,
	}.Build(a)
}

// validate checks what needs neither terminal nor database. What is missing may still be asked for.
func (o *createOptions) validate() error {
	if o.email != "" {
		if err := admin.CheckEmail(o.email); err != nil {
			return err
		}
	}
	if o.username != "" {
		return admin.CheckUsername(o.username)
	}
	return nil
}

func (o *createOptions) run(ctx context.Context, call *verb.Call) error {
	in, err := o.input(ctx)
	if err != nil {
		return err
	}
	if call.Given("email-verified") {
		in.EmailVerified = &o.verified
	}
	svc, err := call.Admin(ctx)
	if err != nil {
		return err
	}
	change, err := svc.CreateUser(ctx, call.Mode(), in)
	if err != nil {
		return err
	}
	user := "user " + change.After.Email
	say := output.Say{Done: user + " created", Would: user + " would be created", Already: user + " exists already and is left as it is"}
	return output.Change(call.Print, desc(), viewOf(*change.After), output.ChangeInfo{
		Result: change.Status, DryRun: change.DryRun, Say: say, Next: "axisor user show " + change.After.Email,
	})
}

// input gathers the new user from flags, files and, last, the person at the terminal.
func (o *createOptions) input(ctx context.Context) (admin.CreateUserInput, error) {
	in := admin.CreateUserInput{
		Plan: models.PlanType(o.plan.String()), Inactive: o.inactive, IfNotExists: o.ifNotExists,
	}
	var err error
	if o.preferences != "" {
		if in.Preferences, err = readPreferences(ctx, o.app, o.preferences); err != nil {
			return in, err
		}
	}
	var missing []prompt.Field
	if o.email == "" {
		missing = append(missing, prompt.Field{Title: "E-mail", Value: &o.email, Flag: "--email", Validate: admin.CheckEmail})
	}
	if o.username == "" {
		missing = append(missing, prompt.Field{Title: "Username", Value: &o.username, Flag: "--username", Validate: admin.CheckUsername})
	}
	if err := o.app.Prompt().Ask(ctx, missing...); err != nil {
		return in, err
	}
	in.Email, in.Username = o.email, o.username
	if in.Password, err = o.password.read(ctx, o.app); err != nil {
		return in, err
	}
	policy, err := o.app.PasswordPolicy()
	if err != nil {
		return in, err
	}
	return in.Check(policy)
}

// readPreferences reads the value of --preferences.
func readPreferences(ctx context.Context, a *app.App, text string) (models.JSON, error) {
	raw, err := a.ReadArg(ctx, "--preferences", text)
	if err == nil && len(raw) == 0 {
		err = clierr.Usagef("--preferences %s: the file is empty", text)
	}
	return models.JSON(raw), err
}
