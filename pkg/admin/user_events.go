package admin

import (
	"cmp"
	"context"

	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// planChanged is the security event of a plan that changed, by whatever way.
const planChanged = "PLAN_CHANGED"

// userEvent is a security event that a change of a user is.
type userEvent struct {
	action string
	facts  map[string]any
}

// eventsOf are the security events in a change of a user. They follow from what changed and not from who changed it, so
// that a command, an import and whatever comes later leave the same trail.
func eventsOf(before, after models.User) []userEvent {
	var out []userEvent
	add := func(is bool, action string, facts map[string]any) {
		if is {
			out = append(out, userEvent{action, facts})
		}
	}
	on := models.Deref[bool]
	twoFactor := func(u models.User) bool {
		return on(u.TwoFactorEnabled) || u.TwoFactorSecret != nil || len(u.TwoFactorBackupCodes) > 0
	}
	locked := func(u models.User) bool { return u.LockedUntil != nil || models.Deref(u.LoginAttempts) > 0 }
	newPassword := models.Deref(before.PasswordHash) != models.Deref(after.PasswordHash)
	newEmail := before.Email != after.Email
	add(newEmail, "EMAIL_CHANGED", nil)
	add(newPassword, "PASSWORD_CHANGED", nil)
	add(before.PlanType != after.PlanType, planChanged, map[string]any{"plan_before": before.PlanType, "plan_after": after.PlanType})
	add(before.Active() && !after.Active(), "USER_DISABLED", nil)
	add(!before.Active() && after.Active(), "USER_ENABLED", nil)
	add(twoFactor(before) && !twoFactor(after), "TWO_FACTOR_RESET", nil)
	verified := on(after.EmailVerified) && (!on(before.EmailVerified) || before.EmailVerificationToken != nil && after.EmailVerificationToken == nil)
	add(verified && !newEmail, "EMAIL_VERIFIED", nil)
	add(locked(before) && !locked(after) && !newPassword, "USER_UNLOCKED", nil)
	return out
}

// endSessions ends every session of some users, those of the web application included, and returns how many each had.
func (t *txn) endSessions(ctx context.Context, userIDs ...string) (map[string]int, error) {
	if len(userIDs) == 0 {
		return nil, nil
	}
	ended, err := t.db.EndSessions(ctx, userIDs, t.now)
	if err != nil {
		return nil, err
	}
	_, err = t.db.EndAppSessions(ctx, userIDs...)
	return ended, err
}

// follow keeps what the web application has beside "User" in step with changes of users.
func (t *txn) follow(ctx context.Context, action string, users ...store.UpdatedUser) error {
	var steps []store.PlanStep
	var admitted []string
	for _, u := range users {
		if u.Before.PlanType != u.After.PlanType {
			steps = append(steps, store.PlanStep{UserID: u.After.ID, From: u.Before.PlanType, To: u.After.PlanType})
		}
		if models.Deref(u.After.EmailVerified) && !models.Deref(u.Before.EmailVerified) {
			admitted = append(admitted, u.After.ID)
		}
	}
	if err := t.db.RecordPlans(ctx, steps, cmp.Or(t.mode.Reason, action), t.now); err != nil {
		return err
	}
	return t.db.AdmitUsers(ctx, admitted, t.now)
}
