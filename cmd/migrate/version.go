package migrate

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/migrate"
)

func newVersion(a *app.App) *cobra.Command {
	return verb.Command{
		Words: verb.Words{
			Use: "version", Short: "Show the schema version of the database and of this program",
			Long: `Shows the newest migration that the database has, and the newest one of this program. The state is current,
none (no schema yet), old (migrations are pending) or new (a newer program migrated it).`,
			Examples: []string{
				"axisor migrate version",
				"axisor migrate version -q",
			},
			Exits: exits.Local(exits.OK("in every state"), exits.On(clierr.Unavailable, "without a database")),
		},
		Fields: output.Fields[versionView](),
		Run:    runVersion,
	}.Build(a)
}

func runVersion(ctx context.Context, call *verb.Call) error {
	s, err := connect(ctx, call.App, 0)
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
	return output.One(call.Print, versionDesc(), v, nil)
}
