package migrate

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
)

type versionOptions struct{ app *app.App }

func newVersion(a *app.App, run func(context.Context, *versionOptions) error) *cobra.Command {
	if run == nil {
		run = runVersion
	}
	o := &versionOptions{app: a}
	c := &cobra.Command{
		Use:   "version",
		Short: "Show the schema version of the database and of this program",
		Long: `Shows the newest migration that the database has, and the newest one of this program. The state is current,
none (no schema yet), old (migrations are pending) or new (a newer program migrated it).

Exit codes: 0 in every state, 11 without a database.`,
		Example: `  axisor migrate version
  axisor migrate version -q`,
		Args: flags.None(),
		RunE: func(c *cobra.Command, _ []string) error { return run(c.Context(), o) },
	}
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Fields(c, output.Fields[versionView]())
	return c
}

func runVersion(ctx context.Context, o *versionOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	s, err := connect(ctx, o.app, 0)
	if err != nil {
		return err
	}
	current, head, err := s.m.Version(ctx)
	if err != nil {
		return s.failure(ctx, err)
	}
	v := versionView{Version: current, Head: head, State: "current"}
	switch {
	case current == 0:
		v.State = "none"
	case current < head:
		v.State = "old"
	case current > head:
		v.State = "new"
	}
	return output.One(p, versionDesc(), v, nil)
}
