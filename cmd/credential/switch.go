package credential

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/store"
)

func newEnable(a *app.App) *cobra.Command {
	return newSwitch(a, true, "active", verb.Words{
		Use: "enable CREDENTIAL", Short: "Make stored credentials active",
		Long:     "Makes credentials (an id, or a user) active.",
		Examples: []string{"axisor credential enable ana@example.com"},
	})
}

func newDisable(a *app.App) *cobra.Command {
	return newSwitch(a, false, "inactive", verb.Words{
		Use: "disable CREDENTIAL", Short: "Make stored credentials inactive",
		Long:     "Makes credentials (an id, or a user) inactive; the values are kept.",
		Examples: []string{"axisor credential disable ana@example.com --reason 'key was leaked'"},
	})
}

func newSwitch(a *app.App, active bool, state string, w verb.Words) *cobra.Command {
	w.Exits = exits.Database(exits.OK("also when they are "+state+" already"), exits.NotFound(""), exits.Conflict("the user has several"))
	t := &target{}
	return subject().Change(a, verb.Change[store.Credential]{
		Words: w,
		Flags: func(c *cobra.Command) { t.register(c, a) },
		Do: t.change(func(ctx context.Context, s *admin.Service, m admin.Mode, id string) (admin.Change[store.Credential], error) {
			return s.SwitchCredential(ctx, m, id, active)
		}),
		Done: "the credentials on %s are " + state, Would: "the credentials on %s would be " + state,
		Already: "the credentials on %s are " + state + " already",
	})
}
