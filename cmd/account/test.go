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
	"github.com/axisor/axisor/pkg/store"
)

type testOptions struct {
	app    *app.App
	ref    string
	all    bool
	active flags.Active
	user   string
	write  flags.Writes
}

func newTest(a *app.App) *cobra.Command {
	o := &testOptions{app: a}
	c := &cobra.Command{
		Use:   "test [ACCOUNT]",
		Short: "Test an account's credentials against its exchange",
		Long: `Asks the exchange whether it accepts the stored credentials of an account (id, or USER/NAME), of all accounts of one
user with --user, or of all with --all, at the pace of its rate limits. It reads the clock, the account and the
running positions, and changes nothing there; a permission to write cannot be proved this way.

Outcomes: works; wrong_key; wrong_signature (secret or passphrase); refused (not said why); missing_scope;
incomplete; unreadable (the value does not open here); unsupported; other_network; clock_off; rate_limited;
unreachable. The last four say nothing about the credentials and change nothing; the others set is_verified and
last_test. With --dry-run the exchange is asked and nothing is written.

Exit codes: 0 when all work, 3, 4 when incomplete or unsupported, 6 when refused, unreadable or a permission is
missing, 7 when some of many do not work, 10, 11 when the exchange or the clock is at fault, 12.`,
		Example: `  axisor account test ana@example.com/Main
  axisor account test --all --active -o jsonl`,
		Args:              flags.AtMostOne("axisor account test ana@example.com/Main", "ACCOUNT"),
		ValidArgsFunction: flags.Live(a.AccountNames, false),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.ref = args[0]
			}
			if err := o.validate(); err != nil {
				return err
			}
			return runTest(c.Context(), o)
		},
	}
	c.Flags().BoolVar(&o.all, "all", false, "all accounts, oldest first")
	c.Flags().StringVar(&o.user, "user", "", "all accounts of this `USER` (id, e-mail or username)")
	o.active.Register(c)
	o.write.Register(c)
	flags.CompleteLive(c, "user", a.UserNames)
	flags.Fields(c, output.Fields[credential.View]())
	return c
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

func runTest(ctx context.Context, o *testOptions) error {
	db, err := o.app.DB(ctx)
	if err != nil {
		return err
	}
	if o.ref != "" {
		a, err := db.FindAccount(ctx, o.ref)
		if err != nil {
			return err
		}
		return credential.TestOne(ctx, o.app, tested(a), o.write.DryRun, "accounts")
	}
	filter := store.AccountFilter{Active: o.active.Value()}
	if filter.UserID, err = o.app.UserID(ctx, o.user); err != nil {
		return err
	}
	list := db.ListAccounts(ctx, filter, store.Page{All: true, Sort: "created_at"})
	return credential.TestMany(ctx, o.app, subjects(list.Items), o.write.DryRun, "accounts")
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
