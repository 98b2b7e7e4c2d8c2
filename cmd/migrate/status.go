package migrate

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/migrate"
)

type statusOptions struct {
	check bool
}

func newStatus(a *app.App) *cobra.Command {
	o := &statusOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "status", Short: "List the migrations and which of them the database has",
			Long: `Lists every migration of this program, and those that another program applied, with their state: applied,
pending or unknown. It writes nothing, not even into an empty database.`,
			Examples: []string{
				"axisor migrate status",
				"axisor migrate status --check -q || axisor migrate up",
				`axisor migrate status -o json --jq '.items[] | select(.state == "pending").name'`,
			},
			Exits: exits.Local(exits.OK("whatever is pending"),
				exits.On(clierr.CheckFailed, "with --check, unless the schema is the one this program expects"),
				exits.On(clierr.Unavailable, "without a database")),
		},
		Fields: output.Fields[statusView](),
		Flags: func(c *cobra.Command) {
			c.Flags().BoolVar(&o.check, "check", false, "exit 8 when migrations are pending or unknown")
		},
		Run: o.run,
	}.Build(a)
}

func (o *statusOptions) run(ctx context.Context, call *verb.Call) error {
	p := call.Print
	s, err := connect(ctx, call.App, 0)
	if err != nil {
		return err
	}
	items, err := s.m.Status(ctx)
	if err != nil {
		return s.failure(ctx, err)
	}
	views := make([]statusView, 0, len(items))
	count := map[migrate.State]int{}
	for _, i := range items {
		views = append(views, statusOf(i))
		count[i.State]++
	}
	if err := output.Slice(p, statusDesc(), views); err != nil {
		return err
	}
	pending, unknown := count[migrate.StatePending], count[migrate.StateUnknown]
	switch {
	case o.check && unknown > 0:
		return clierr.New(clierr.CheckFailed, "migrations_unknown", "the database has "+words.Count(unknown, "migration")+" that this program does not know",
			"install the axisor that applied them, or a newer one")
	case o.check && pending > 0:
		return clierr.New(clierr.CheckFailed, "migrations_pending", words.Count(pending, "migration")+" pending", "axisor migrate up")
	case pending > 0 && !p.Machine():
		p.Notice("%s pending; apply with: axisor migrate up", words.Count(pending, "migration"))
	}
	return nil
}
