package account

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/prompt"
	"github.com/axisor/axisor/internal/credential"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
)

type createOptions struct {
	exchange string
	name     string
	activate bool
	override bool
	newKey   bool
	input    credential.Input
	ask      credential.AskFunc // the person at the terminal; tests answer instead
}

func newCreate(a *app.App) *cobra.Command {
	o := &createOptions{ask: func(ctx context.Context, f ...prompt.Field) error { return a.Prompt().Ask(ctx, f...) }}
	return verb.Command{
		Words: verb.Words{
			Use: "create USER", Short: "Add an exchange account with its credentials",
			Long: `Adds an account for a user (id, e-mail or username) on an exchange. The credential values come from stdin or a
file as one JSON object, or are asked for on the terminal; they are encrypted field by field with the
configured key and shown by no command. Field names are those of "axisor exchange list". The clear field
"isTestnet" ("true" or "false") may be added.

The new account is not active unless --activate is given, which switches the user's other accounts off. The
exchange is not contacted.

A key that opens nothing of what is stored is refused: it is another database's, or a new one. A new one is declared by
the older one in encryption.previous_keys, or by --new-key when that is lost.`,
			Examples: []string{
				"axisor account create ana@example.com --exchange lnmarkets --name Main --activate",
				"axisor account create ana@example.com --exchange lnmarkets --name Main --from-file keys.json",
				"pass show lnm/ana | axisor account create ana --exchange lnmarkets --name Main --from-stdin",
			},
			Try: "axisor account create ana@example.com --exchange lnmarkets --name Main --from-file keys.json",
			Exits: exits.Database(exits.NotFound(""),
				exits.Conflict("the name is taken, the plan's limit is reached, or the user or exchange is inactive"),
				exits.On(clierr.Denied, "the key is not that of this database"), exits.On(clierr.Config, "there is no encryption key")),
		},
		Effect: flags.Write, Fields: output.Fields[view](), Complete: a.UserNames,
		Flags: func(c *cobra.Command) {
			f := c.Flags()
			f.StringVar(&o.exchange, "exchange", "", "exchange of the account, by its `SLUG`")
			f.StringVar(&o.name, "name", "", "`NAME` of the account, unique for the user on this exchange")
			f.BoolVar(&o.activate, "activate", false, "make it the user's active account and switch the others off")
			f.BoolVar(&o.override, "override-limit", false, "allow more accounts than the plan does (kept in the audit trail)")
			f.BoolVar(&o.newKey, "new-key", false, "store them although the encryption key opens nothing that is stored")
			o.input.Register(f)
			flags.CompleteLive(c, "exchange", a.ExchangeNames)
		},
		Check: func(_ *verb.Call) error { return o.input.Validate() },
		Run:   o.run,
	}.Build(a)
}

func (o *createOptions) run(ctx context.Context, call *verb.Call) error {
	if err := o.askMissing(ctx); err != nil {
		return err
	}
	keys, err := call.Keyring(ctx)
	if err != nil {
		return err
	}
	db, svc, err := call.Open(ctx)
	if err != nil {
		return err
	}
	// Before anybody types three secrets: are the user and the exchange there?
	user, err := svc.FindUser(ctx, call.Args[0])
	if err != nil {
		return err
	}
	exchange, err := db.FindExchange(ctx, o.exchange)
	if err != nil {
		return err
	}
	types, err := db.CredentialTypes(ctx, exchange.ID)
	if err != nil {
		return err
	}
	fields, err := o.input.Read(ctx, call.App, o.ask, types, false)
	if err != nil {
		return err
	}
	change, err := svc.CreateAccount(ctx, call.Mode(), admin.CreateAccountInput{
		User: user.ID, Exchange: exchange.ID, Name: o.name, Fields: fields, Activate: o.activate, OverrideLimit: o.override,
		NewKey: o.newKey,
	}, keys)
	if err != nil {
		return conflict(err)
	}
	name := "account " + change.After.AccountName + " of " + user.Email
	say := output.Say{Done: name + " is stored", Would: name + " would be stored"}
	next := "axisor account list --user " + user.Email
	if change.After.IsActive {
		say.Done, say.Would = say.Done+" and active", say.Would+" and active"
		next = "axisor guard config show " + user.Email
	}
	return output.Change(call.Print, desc(), viewOf(*change.After), output.ChangeInfo{
		Result: change.Status, DryRun: change.DryRun, Say: say, Next: next,
	})
}

// askMissing asks for what no flag said; without a terminal the error names the flags.
func (o *createOptions) askMissing(ctx context.Context) error {
	var fields []prompt.Field
	if o.exchange == "" {
		fields = append(fields, prompt.Field{Title: "Exchange", Description: "its slug, as in lnmarkets", Value: &o.exchange, Flag: "--exchange"})
	}
	if o.name == "" {
		fields = append(fields, prompt.Field{Title: "Name of the account", Value: &o.name, Flag: "--name", Validate: admin.CheckAccountName})
	} else if err := admin.CheckAccountName(o.name); err != nil {
		return err
	}
	if len(fields) == 0 {
		return nil
	}
	return o.ask(ctx, fields...)
}

// conflict gives the conflicts that are not about a taken name a code of their own.
func conflict(err error) error {
	var c *admin.ConflictError
	if !errors.As(err, &c) {
		return err
	}
	code := map[string]string{
		"max_exchange_accounts": "plan_limit_reached", "is_active": c.Kind + "_inactive", "credential_types": "exchange_incomplete",
	}[c.Field]
	if code == "" {
		return err
	}
	return clierr.New(clierr.Conflict, code, c.Error(), c.Hint).WithCause(err)
}
