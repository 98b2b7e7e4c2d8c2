package guard

import (
	"context"
	"fmt"
	"time"

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

// prunedView counts what was, or would be, deleted.
type prunedView struct {
	Before  output.Time `json:"before"`
	Runs    int64       `json:"runs"`
	Intents int64       `json:"intents"`
	Notices int64       `json:"notices"`
	Ends    int64       `json:"ends"`
	// Outcomes are of looks at users who do not want protection any more.
	Outcomes int64 `json:"outcomes"`
}

func prune(a *app.App) *cobra.Command {
	var older flags.OlderThan
	return verb.Command{
		Words: verb.Words{
			Use:   "prune",
			Short: "Delete the guard's old history",
			Long: `Deletes runs, settled additions, delivered or expired notices, the ends of positions, and what looks at users came to who
do not want protection any more, where they are older than a span of time, in batches of one short transaction each. It
asks before it begins, can be stopped at any moment and run again; the audit trail has an entry for every batch.

Open additions, waiting notices and what these belong to stay whatever their age, and so do the ends of positions of
users whose configuration names positions. What caps, pauses and breakers look at is younger than the 8 days that
--older-than must at least be. Trade logs and audit entries of additions stay, too: "trade prune" and "audit prune" are
for those.`,
			Examples: []string{
				"axisor guard prune --older-than 90d --dry-run",
				"axisor guard prune --older-than 90d --yes",
			},
			Exits: exits.And(exits.Database(), clierr.Cancelled, clierr.Interrupted),
		},
		Effect: flags.Destroy, Fields: output.Fields[prunedView](),
		Flags: func(c *cobra.Command) { older.Register(c, "what ended longer ago than", "90d") },
		Check: func(call *verb.Call) error {
			if err := older.Validate(call.Cmd); err != nil {
				return err
			}
			if older.Span < admin.MinGuardAge {
				return clierr.Usagef("--older-than %s: must be at least 8d, caps and breakers look back a week", older.String())
			}
			return nil
		},
		Run: func(ctx context.Context, call *verb.Call) error {
			return verb.Pruning[store.GuardOld, prunedView]{
				Label: "delete history of the guard",
				Words: func(n store.GuardOld) string {
					return fmt.Sprintf("%d runs, %d additions, %d notices, %d ends of positions and %d outcomes of looks", n.Runs, n.Intents, n.Notices, n.Ends, n.Outcomes)
				},
				View: func(before time.Time, n store.GuardOld) prunedView {
					return prunedView{output.At(before), n.Runs, n.Intents, n.Notices, n.Ends, n.Outcomes}
				},
				Prune: func(ctx context.Context, s *admin.Service, m admin.Mode, progress func(int64)) (store.GuardOld, time.Time, error) {
					return s.PruneGuard(ctx, m, admin.PruneGuardInput{OlderThan: older.Span, Progress: progress})
				},
			}.Run(ctx, a, call.DryRun)
		},
	}.Build(a)
}
