package migrate

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/migrate"
)

type redoOptions struct {
	app         *app.App
	lockTimeout time.Duration
	write       flags.Writes
}

func newRedo(a *app.App) *cobra.Command {
	o := &redoOptions{app: a}
	c := &cobra.Command{
		Use:   "redo",
		Short: "Take the newest migration back and apply it again",
		Long: `Takes the newest migration back and applies it again, for whoever is writing one. Tables that it created lose
THEIR ROWS. It asks to type the name of the database; scripts give --yes.

With --dry-run it says which migration that would be and executes nothing.

Exit codes: 2 when there is nobody to ask and no --yes, 5 when the answer is no, 11 without a database, 12 when
there is no schema or a newer one, 13 when another run holds the lock.`,
		Example: `  axisor migrate redo --dry-run
  axisor migrate redo --yes`,
		Args: flags.None(),
		RunE: func(c *cobra.Command, _ []string) error { return runRedo(c.Context(), o) },
	}
	lockTimeoutFlag(c, &o.lockTimeout)
	o.write.RegisterDestroy(c)
	flags.Fields(c, output.Fields[runView]())
	return c
}

func runRedo(ctx context.Context, o *redoOptions) error {
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
	have := applied(items)
	if len(have) == 0 {
		return s.failure(ctx, migrate.ErrNoSchema)
	}
	newest := have[len(have)-1]
	v := runView{FromVersion: newest.Version, Version: newest.Version, Head: s.m.Head(), Migrations: plannedOf([]migrate.Item{newest})}
	info := output.ChangeInfo{Result: output.Updated, DryRun: o.write.DryRun, Said: fmt.Sprintf("migration %d would be taken back and applied again", newest.Version)}
	if o.write.DryRun {
		return printRun(p, v, info)
	}
	database := s.db.Target().Database
	question := fmt.Sprintf("take back migration %d (%s) of database %s, with the rows of its tables, and apply it again?",
		newest.Version, short(newest.Name), database)
	if err := o.app.Prompt().Type(ctx, question, database); err != nil {
		return err
	}
	undone, done, err := s.m.Redo(ctx)
	if err != nil {
		if len(undone) > 0 {
			p.Notice("migration %d was taken back before the failure", newest.Version)
		}
		return s.failure(ctx, err)
	}
	v.Migrations = stepsOf(done)
	info.Said = atVersion(v.Version, v.Head)
	return printRun(p, v, info)
}
