package migrate

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/migrate"
)

type downOptions struct {
	to          int64
	toGiven     bool
	steps       int
	lockTimeout time.Duration
}

func newDown(a *app.App) *cobra.Command {
	o := &downOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "down", Short: "Take migrations back, newest first",
			Long: `Takes back the newest migration, or several. Tables that a migration created are dropped WITH THEIR ROWS:
take a backup first. Tables that axisor has adopted (migrate baseline) are never dropped: such a database goes back to
version 11. It asks to type the name of the database; scripts give --yes.

With --dry-run it lists what would be taken back, prints the SQL with the lock that each statement takes, and
executes nothing.`,
			Examples: []string{
				"axisor migrate down --dry-run",
				"axisor migrate down --steps 2",
				"axisor migrate down --to 0 --yes",
			},
			Exits: exits.Destroys(exits.NotFound("there is no such version"), exits.Conflict("the tables were adopted"), exits.On(clierr.Unavailable, "without a database"),
				exits.On(clierr.Schema, "the schema is newer than this program"), exits.On(clierr.Locked, "another run holds the lock")),
			Excludes: [][]string{{"to", "steps"}},
		},
		Effect: flags.Destroy, Fields: output.Fields[runView](),
		Flags: func(c *cobra.Command) {
			c.Flags().Int64Var(&o.to, "to", 0, "take back everything above this `VERSION`; 0 empties the schema")
			c.Flags().IntVar(&o.steps, "steps", 1, "how many migrations to take back")
			lockTimeoutFlag(c, &o.lockTimeout)
		},
		Check: func(call *verb.Call) error {
			o.toGiven = call.Given("to")
			switch {
			case o.to < 0:
				return clierr.Usagef("--to %d: must be 0 or a version", o.to)
			case o.steps < 1:
				return clierr.Usagef("--steps %d: must be at least 1", o.steps)
			}
			return nil
		},
		Run: o.run,
	}.Build(a)
}

func (o *downOptions) run(ctx context.Context, call *verb.Call) error {
	p := call.Print
	s, err := connect(ctx, call.App, o.lockTimeout)
	if err != nil {
		return err
	}
	items, err := s.m.Status(ctx)
	if err != nil {
		return s.failure(ctx, err)
	}
	planned, target := o.plan(applied(items))
	v := runView{Head: s.m.Head(), Version: target, Migrations: plannedOf(planned)}
	info := output.ChangeInfo{Result: words.Updated, DryRun: call.DryRun}
	if len(planned) == 0 {
		if v.Version, _, err = s.m.Version(ctx); err != nil {
			return s.failure(ctx, err)
		}
		v.FromVersion, info.Result = v.Version, words.Unchanged
		info.Summary = atVersion(v.Version, v.Head) + "; nothing to take back"
		return printRun(p, v, info)
	}
	if err := s.m.Reversible(ctx, target); err != nil {
		return s.failure(ctx, err)
	}
	v.FromVersion = planned[0].Version
	if call.DryRun {
		if err := scriptOf(s.m, v.Migrations, "down"); err != nil {
			return err
		}
	}
	info.Summary = words.Count(len(planned), "migration") + " would be taken back"
	if !call.DryRun {
		question := fmt.Sprintf("take back %s of database %s and drop the rows of its tables?",
			words.Count(len(planned), "migration"), s.db.Target().Database)
		if err := call.Prompt().Type(ctx, question, s.db.Target().Database); err != nil {
			return err
		}
		undone, err := s.m.Down(ctx, target)
		if err != nil {
			if len(undone) > 0 {
				p.Notice("%s taken back before the failure", words.Count(len(undone), "migration"))
			}
			return s.failure(ctx, err)
		}
		v.Migrations = stepsOf(undone)
		info.Summary, info.Next = atVersion(target, v.Head), "axisor migrate up"
	}
	return printRun(p, v, info)
}

// plan tells which migrations go, newest first, and the version that remains. With --to, a version that is
// not there is left for the migrator to refuse.
func (o *downOptions) plan(have []migrate.Item) (planned []migrate.Item, target int64) {
	newest := slices.Clone(have)
	slices.Reverse(newest)
	for i, item := range newest {
		if o.toGiven && item.Version <= o.to || !o.toGiven && i == o.steps {
			target = item.Version
			break
		}
		planned = append(planned, item)
	}
	if o.toGiven {
		target = o.to
	}
	return planned, target
}

// applied are the migrations that the database has.
func applied(items []migrate.Item) []migrate.Item {
	var out []migrate.Item
	for _, i := range items {
		if i.State != migrate.StatePending {
			out = append(out, i)
		}
	}
	return out
}
