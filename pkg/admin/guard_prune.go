package admin

import (
	"cmp"
	"context"
	"time"

	"github.com/axisor/axisor/pkg/store"
)

// MinGuardAge is the youngest that a pruned row of the guard's history may be:
// caps and pauses look back a day, and the breaker against unusual runs a week.
const MinGuardAge = 8 * 24 * time.Hour

// PruneGuardInput says which rows go.
type PruneGuardInput struct {
	OlderThan time.Duration
	Batch     int // 0 means PruneBatch
	// Progress is told of every batch; nil for nobody.
	Progress func(rows int64)
}

// PruneGuard deletes old runs, settled intents and delivered notices of the guard
// in batches of one transaction and one audit row each. It can be stopped at any
// moment and run again. Trade logs and audit rows of the additions stay.
func (s *Service) PruneGuard(ctx context.Context, mode Mode, in PruneGuardInput) (done store.GuardOld, before time.Time, err error) {
	if in.OlderThan < MinGuardAge {
		return done, before, &InputError{Field: "older_than", Rule: "must be at least 8 days: caps and breakers look back a week"}
	}
	before = s.opts.Now().UTC().Add(-in.OlderThan).Truncate(time.Second)
	if mode.DryRun {
		done, err = s.db.CountGuardOld(ctx, before)
		return done, before, err
	}
	if err := s.db.DirectOrNamed(ctx); err != nil {
		return done, before, err
	}
	for {
		var n store.GuardOld
		err = s.write(ctx, mode, func(t *txn) error {
			var err error
			if n, err = t.db.DeleteGuardOld(ctx, before, cmp.Or(in.Batch, PruneBatch)); err != nil || n.Total() == 0 {
				return err
			}
			return t.audit(ctx, "guard.prune", "guard_run", "*", nil, nil, map[string]any{
				"before": before, "notices": n.Notices, "intents": n.Intents, "runs": n.Runs,
			})
		})
		if err != nil || n.Total() == 0 {
			return done, before, err
		}
		done = done.Plus(n)
		if in.Progress != nil {
			in.Progress(n.Total())
		}
	}
}
