package automation

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
)

func newDelete(a *app.App) *cobra.Command {
	var trades int64 // that lose their link
	return subject().Change(a, verb.Change[models.Automation]{
		Words: verb.Words{
			Use: "delete ID", Short: "Delete an automation",
			Long: `Deletes an automation, after its id was typed. Its trade logs stay and no longer refer to it, so "axisor trade stats
--by automation" loses the link; "axisor automation disable" keeps it.`,
			Examples: []string{"axisor automation delete " + idExample, "axisor automation delete " + idExample + " --yes -o json"},
			Exits:    exits.Destroys(exits.NotFound("")),
		},
		Aliases: []string{"rm"},
		Ask: func(a models.Automation) (string, string) {
			return fmt.Sprintf("delete automation %s of type %s?", a.ID, a.Type), a.ID
		},
		Do: func(ctx context.Context, s *admin.Service, m admin.Mode, call *verb.Call) (admin.Change[models.Automation], error) {
			change, n, err := s.DeleteAutomation(ctx, m, call.Args[0])
			trades = n
			return change, err
		},
		Say: func(c admin.Change[models.Automation]) output.Say {
			return output.Say{
				Done:  fmt.Sprintf("automation %s is deleted; %s lost the link to it", c.Before.ID, words.Count(trades, "trade log")),
				Would: fmt.Sprintf("automation %s would be deleted; %s would lose the link to it", c.Before.ID, words.Count(trades, "trade log")),
			}
		},
	})
}
