package credential

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/store"
)

func newDelete(a *app.App) *cobra.Command {
	t := &target{}
	return subject().Change(a, verb.Change[store.Credential]{
		Words: verb.Words{
			Use: "delete CREDENTIAL", Short: "Delete stored credentials",
			Long: `Deletes credentials (an id, or a user) for good, after the exchange's slug was typed. The values are in the backups
and nowhere else then.`,
			Examples: []string{
				"axisor credential delete ana@example.com --exchange lnmarkets",
				"axisor credential delete ana --yes --reason 'ticket 7'",
			},
			Exits: exits.Destroys(exits.NotFound(""), exits.Conflict("the user has several")),
		},
		Aliases: []string{"rm"},
		Flags:   func(c *cobra.Command) { t.register(c, a) },
		Ask: func(c store.Credential) (string, string) {
			return fmt.Sprintf("delete the credentials of %s on %s?", t.ref, c.ExchangeSlug), c.ExchangeSlug
		},
		Do: t.change(func(ctx context.Context, s *admin.Service, m admin.Mode, id string) (admin.Change[store.Credential], error) {
			return s.DeleteCredential(ctx, m, id)
		}),
		Done: "the credentials on %s are deleted", Would: "the credentials on %s would be deleted",
	})
}
