package credential

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
	target target
	all    bool
	active flags.Active
	write  flags.Writes
}

func newTest(a *app.App) *cobra.Command {
	o := &testOptions{app: a}
	c := &cobra.Command{
		Use:   "test [CREDENTIAL]",
		Short: "Test stored credentials against their exchange",
		Long: `Asks the exchange whether it accepts the stored credentials (an id, or a user), or with --all every row of the
older store, at the pace of its rate limits. It reads the clock, the account and the running positions, and changes
nothing there; a permission to write cannot be proved this way.

Outcomes: works; wrong_key; wrong_signature (secret or passphrase); refused (not said why); missing_scope;
incomplete; unreadable (the value does not open here); unsupported; other_network; clock_off; rate_limited;
unreachable. The last four say nothing about the credentials and change nothing; the others set is_verified and
last_test. With --dry-run the exchange is asked and nothing is written.

Exit codes: 0 when all work, 3, 4 when incomplete or unsupported, 6 when refused, unreadable or a permission is
missing, 7 when some of many do not work, 10, 11 when the exchange or the clock is at fault, 12.`,
		Example: `  axisor credential test ana@example.com
  axisor credential test --all -o jsonl`,
		Args: flags.AtMostOne("axisor credential test ana@example.com", "CREDENTIAL"),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.target.ref = args[0]
			}
			if err := o.validate(); err != nil {
				return err
			}
			return runTest(c.Context(), o)
		},
	}
	o.target.register(c, a)
	c.Flags().BoolVar(&o.all, "all", false, "all credentials, oldest first")
	o.active.Register(c)
	o.write.Register(c)
	flags.Fields(c, output.Fields[credential.View]())
	return c
}

func (o *testOptions) validate() error {
	switch {
	case o.target.ref == "" && !o.all:
		return clierr.Usagef("credential test needs a CREDENTIAL or --all").WithHint("for example: axisor credential test ana@example.com")
	case o.target.ref != "" && o.all:
		return clierr.Usagef("a CREDENTIAL excludes --all")
	case o.target.ref != "" && o.active.Value() != nil:
		return clierr.Usagef("--active and --inactive go with --all")
	}
	return o.active.Validate()
}

func runTest(ctx context.Context, o *testOptions) error {
	if !o.all {
		row, err := o.target.find(ctx, o.app)
		if err != nil {
			return err
		}
		return credential.TestOne(ctx, o.app, tested(row), o.write.DryRun, "credentials")
	}
	db, err := o.app.DB(ctx)
	if err != nil {
		return err
	}
	filter := store.AccountFilter{Active: o.active.Value()}
	if o.target.exchange != "" {
		e, err := db.FindExchange(ctx, o.target.exchange)
		if err != nil {
			return err
		}
		filter.ExchangeID = e.ID
	}
	list := db.ListCredentials(ctx, filter, store.Page{All: true, Sort: "created_at"})
	return credential.TestMany(ctx, o.app, subjects(list.Items), o.write.DryRun, "credentials")
}

func subjects(all iter.Seq2[store.Credential, error]) iter.Seq2[credential.Subject, error] {
	return func(yield func(credential.Subject, error) bool) {
		for c, err := range all {
			if !yield(tested(c), err) {
				return
			}
		}
	}
}

func tested(c store.Credential) credential.Subject {
	return credential.Subject{Table: store.SealedCredentials, ID: c.ID, UserID: c.UserID, ExchangeID: c.ExchangeID, Slug: c.ExchangeSlug}
}
