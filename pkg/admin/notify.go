package admin

import (
	"context"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/store"
)

// SetNotify makes the server tell of new trade logs, or stop telling.
func (s *Service) SetNotify(ctx context.Context, mode Mode, on bool) (Change[bool], error) {
	c := Change[bool]{After: &on, Status: words.Unchanged, DryRun: mode.DryRun}
	err := s.write(ctx, mode, func(t *txn) error {
		before, err := t.db.Notifies(ctx)
		c.Before = &before
		if err != nil || before == on {
			return err
		}
		change, action := (*store.DB).RemoveNotify, "db.notify.remove"
		if on {
			change, action = (*store.DB).InstallNotify, "db.notify.install"
		}
		if err := change(t.db, ctx); err != nil {
			return err
		}
		c.Status = words.Updated
		return t.audit(ctx, action, "database", "TradeLog", nil, map[string]any{"installed": before}, map[string]any{"installed": on})
	})
	return c, err
}
