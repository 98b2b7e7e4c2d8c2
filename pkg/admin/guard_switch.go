package admin

import (
	"context"
	"strings"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/models"
)

// SwitchGuard throws the kill switch of a user, or with an empty reference the
// one for everybody, and takes it back. Switching off needs a reason: whoever
// finds the guard off must be able to learn why.
func (s *Service) SwitchGuard(ctx context.Context, mode Mode, user string, disabled bool) (Change[models.GuardControl], error) {
	change := Change[models.GuardControl]{Status: words.Updated, DryRun: mode.DryRun}
	if strings.TrimSpace(mode.Reason) == "" {
		return change, &InputError{Field: "reason", Rule: "a reason is needed", Hint: `add --reason "why"`}
	}
	err := s.write(ctx, mode, func(t *txn) error {
		var userID string
		var affected *string
		if user != "" {
			found, err := t.db.FindUser(ctx, user)
			if err != nil {
				return err
			}
			userID, affected = found.ID, &found.ID
		}
		if err := t.db.LockKey(ctx, "guard_control:"+userID); err != nil {
			return err
		}
		before, err := t.db.GuardControl(ctx, userID)
		if err != nil {
			return err
		}
		change.Before = &before
		if before.Disabled == disabled {
			change.Status, change.After = words.Unchanged, &before
			return nil
		}
		after, err := t.db.SetGuardControl(ctx, userID, disabled, mode.Reason, s.opts.Actor, t.now)
		if err != nil {
			return err
		}
		change.After = &after
		action := "guard.enable"
		if disabled {
			action = "guard.disable"
		}
		return t.audit(ctx, action, "guard", after.ID, affected,
			map[string]any{"disabled": before.Disabled}, map[string]any{"disabled": disabled, "scope": after.Scope})
	})
	return change, err
}
