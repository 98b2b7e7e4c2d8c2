package guard

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/store"
)

func resolve(a *app.App) *cobra.Command {
	var applied, notApplied bool
	const example = `axisor guard resolve 6f1d2a34-5b6c-4d7e-8f90-a1b2c3d4e5f6 --applied --reason "seen on the exchange"`
	return verb.Command{
		Words: verb.Words{
			Use:   "resolve INTENT",
			Short: "Record what became of an addition with an unknown outcome",
			Long: `When an answer was lost and the margin changed in a way that the addition does not explain, the guard does not
guess: it leaves the position alone and counts the amount as spent. Look the trade up on the exchange, then say here
what happened. No money moves. Needs --reason.`,
			Examples: []string{
				"axisor guard history --state unknown",
				example,
			},
			Exits: exits.Database(exits.NotFound("no such addition"), exits.Conflict("its outcome is known or it may still be under way")), Needs: []string{"reason"}, Try: example,
		},
		Effect: flags.Write, Fields: output.Fields[intentView](),
		Flags: func(c *cobra.Command) {
			c.Flags().BoolVar(&applied, "applied", false, "the margin was added")
			c.Flags().BoolVar(&notApplied, "not-applied", false, "the margin was not added")
		},
		Check: func(call *verb.Call) error {
			if applied == notApplied {
				return clierr.Usagef("%s needs one of --applied and --not-applied", call.Cmd.CommandPath()).WithHint("for example: " + example)
			}
			return nil
		},
		Write: func(ctx context.Context, call *verb.Call, _ *store.DB, svc *admin.Service) error {
			change, err := svc.ResolveGuardIntent(ctx, call.Mode(), call.Args[0], applied)
			if err != nil {
				return err
			}
			v := intentViewOf(*change.After)
			addition := fmt.Sprintf("the addition of %d sats to %s", v.AmountSats, v.TradeID)
			say := output.Say{
				Done: addition + " is recorded as " + v.State, Would: addition + " would be recorded as " + v.State,
				Already: addition + " is recorded as " + v.State + " already",
			}
			return output.Change(call.Print, intentDesc(), v, output.ChangeInfo{Result: change.Status, DryRun: change.DryRun, Say: say, Next: "axisor guard run"})
		},
	}.Build(a)
}
