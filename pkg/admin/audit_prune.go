package admin

import (
	"context"
	"time"

	"github.com/axisor/axisor/pkg/store"
)

// PruneAudit deletes audit rows and security events that are older than the given time. That they were deleted, how
// many and up to when, is a row of its own, which stays.
func (s *Service) PruneAudit(ctx context.Context, mode Mode, olderThan time.Duration) (store.OldAudit, time.Time, error) {
	var n store.OldAudit
	var before time.Time
	err := s.write(ctx, mode, func(t *txn) error {
		before = t.now.Add(-olderThan)
		var err error
		if mode.DryRun { // counting is cheaper than deleting and taking it back
			n, err = t.db.CountAuditBefore(ctx, before)
			return err
		}
		if n, err = t.db.DeleteAuditBefore(ctx, before); err != nil || n.Total() == 0 {
			return err
		}
		facts := map[string]any{"before": before, "audit": n.Audit, "security": n.Security}
		if err := t.security(ctx, "AUDIT_PRUNED", nil, true, facts); err != nil {
			return err
		}
		return t.audit(ctx, "audit.prune", "audit", "*", nil, nil, facts)
	})
	return n, before, err
}
