package migrate

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/migrate"
)

type downOptions struct {
	app         *app.App
	to          int64
	toGiven     bool
	steps       int
	lockTimeout time.Duration
	write       flags.Writes
}

func newDown(a *app.App) *cobra.Command {
	o := &downOptions{app: a}
	c := &cobra.Command{
		Use:   "down",
		Short: "Take migrations back, newest first",
		Long: `Takes back the newest migration, or several. Tables that a migration created are dropped WITH THEIR ROWS:
take a backup first. It asks to type the name of the database; scripts give --yes.

With --dry-run it lists what would be taken back, prints the SQL with the lock that each statement takes, and
executes nothing.

Exit codes: 2 when there is nobody to ask and no --yes, 3 when there is no such version, 5 when the answer
is no, 11 without a database, 12 when the schema is newer than this program, 13 when another run holds the lock.`,
		Example: `  axisor migrate down --dry-run
  axisor migrate down --steps 2
  axisor migrate down --to 0 --yes`,
		Args: flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			o.toGiven = c.Flags().Changed("to")
			if err := o.validate(c.Flags().Changed("steps")); err != nil {
				return err
			}
			return runDown(c.Context(), o)
		},
	}
	c.Flags().Int64Var(&o.to, "to", 0, "take back everything above this `VERSION`; 0 empties the schema")
	c.Flags().IntVar(&o.steps, "steps", 1, "how many migrations to take back")
	lockTimeoutFlag(c, &o.lockTimeout)
	o.write.RegisterDestroy(c)
	flags.Fields(c, output.Fields[runView]())
	return c
}

func (o *downOptions) validate(stepsGiven bool) error {
	switch {
	case o.toGiven && stepsGiven:
		return clierr.Usagef("--to and --steps exclude each other")
	case o.to < 0:
		return clierr.Usagef("--to %d: must be 0 or a version", o.to)
	case o.steps < 1:
		return clierr.Usagef("--steps %d: must be at least 1", o.steps)
	}
	return nil
}

func runDown(ctx context.Context, o *downOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	s, err := connect(ctx, o.app, o.lockTimeout)
	if err != nil {
		return err
	}
	items, err := s.m.Status(ctx)
	if err != nil {
		return s.failure(ctx, err)
	}
	planned, target := o.plan(applied(items))
	v := runView{Head: s.m.Head(), Version: target, Migrations: plannedOf(planned)}
	info := output.ChangeInfo{Result: output.Updated, DryRun: o.write.DryRun}
	if len(planned) == 0 {
		if v.Version, _, err = s.m.Version(ctx); err != nil {
			return s.failure(ctx, err)
		}
		v.FromVersion, info.Result = v.Version, output.Unchanged
		info.Said = atVersion(v.Version, v.Head) + "; nothing to take back"
		return printRun(p, v, info)
	}
	v.FromVersion = planned[0].Version
	if o.write.DryRun {
		if err := scriptOf(s.m, v.Migrations, "down"); err != nil {
			return err
		}
	}
	info.Said = plural(len(planned), "migration") + " would be taken back"
	if !o.write.DryRun {
		question := fmt.Sprintf("take back %s of database %s and drop the rows of its tables?",
			plural(len(planned), "migration"), s.db.Target().Database)
		if err := o.app.Prompt().Type(ctx, question, s.db.Target().Database); err != nil {
			return err
		}
		undone, err := s.m.Down(ctx, target)
		if err != nil {
			if len(undone) > 0 {
				p.Notice("%s taken back before the failure", plural(len(undone), "migration"))
			}
			return s.failure(ctx, err)
		}
		v.Migrations = stepsOf(undone)
		info.Said, info.Next = atVersion(target, v.Head), "axisor migrate up"
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
