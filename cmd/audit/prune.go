package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/store"
)

type pruneOptions struct {
	older flags.OlderThan
}

func newPrune(a *app.App) *cobra.Command {
	o := &pruneOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "prune", Short: "Delete old entries",
			Long: `Deletes the changes and security events that are older than a span of time, in one transaction. It counts them and asks
before it begins. What was pruned is an entry of its own. Export first what has to be kept.`,
			Examples: []string{
				"axisor audit prune --older-than 365d --dry-run",
				"axisor audit prune --older-than 365d --yes --reason 'retention rule 4'",
			},
			Exits: exits.Destroys(),
		},
		Effect: flags.Destroy, Fields: output.Fields[prunedView](),
		Flags: func(c *cobra.Command) { o.older.Register(c, "what is older than", "365d") },
		Check: func(call *verb.Call) error { return o.older.Validate(call.Cmd) },
		Run:   o.run,
	}.Build(a)
}

// prunedView counts what was, or would be, deleted.
type prunedView struct {
	Before   output.Time `json:"before"`
	Audit    int64       `json:"audit"`
	Security int64       `json:"security"`
}

func (o *pruneOptions) run(ctx context.Context, call *verb.Call) error {
	return verb.Pruning[store.OldAudit, prunedView]{
		Label: "delete old entries",
		Words: func(n store.OldAudit) string {
			return fmt.Sprintf("%d changes and %d security events", n.Audit, n.Security)
		},
		View: func(before time.Time, n store.OldAudit) prunedView {
			return prunedView{output.At(before), n.Audit, n.Security}
		},
		Prune: func(ctx context.Context, s *admin.Service, m admin.Mode, progress func(int64)) (store.OldAudit, time.Time, error) {
			n, before, err := s.PruneAudit(ctx, m, o.older.Span)
			progress(n.Total())
			return n, before, err
		},
	}.Run(ctx, call.App, call.DryRun)
}
