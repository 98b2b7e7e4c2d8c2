package account

import (
	"context"
	"iter"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/credential"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/store"
)

type testOptions struct {
	ref    string
	all    bool
	active flags.Active
	user   string
}

func newTest(a *app.App) *cobra.Command {
	o := &testOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "test [ACCOUNT]", Short: "Test an account's credentials against its exchange",
			Long: `Asks the exchange whether it accepts the stored credentials of an account (id, or USER/NAME), of all accounts of one
user with --user, or of all with --all, at the pace of its rate limits. It reads the clock, the account and the
running positions, and changes nothing there; a permission to write cannot be proved this way.

` + credential.AboutOutcomes,
			Examples: []string{
				"axisor account test ana@example.com/Main",
				"axisor account test --all --active -o jsonl",
			},
			Exits: credential.Exits(),
		},
		Effect: flags.Write, Fields: output.Fields[credential.View](), Complete: a.AccountNames,
		Flags: func(c *cobra.Command) {
			c.Flags().BoolVar(&o.all, "all", false, "all accounts, oldest first")
			c.Flags().StringVar(&o.user, "user", "", "all accounts of this `USER` (id, e-mail or username)")
			o.active.Register(c)
			flags.CompleteLive(c, "user", a.UserNames)
		},
		Check: func(call *verb.Call) error {
			o.ref = call.Arg(0)
			return o.validate()
		},
		Read: o.run,
	}.Build(a)
}

func (o *testOptions) validate() error {
	many := o.all || o.user != ""
	switch {
	case o.ref == "" && !many:
		return clierr.Usagef("account test needs an ACCOUNT, --user or --all").WithHint("for example: axisor account test ana@example.com/Main")
	case o.ref != "" && many:
		return clierr.Usagef("an ACCOUNT excludes --all and --user")
	case o.ref != "" && o.active.Value() != nil:
		return clierr.Usagef("--active and --inactive go with --all or --user")
	}
	return o.active.Validate()
}

func (o *testOptions) run(ctx context.Context, call *verb.Call, db *store.DB) error {
	if o.ref != "" {
		a, err := db.FindAccount(ctx, o.ref)
		if err != nil {
			return err
		}
		return credential.TestOne(ctx, call.App, tested(a), call.DryRun, "accounts")
	}
	user, err := call.UserID(ctx, o.user)
	if err != nil {
		return err
	}
	filter := store.AccountFilter{Active: o.active.Value(), UserID: user}
	list := db.ListAccounts(ctx, filter, store.Page{All: true, Sort: "created_at"})
	return credential.TestMany(ctx, call.App, subjects(list.Items), call.DryRun, "accounts")
}

func subjects(all iter.Seq2[store.Account, error]) iter.Seq2[credential.Subject, error] {
	return func(yield func(credential.Subject, error) bool) {
		for a, err := range all {
			if !yield(tested(a), err) {
				return
			}
		}
	}
}

func tested(a store.Account) credential.Subject {
	return credential.Subject{
		Table: store.SealedAccounts, ID: a.ID, UserID: a.UserID, ExchangeID: a.ExchangeID, Name: &a.AccountName, Slug: a.ExchangeSlug,
	}
}
