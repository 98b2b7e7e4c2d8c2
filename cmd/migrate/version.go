package migrate

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/migrate"
)

type versionOptions struct{ app *app.App }

func newVersion(a *app.App) *cobra.Command {
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
		RunE: func(c *cobra.Command, _ []string) error { return runVersion(c.Context(), o) },
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
	v := versionView{Version: s.m.Head(), Head: s.m.Head(), State: "current"}
	var differs *migrate.VersionError
	err = s.m.Check(ctx)
	switch {
	case err == nil, errors.Is(err, migrate.ErrHidden): // a matter of verify
	case !errors.As(err, &differs):
		return s.failure(ctx, err)
	default:
		v.Version = differs.Current
		v.State = map[error]string{migrate.ErrNoSchema: "none", migrate.ErrSchemaOld: "old", migrate.ErrSchemaNew: "new"}[differs.Unwrap()]
	}
	return output.One(p, versionDesc(), v, nil)
}
