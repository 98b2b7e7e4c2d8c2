package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/store"
)

type pruneOptions struct {
	app    *app.App
	older  flags.OlderThan
	writes flags.Writes
}

func newPrune(a *app.App) *cobra.Command {
	o := &pruneOptions{app: a}
	c := &cobra.Command{
		Use:   "prune",
		Short: "Delete old entries",
		Long: `Deletes the changes and security events that are older than a span of time, in one transaction. It counts them and asks
before it begins. What was pruned is an entry of its own. Export first what has to be kept.

Exit codes: 0, 2, 5, 10, 11, 12.`,
		Example: "  axisor audit prune --older-than 365d --dry-run\n  axisor audit prune --older-than 365d --yes --reason 'retention rule 4'",
		Args:    flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.older.Validate(c); err != nil {
				return err
			}
			return runPrune(c.Context(), o)
		},
	}
	o.older.Register(c, "what is older than", "365d")
	o.writes.RegisterDestroy(c)
	flags.Fields(c, output.Fields[prunedView]())
	return c
}

// prunedView counts what was, or would be, deleted.
type prunedView struct {
	Before   output.Time `json:"before"`
	Audit    int64       `json:"audit"`
	Security int64       `json:"security"`
}

func runPrune(ctx context.Context, o *pruneOptions) error {
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
	}.Run(ctx, o.app, o.writes.DryRun)
}
