package migrate

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/migrate"
)

type statusOptions struct {
	app   *app.App
	check bool
}

func newStatus(a *app.App) *cobra.Command {
	o := &statusOptions{app: a}
	c := &cobra.Command{
		Use:   "status",
		Short: "List the migrations and which of them the database has",
		Long: `Lists every migration of this program, and those that another program applied, with their state: applied,
pending or unknown. It writes nothing, not even into an empty database.

Exit codes: 0 whatever is pending; with --check 8 unless the schema is the one this program expects.
11 without a database.`,
		Example: `  axisor migrate status
  axisor migrate status --check -q || axisor migrate up
  axisor migrate status -o json --jq '.items[] | select(.state == "pending").name'`,
		Args: flags.None(),
		RunE: func(c *cobra.Command, _ []string) error { return runStatus(c.Context(), o) },
	}
	c.Flags().BoolVar(&o.check, "check", false, "exit 8 when migrations are pending or unknown")
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[statusView]())
	return c
}

func runStatus(ctx context.Context, o *statusOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	s, err := connect(ctx, o.app, 0)
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
		return clierr.New(clierr.CheckFailed, "migrations_unknown", "the database has "+plural(unknown, "migration")+" that this program does not know",
			"install the axisor that applied them, or a newer one")
	case o.check && pending > 0:
		return clierr.New(clierr.CheckFailed, "migrations_pending", plural(pending, "migration")+" pending", "axisor migrate up")
	case pending > 0 && !p.Machine():
		p.Notice("%s pending; apply with: axisor migrate up", plural(pending, "migration"))
	}
	return nil
}
