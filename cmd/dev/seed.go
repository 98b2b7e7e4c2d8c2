package dev

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/internal/devenv"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
)

// mostUsers keeps a slip of the finger from filling the disk.
const mostUsers = 100_000

type seedOptions struct {
	app   *app.App
	users int
	force bool
}

func newSeed(a *app.App) *cobra.Command {
	o := &seedOptions{app: a}
	return verb.Command{
		Words: verb.Words{
			Use: "seed", Short: "Fill the development database and exchange with users and positions",
			Long: `Makes users trader-0001, trader-0002, … each with an exchange account whose key the simulated exchange knows, an
enabled margin guard and an open position. Every eighth position is so close to liquidation that a fall of the
price by 3 % endangers it. The same number of users gives the same users every time; what exists is kept, and
whoever has no untouched position gets a new one at the present price.

Works on the development database only; --force allows another one. The users have no password.`,
			Examples: []string{
				"axisor dev seed --users 200",
				"axisor dev seed --users 8 -o json",
			},
			Exits: exits.Database(exits.Conflict("the configured database is another one"),
				exits.On(clierr.Unavailable, "the environment is not running"), exits.On(clierr.Schema, "before \"axisor migrate up\"")),
		},
		Effect: flags.Write, Fields: output.Fields[seedView](),
		Flags: func(c *cobra.Command) {
			c.Flags().IntVar(&o.users, "users", 50, "how many users")
			c.Flags().BoolVar(&o.force, "force", false, "also when the database is not the development one")
		},
		Check: func(_ *verb.Call) error {
			if o.users < 1 || o.users > mostUsers {
				return clierr.Usagef("--users %d: must be between 1 and %d", o.users, mostUsers)
			}
			return nil
		},
		Run: o.run,
	}.Build(a)
}

// seedView counts what was made; the rest was there.
type seedView struct {
	Users     int64 `json:"users"`
	Accounts  int64 `json:"accounts"`
	Configs   int64 `json:"guard_configs"`
	Positions int64 `json:"positions"`
}

func seedDesc() output.Desc { return output.Desc{Noun: "seeds", ID: "users"} }

func (o *seedOptions) run(ctx context.Context, call *verb.Call) error {
	seed, err := o.prepare(ctx)
	if err != nil {
		return err
	}
	if call.DryRun {
		n := int64(o.users)
		say := output.Say{Would: fmt.Sprintf("up to %d users with accounts, guard settings and positions would be made", n)}
		return output.Change(call.Print, seedDesc(), seedView{n, n, n, n}, output.ChangeInfo{Result: words.Created, DryRun: true, Say: say})
	}
	counter := progress.Start(call.Streams, "seeding users", int64(o.users), progress.Items, call.Globals.Quiet)
	seed.Done = func() { counter.Add(1) }
	made, err := seed.Run(ctx)
	counter.Done()
	if err != nil {
		return refused(err)
	}
	v := seedView{made.Users, made.Accounts, made.Configs, made.Positions}
	info := output.ChangeInfo{
		Result: words.Created, Say: output.Say{
			Done:    fmt.Sprintf("%d seeded users, each with an account, a guard and a position", o.users),
			Already: fmt.Sprintf("the %d seeded users exist already", o.users),
		},
		Next: "axisor dev exchange price 92000 && axisor guard preview",
	}
	if v == (seedView{}) {
		info.Result = words.Unchanged
	}
	return output.Change(call.Print, seedDesc(), v, info)
}

// prepare connects everything and makes sure that it is the development database.
func (o *seedOptions) prepare(ctx context.Context) (devenv.Seed, error) {
	none := devenv.Seed{}
	cfg, err := o.app.Config()
	if err != nil {
		return none, err
	}
	env, err := environment(o.app)
	if err != nil {
		return none, err
	}
	if !cfg.Database.URL.IsZero() && !env.Is(cfg.Database.URL) && !o.force {
		return none, clierr.New(clierr.Conflict, "not_the_development_database", "the configured database is not the development database of this folder",
			"axisor config show says where its address comes from", "add --force if you mean it")
	}
	sim, err := control(o.app)
	if err != nil {
		return none, err
	}
	db, err := o.app.DB(ctx)
	if err != nil {
		return none, err
	}
	service, err := o.app.Admin(ctx)
	if err != nil {
		return none, err
	}
	keys, err := o.app.Keyring(ctx)
	if err != nil {
		return none, err
	}
	reason := o.app.Globals.Reason
	if reason == "" {
		reason = "development data"
	}
	return devenv.Seed{Users: o.users, DB: db, Admin: service, Sealer: keys, Control: sim, Reason: reason}, nil
}
