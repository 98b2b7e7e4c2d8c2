package admin

import (
	"context"
	"fmt"

	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

// SetPasswordInput is a new password for a user.
type SetPasswordInput struct {
	User         string
	Password     secret.Secret
	KeepSessions bool
}

// PasswordChange is a change of a password and what went with it.
type PasswordChange struct {
	Change[models.User]
	SessionsRevoked int
}

// SetPassword gives a user a new password. It also lifts a lockout and voids a pending reset, which belong to the
// old password, and ends the sessions that were opened with it unless they are to be kept.
func (s *Service) SetPassword(ctx context.Context, mode Mode, in SetPasswordInput) (PasswordChange, error) {
	var out PasswordChange
	if in.Password.IsZero() {
		return out, &InputError{Field: "password", Rule: "it is empty"}
	}
	if err := CheckPassword(s.opts.Passwords, in.Password); err != nil {
		return out, err
	}
	if _, err := s.db.FindUser(ctx, in.User); err != nil { // before a quarter of a second of hashing
		return out, err
	}
	hash, err := crypto.HashPassword(in.Password)
	if err != nil {
		return out, err
	}
	change, err := s.changeUser(ctx, mode, in.User, "user.set_password", func(t *txn, u models.User) (edit, error) {
		e := edit{facts: map[string]any{}, set: map[string]any{
			"password_hash": hash, "login_attempts": 0, "locked_until": nil, "password_reset_token": nil,
		}}
		if !in.KeepSessions {
			n, err := t.endSessions(ctx, u.ID)
			if err != nil {
				return e, err
			}
			out.SessionsRevoked = n[u.ID]
			e.facts["sessions_revoked"] = n[u.ID]
		}
		return e, nil
	})
	out.Change = change
	return out, err
}

// CheckPassword measures a new password against a policy; for prompts, and before anything slow.
func CheckPassword(policy crypto.Policy, pw secret.Secret) error {
	if err := policy.Check(pw); err != nil {
		return &InputError{Field: "password", Rule: err.Error()}
	}
	return nil
}

// Unlock lifts a lockout and forgets failed logins.
func (s *Service) Unlock(ctx context.Context, mode Mode, ref string) (Change[models.User], error) {
	return s.changeUser(ctx, mode, ref, "user.unlock", func(_ *txn, u models.User) (edit, error) {
		if u.LockedUntil == nil && models.Deref(u.LoginAttempts) == 0 {
			return edit{}, nil
		}
		return edit{set: map[string]any{"login_attempts": 0, "locked_until": nil}}, nil
	})
}

// ResetTwoFactor switches two-factor login off and forgets its secret and backup codes.
func (s *Service) ResetTwoFactor(ctx context.Context, mode Mode, ref string) (Change[models.User], error) {
	return s.changeUser(ctx, mode, ref, "user.reset_2fa", func(_ *txn, u models.User) (edit, error) {
		if !models.Deref(u.TwoFactorEnabled) && u.TwoFactorSecret == nil && len(u.TwoFactorBackupCodes) == 0 {
			return edit{}, nil
		}
		return edit{set: map[string]any{
			"two_factor_enabled": false, "two_factor_secret": nil, "two_factor_backup_codes": nil,
		}}, nil
	})
}

// VerifyEmail marks a user's address as verified and voids the link that was mailed for it.
func (s *Service) VerifyEmail(ctx context.Context, mode Mode, ref string) (Change[models.User], error) {
	return s.changeUser(ctx, mode, ref, "user.verify_email", func(_ *txn, u models.User) (edit, error) {
		if models.Deref(u.EmailVerified) && u.EmailVerificationToken == nil {
			return edit{}, nil
		}
		return edit{set: map[string]any{"email_verified": true, "email_verification_token": nil}}, nil
	})
}

// SetPlanInput puts a user on a plan.
type SetPlanInput struct {
	User string
	Plan models.PlanType
	// OnlyUpgrade refuses a plan of lower rank.
	OnlyUpgrade bool
}

// PlanChange is a change of plan and what it means.
type PlanChange struct {
	Change[models.User]
	Over        []OverLimit // what the user has more of than the new plan allows
	PlanMissing bool        // there is no row for the plan; the default limits apply
	PlanOff     bool        // the plan is not offered any more
}

// OverLimit is one limit that a user is over.
type OverLimit struct {
	Limit string
	Used  int64
	Max   int32
}

func (o OverLimit) String() string { return fmt.Sprintf("%s: %d of %d", o.Limit, o.Used, o.Max) }

// SetPlan puts a user on a plan. What the user has above the new plan's limits stays and is reported.
func (s *Service) SetPlan(ctx context.Context, mode Mode, in SetPlanInput) (PlanChange, error) {
	var out PlanChange
	if err := checkPlan(in.Plan); err != nil {
		return out, err
	}
	change, err := s.changeUser(ctx, mode, in.User, "user.set_plan", func(t *txn, u models.User) (edit, error) {
		if u.PlanType == in.Plan {
			return edit{}, nil
		}
		if in.OnlyUpgrade && in.Plan.Rank() < u.PlanType.Rank() {
			return edit{}, &ConflictError{
				Kind: "user", Code: "plan_downgrade", Existing: u.ID,
				Message: fmt.Sprintf("%s is on %s, which is above %s", u.Email, u.PlanType, in.Plan), Hint: "leave out --only-upgrade to lower the plan",
			}
		}
		e := edit{set: map[string]any{"plan_type": in.Plan}}
		var err error
		out, err = t.planEffects(ctx, u.ID, in.Plan)
		e.facts = planFacts(u.PlanType, in.Plan, out.Over)
		return e, err
	})
	out.Change = change
	return out, err
}

// planFacts is what the security row of a changed plan says, whichever way it changed.
func planFacts(before, after models.PlanType, exceeded []OverLimit) map[string]any {
	facts := map[string]any{"plan_before": before, "plan_after": after}
	if len(exceeded) > 0 {
		facts["over_limits"] = exceeded
	}
	return facts
}

func (t *txn) planEffects(ctx context.Context, userID string, plan models.PlanType) (PlanChange, error) {
	var out PlanChange
	row, err := t.db.PlanBySlug(ctx, string(plan))
	if err != nil {
		return out, err
	}
	out.PlanMissing = row == nil
	out.PlanOff = row != nil && row.IsActive != nil && !*row.IsActive
	limits, _, err := t.db.LimitsOfPlan(ctx, string(plan))
	if err != nil {
		return out, err
	}
	usage, err := t.db.UsageOf(ctx, userID)
	if err != nil {
		return out, err
	}
	out.Over = over(limits, usage)
	return out, nil
}

// overLimits tells what those of some users whose plan changes have more of than the new one allows.
func (t *txn) overLimits(ctx context.Context, users []store.UpdatedUser) (map[string][]OverLimit, error) {
	limits := map[models.PlanType]models.PlanLimits{}
	var ids []string
	for _, u := range users {
		plan := u.After.PlanType
		if u.Before.PlanType == plan {
			continue
		}
		ids = append(ids, u.After.ID)
		if _, known := limits[plan]; !known {
			var err error
			if limits[plan], _, err = t.db.LimitsOfPlan(ctx, string(plan)); err != nil {
				return nil, err
			}
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	usage, err := t.db.UsageOfAll(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := map[string][]OverLimit{}
	for _, u := range users {
		if used, changed := usage[u.After.ID]; changed {
			out[u.After.ID] = over(limits[u.After.PlanType], used)
		}
	}
	return out, nil
}

func over(l models.PlanLimits, u store.Usage) []OverLimit {
	var all []OverLimit
	for _, x := range []struct {
		name string
		max  *int32
		used int64
	}{
		{"exchange_accounts", l.MaxExchangeAccounts, u.ExchangeAccounts},
		{"automations", l.MaxAutomations, u.Automations},
		{"simulations", l.MaxSimulations, u.Simulations},
		{"backtests", l.MaxBacktests, u.Backtests},
	} {
		if most := models.Deref(x.max); most != models.Unlimited && x.used > int64(most) {
			all = append(all, OverLimit{x.name, x.used, most})
		}
	}
	return all
}
