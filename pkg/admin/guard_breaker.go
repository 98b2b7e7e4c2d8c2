package admin

import (
	"context"

	"github.com/axisor/axisor/pkg/models"
)

// ResetGuardBreakers closes circuit breakers, so that the next run tries again;
// nil ids means all of them.
func (s *Service) ResetGuardBreakers(ctx context.Context, mode Mode, ids []string) ([]models.GuardBreaker, error) {
	var closed []models.GuardBreaker
	err := s.write(ctx, mode, func(t *txn) error {
		var err error
		if closed, err = t.db.DeleteGuardBreakers(ctx, ids); err != nil {
			return err
		}
		for _, b := range closed {
			err := t.audit(ctx, "guard.breaker.reset", "guard_breaker", b.ID, nil,
				map[string]any{"scope": b.Scope, "subject": b.Subject, "failures": b.Failures, "open_until": b.OpenUntil}, nil)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return closed, err
}
