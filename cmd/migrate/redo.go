package migrate

import (
	"context"
	"fmt"
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

type redoOptions struct {
	lockTimeout time.Duration
}

func newRedo(a *app.App) *cobra.Command {
	o := &redoOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "redo", Short: "Take the newest migration back and apply it again",
			Long: `Takes the newest migration back and applies it again, for whoever is writing one. Tables that it created lose
THEIR ROWS. It asks to type the name of the database; scripts give --yes.

With --dry-run it says which migration that would be and executes nothing.`,
			Examples: []string{
				"axisor migrate redo --dry-run",
				"axisor migrate redo --yes",
			},
			Exits: exits.Destroys(exits.On(clierr.Unavailable, "without a database"),
				exits.On(clierr.Schema, "there is no schema or a newer one"), exits.On(clierr.Locked, "another run holds the lock")),
		},
		Effect: flags.Destroy, Fields: output.Fields[runView](),
		Flags: func(c *cobra.Command) { lockTimeoutFlag(c, &o.lockTimeout) },
		Run:   o.run,
	}.Build(a)
}

func (o *redoOptions) run(ctx context.Context, call *verb.Call) error {
	p := call.Print
	s, err := connect(ctx, call.App, o.lockTimeout)
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
	info := output.ChangeInfo{Result: words.Updated, DryRun: call.DryRun, Summary: fmt.Sprintf("migration %d would be taken back and applied again", newest.Version)}
	if call.DryRun {
		return printRun(p, v, info)
	}
	database := s.db.Target().Database
	question := fmt.Sprintf("take back migration %d (%s) of database %s, with the rows of its tables, and apply it again?",
		newest.Version, short(newest.Name), database)
	if err := call.Prompt().Type(ctx, question, database); err != nil {
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
	info.Summary = atVersion(v.Version, v.Head)
	return printRun(p, v, info)
}
