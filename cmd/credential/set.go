package credential

import (
	"context"

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

const setExample = "axisor credential set ana@example.com --exchange lnmarkets --from-file keys.json"

type setOptions struct {
	exchange string
	newKey   bool
	input    credential.Input
	ask      credential.AskFunc // the person at the terminal; tests answer instead
}

func newSet(a *app.App) *cobra.Command {
	o := &setOptions{ask: func(ctx context.Context, f ...prompt.Field) error { return a.Prompt().Ask(ctx, f...) }}
	return verb.Command{
		Words: verb.Words{
			Use: "set USER", Short: "Store a user's credentials of an exchange",
			Long: `Stores the credentials of a user (id, e-mail or username) on an exchange, or changes the given fields of those that
are stored. The values come from stdin or a file as one JSON object, or are asked for on the terminal, and are
encrypted field by field. Fields may be spelled by label, field name or in camel case; what is stored keeps its
spelling, and new fields get the field name, or their label in a database of the web application. The credentials count as untested afterwards.

A key that opens nothing of what is stored is refused: it is another database's, or a new one. A new one is declared by
the older one in encryption.previous_keys, or by --new-key when that is lost.`,
			Examples: []string{
				"axisor credential set ana@example.com --exchange lnmarkets",
				"axisor credential set ana@example.com --exchange lnmarkets --from-file keys.json",
				`echo '{"passphrase":"…"}' | axisor credential set ana --exchange lnmarkets --from-stdin`,
			},
			Try: setExample, Needs: []string{"exchange"},
			Exits: exits.Database(exits.NotFound("the user or exchange does not exist"), exits.Conflict(""),
				exits.On(clierr.Denied, "the key is not that of this database"), exits.On(clierr.Config, "there is no encryption key")),
		},
		Effect: flags.Write, Fields: output.Fields[view](), Complete: a.UserNames,
		Flags: func(c *cobra.Command) {
			c.Flags().StringVar(&o.exchange, "exchange", "", "exchange of the credentials, by its `SLUG`")
			c.Flags().BoolVar(&o.newKey, "new-key", false, "store them although the encryption key opens nothing that is stored")
			o.input.Register(c.Flags())
			flags.CompleteLive(c, "exchange", a.ExchangeNames)
		},
		Check: func(_ *verb.Call) error { return o.input.Validate() },
		Run:   o.run,
	}.Build(a)
}

func (o *setOptions) run(ctx context.Context, call *verb.Call) error {
	keys, err := call.Keyring(ctx)
	if err != nil {
		return err
	}
	db, svc, err := call.Open(ctx)
	if err != nil {
		return err
	}
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
	existing, err := db.CredentialOf(ctx, user.ID, exchange.ID)
	if err != nil {
		return err
	}
	fields, err := o.input.Read(ctx, call.App, o.ask, types, existing != nil)
	if err != nil {
		return err
	}
	if len(fields) == 0 {
		return clierr.Usagef("no field was given").WithHint("for example: " + setExample)
	}
	change, err := svc.SetCredential(ctx, call.Mode(), admin.SetCredentialInput{
		User: user.ID, Exchange: exchange.ID, Fields: fields, NewKey: o.newKey,
	}, keys)
	if err != nil {
		return err
	}
	return output.Change(call.Print, desc(), viewOf(*change.After), output.ChangeInfo{
		Result: change.Status, DryRun: change.DryRun,
		Say: output.Say{
			Done:    "credentials of " + user.Email + " on " + exchange.Slug + " are stored",
			Would:   "credentials of " + user.Email + " on " + exchange.Slug + " would be stored",
			Already: "credentials of " + user.Email + " on " + exchange.Slug + " are the same already",
		},
		Next: "axisor credential test " + user.Email + " --exchange " + exchange.Slug,
	})
}
