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
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/store"
)

type testOptions struct {
	target target
	all    bool
	active flags.Active
}

func newTest(a *app.App) *cobra.Command {
	o := &testOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "test [CREDENTIAL]", Short: "Test stored credentials against their exchange",
			Long: `Asks the exchange whether it accepts the stored credentials (an id, or a user), or with --all every row of the
older store, at the pace of its rate limits. It reads the clock, the account and the running positions, and changes
nothing there; a permission to write cannot be proved this way.

` + credential.AboutOutcomes,
			Examples: []string{
				"axisor credential test ana@example.com",
				"axisor credential test --all -o jsonl",
			},
			Exits: credential.Exits(),
		},
		Effect: flags.Write, Fields: output.Fields[credential.View](),
		Flags: func(c *cobra.Command) {
			o.target.register(c, a)
			c.Flags().BoolVar(&o.all, "all", false, "all credentials, oldest first")
			o.active.Register(c)
		},
		Check: func(call *verb.Call) error {
			o.target.ref = call.Arg(0)
			return o.validate()
		},
		Run: o.run,
	}.Build(a)
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

func (o *testOptions) run(ctx context.Context, call *verb.Call) error {
	if !o.all {
		row, err := o.target.find(ctx, call.App)
		if err != nil {
			return err
		}
		return credential.TestOne(ctx, call.App, tested(row), call.DryRun, "credentials")
	}
	db, err := call.DB(ctx)
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
	return credential.TestMany(ctx, call.App, subjects(list.Items), call.DryRun, "credentials")
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
