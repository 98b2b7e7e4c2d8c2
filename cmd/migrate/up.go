package migrate

import (
	"context"
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

type upOptions struct {
	to          int64
	outOfOrder  bool
	lockTimeout time.Duration
}

func newUp(a *app.App) *cobra.Command {
	o := &upOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "up", Short: "Apply the migrations the database does not have yet",
			Long: `Applies the pending migrations in order, each in a transaction of its own; indexes are built concurrently,
outside of one. Nothing pending is no error. A table that is busy is tried again until --lock-timeout;
a failure leaves what came before applied, and running up again goes on from there.

Migrations that are older than the newest applied one, as after two branches met, are refused: they were not
written for the schema they would meet. With --allow-out-of-order they are applied, oldest first.

With --dry-run it lists what would be applied, prints the SQL with the lock that each statement takes, and
executes nothing.`,
			Examples: []string{
				"axisor migrate up",
				"axisor migrate up --dry-run -o json",
				"axisor migrate up --to 5 --lock-timeout 10s",
			},
			Exits: exits.Database(exits.Conflict("older migrations are missing"), exits.On(clierr.Denied, "the database role lacks a right"),
				exits.On(clierr.Unavailable, "without a database"), exits.On(clierr.Schema, "the schema is newer than this program"),
				exits.On(clierr.Locked, "another run holds the lock")),
		},
		Effect: flags.Write, Fields: output.Fields[runView](),
		Flags: func(c *cobra.Command) {
			c.Flags().Int64Var(&o.to, "to", 0, "stop after this `VERSION` (default the newest)")
			c.Flags().BoolVar(&o.outOfOrder, "allow-out-of-order", false, "also apply migrations older than the newest applied one")
			lockTimeoutFlag(c, &o.lockTimeout)
		},
		Check: func(call *verb.Call) error {
			if call.Given("to") && o.to < 1 {
				return clierr.Usagef("--to %d: migrations are numbered from 1", o.to)
			}
			return nil
		},
		Run: o.run,
	}.Build(a)
}

func (o *upOptions) run(ctx context.Context, call *verb.Call) error {
	s, err := open(ctx, call.App, migrate.Options{LockTimeout: o.lockTimeout, OutOfOrder: o.outOfOrder})
	if err != nil {
		return err
	}
	to := o.to
	if to == 0 {
		to = s.m.Head()
	}
	from, head, err := s.m.Version(ctx)
	if err != nil {
		return s.failure(ctx, err)
	}
	v := runView{FromVersion: from, Version: from, Head: head}
	if call.DryRun {
		if err := planUp(ctx, s, to, &v); err != nil {
			return err
		}
	} else {
		applied, err := s.m.UpTo(ctx, to)
		v.Migrations = stepsOf(applied)
		if err != nil {
			if len(applied) > 0 {
				call.Print.Notice("%s applied before the failure", words.Count(len(applied), "migration"))
			}
			return s.failure(ctx, err)
		}
		if v.Version, _, err = s.m.Version(ctx); err != nil {
			return s.failure(ctx, err)
		}
	}
	info := output.ChangeInfo{Result: words.Updated, DryRun: call.DryRun, Summary: atVersion(v.Version, v.Head)}
	if len(v.Migrations) == 0 {
		info.Result = words.Unchanged
		info.Summary += "; nothing was pending"
	}
	if call.DryRun && len(v.Migrations) > 0 {
		info.Summary = words.Count(len(v.Migrations), "migration") + " would be applied"
	}
	if from == 0 && v.Version > 0 {
		info.Next = "axisor user create"
	}
	return printRun(call.Print, v, info)
}

// planUp fills in what a run would apply.
func planUp(ctx context.Context, s *session, to int64, v *runView) error {
	pending, err := s.m.Pending(ctx, to)
	if err != nil {
		return s.failure(ctx, err)
	}
	v.Migrations = plannedOf(pending)
	if n := len(pending); n > 0 {
		v.Version = max(v.Version, pending[n-1].Version)
	}
	return scriptOf(s.m, v.Migrations, "up")
}
