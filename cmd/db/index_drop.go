package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/migrate"
	"github.com/axisor/axisor/pkg/store"
)

type dropOptions struct {
	restore     bool
	lockTimeout time.Duration
}

// duplicateView is one index that was dropped, or built again.
type duplicateView struct {
	Table     string `json:"table"`
	Name      string `json:"name"`
	CoveredBy string `json:"covered_by"`
	Result    string `json:"result"` // dropped, built
	DryRun    bool   `json:"dry_run"`
}

func newIndexDrop(a *app.App) *cobra.Command {
	o := &dropOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "drop-duplicates", Short: "Drop the indexes whose work another one does",
			Long: `Drops, concurrently and one by one, the indexes that the design names and that another of its indexes makes
superfluous: it has the same columns, or begins with them. They cost every write and help no query. An index is
dropped only while the other one exists and is valid. The database remembers the choice: migrate verify and doctor
do not miss them any more. --restore builds them again and forgets the choice.`,
			Examples: []string{
				"axisor db index drop-duplicates --dry-run",
				"axisor db index drop-duplicates --yes",
				"axisor db index drop-duplicates --restore",
			},
			Exits: exits.Destroys(exits.On(clierr.Config, "through a pooler"), exits.On(clierr.Unavailable, "without a database"),
				exits.On(clierr.Schema, "the schema is not this program's"), exits.On(clierr.Locked, "a migration is running")),
		},
		Effect: flags.Destroy, Fields: output.Fields[duplicateView](),
		Flags: func(c *cobra.Command) {
			c.Flags().BoolVar(&o.restore, "restore", false, "build them again")
			c.Flags().DurationVar(&o.lockTimeout, "lock-timeout", time.Minute, "how long to wait for another run")
		},
		Server: o.run,
	}.Build(a)
}

func (o *dropOptions) run(ctx context.Context, call *verb.Call, db *store.DB) error {
	p := call.Print
	if err := db.Ping(ctx); err != nil {
		return err
	}
	m, err := migrate.New(db.SQL(), migrate.Options{
		Logger: call.Log(), LockTimeout: o.lockTimeout, Sessions: db.Target().Sessions, Now: call.Now, Progress: func(s string) { p.Notice("%s", s) },
	})
	if err != nil {
		return err
	}
	do, result, action := m.DropRedundant, "dropped", "db.index.drop_duplicates"
	if o.restore {
		do, result, action = m.RestoreRedundant, "built", "db.index.restore_duplicates"
	}
	done, err := do(ctx, true)
	if err != nil {
		return err
	}
	if len(done) > 0 && !call.DryRun {
		if !o.restore {
			question := fmt.Sprintf("drop %d indexes of database %s?", len(done), db.Target().Database)
			if err := call.Prompt().Confirm(ctx, question); err != nil {
				return err
			}
		}
		done, err = do(ctx, false)
		if len(done) > 0 {
			err = errors.Join(err, audit(ctx, call, action, done))
		}
		if err != nil {
			return err
		}
	}
	views := make([]duplicateView, 0, len(done))
	for _, r := range done {
		views = append(views, duplicateView{Table: r.Table, Name: r.Name, CoveredBy: r.CoveredBy, Result: result, DryRun: call.DryRun})
	}
	desc := output.Desc{Noun: "duplicate indexes", ID: "name", Columns: []output.Column{
		{Field: "table"}, {Field: "name"}, {Field: "covered_by"}, {Field: "result"},
	}}
	if err := output.Slice(p, desc, views); err != nil {
		return err
	}
	if call.DryRun && !p.Machine() {
		p.Notice("dry run: nothing was changed")
	}
	return nil
}

func audit(ctx context.Context, call *verb.Call, action string, done []migrate.Redundant) error {
	svc, err := call.Admin(ctx)
	if err != nil {
		return err
	}
	names := make([]string, 0, len(done))
	for _, r := range done {
		names = append(names, r.Name)
	}
	return svc.Event(context.WithoutCancel(ctx), call.App.Mode(false), action, "db", "indexes", map[string]any{"indexes": names})
}
