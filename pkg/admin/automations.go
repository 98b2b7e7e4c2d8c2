package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/automation"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// RiskLevels are the words for how much an automation may risk.
func RiskLevels() []string { return []string{"low", "medium", "high"} }

// CreateAutomationInput describes a new automation.
type CreateAutomationInput struct {
	User      string // id, e-mail or username
	Account   string // id, name, or USER/NAME
	Type      string // slug
	Config    models.JSON
	RiskLevel string
	Inactive  bool
	// OverrideLimit allows more automations than the plan does. The audit row says so.
	OverrideLimit bool
}

// Check validates the input without a database.
func (in CreateAutomationInput) Check() error {
	if err := checkRisk(in.RiskLevel); err != nil {
		return err
	}
	return CheckAutomationConfig(in.Config)
}

// CheckAutomationConfig tells whether a configuration may be written.
func CheckAutomationConfig(config models.JSON) error {
	err := automation.Validate(config)
	var broken *automation.ConfigError
	if errors.As(err, &broken) {
		return &InputError{
			Field: "config", Rule: strings.TrimPrefix(broken.Error(), "invalid config "), Hint: "axisor automation schema shows the rules",
		}
	}
	return err
}

func checkRisk(level string) error {
	if level == "" || slices.Contains(RiskLevels(), level) {
		return nil
	}
	return &InputError{Field: "risk_level", Value: level, Rule: "no such level", Hint: "use one of " + strings.Join(RiskLevels(), ", ")}
}

// CreateAutomation adds an automation on one of the user's accounts. There is at most one active automation of a
// type on an account, and a user has at most as many as the plan allows.
func (s *Service) CreateAutomation(ctx context.Context, mode Mode, in CreateAutomationInput) (Change[models.Automation], error) {
	none := Change[models.Automation]{}
	if err := in.Check(); err != nil {
		return none, err
	}
	kind, err := s.db.FindAutomationType(ctx, in.Type)
	if err != nil {
		return none, err
	}
	if kind.IsActive != nil && !*kind.IsActive {
		return none, &ConflictError{
			Kind: "automation_type", Code: "automation_type_inactive", Field: "is_active", Existing: kind.ID,
			Message: fmt.Sprintf("automation type %q is not active", kind.Slug), Hint: "axisor automation type enable " + kind.Slug,
		}
	}
	u, err := s.db.FindUser(ctx, in.User)
	if err != nil {
		return none, err
	}
	account, err := s.accountOf(ctx, u, in.Account)
	if err != nil {
		return none, err
	}
	change := Change[models.Automation]{Status: words.Created, DryRun: mode.DryRun}
	err = s.write(ctx, mode, func(t *txn) error {
		// The locked user row makes changes for one user wait for each other, so that the counts hold.
		u, err := t.db.UserByID(ctx, u.ID, true)
		if err != nil {
			return err
		}
		row := models.Automation{
			UserID: u.ID, UserExchangeAccountID: account.ID, Type: kind.Slug, Config: in.Config, PlanType: new(u.PlanType),
			CreatedAt: t.now, UpdatedAt: t.now,
		}
		if in.RiskLevel != "" {
			row.RiskLevel = &in.RiskLevel
		}
		setActive(&row, !in.Inactive)
		if err := t.freePlace(ctx, row); err != nil {
			return err
		}
		over, err := t.overAutomationLimit(ctx, u)
		if err != nil {
			return err
		}
		if over != nil && !in.OverrideLimit {
			return over
		}
		if err := t.db.CreateAutomation(ctx, &row); err != nil {
			return err
		}
		change.After = &row
		values := AutomationValues(row)
		if over != nil {
			values["limit_overridden"] = over.Message
		}
		return t.audit(ctx, "automation.create", "automation", row.ID, &u.ID, nil, values)
	})
	if err != nil {
		return none, err
	}
	return change, nil
}

// accountOf finds an account that has to be the user's own.
func (s *Service) accountOf(ctx context.Context, u models.User, ref string) (store.Account, error) {
	a, err := s.db.FindAccount(ctx, ref)
	if errors.Is(err, store.ErrNotFound) && !strings.Contains(ref, "/") {
		if a, err = s.db.FindAccount(ctx, u.ID+"/"+ref); err != nil {
			var missing *NotFoundError
			if errors.As(err, &missing) {
				missing.Ref, missing.Near = ref, nil
				all, listErr := s.db.AccountsOf(ctx, u.ID)
				if listErr != nil {
					return a, listErr
				}
				for _, own := range all[:min(3, len(all))] {
					missing.Near = append(missing.Near, own.AccountName)
				}
			}
		}
	}
	if err != nil {
		return a, err
	}
	if a.UserID != u.ID {
		return a, &ConflictError{
			Kind: "account", Code: "account_of_another_user", Field: "user_id", Existing: a.ID,
			Message: fmt.Sprintf("account %q does not belong to %s", ref, u.Email), Hint: "axisor account list --user " + u.Email,
		}
	}
	return a, nil
}

// freePlace refuses a second active automation of a type on an account.
func (t *txn) freePlace(ctx context.Context, row models.Automation) error {
	if row.IsActive != nil && !*row.IsActive {
		return nil
	}
	active, err := t.db.ActiveAutomations(ctx, row.UserID, row.UserExchangeAccountID, row.Type)
	if err != nil {
		return err
	}
	for _, other := range active {
		if other.ID != row.ID {
			return &ConflictError{
				Kind: "automation", Code: "automation_active", Field: "is_active", Existing: other.ID,
				Message: fmt.Sprintf("the account already has an active automation of type %s: %s", row.Type, other.ID),
				Hint:    "axisor automation disable " + other.ID,
			}
		}
	}
	return nil
}

// overAutomationLimit returns what stands against one more automation, or nil.
func (t *txn) overAutomationLimit(ctx context.Context, u models.User) (*ConflictError, error) {
	limits, _, err := t.db.LimitsOfPlan(ctx, string(u.PlanType))
	if err != nil {
		return nil, err
	}
	use, err := t.db.UsageOf(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	most := models.Deref(limits.MaxAutomations)
	if most == models.Unlimited || use.Automations < int64(most) {
		return nil, nil
	}
	return &ConflictError{
		Kind: "automation", Code: "automation_limit", Field: "max_automations",
		Message: fmt.Sprintf("plan %s allows %d automations and %s has %d", u.PlanType, most, u.Email, use.Automations),
		Hint:    "change the plan, or add --override-limit (the audit trail records it)",
	}, nil
}

// setActive keeps the switch and the status word in step: the web application changes only the switch.
func setActive(row *models.Automation, active bool) {
	row.IsActive = &active
	switch {
	case active:
		row.Status = models.AutomationActive
	case row.Status == models.AutomationActive || row.Status == "":
		row.Status = models.AutomationPaused
	}
}

// AutomationValues is an automation as audit rows record it.
func AutomationValues(a models.Automation) map[string]any {
	return map[string]any{
		"id": a.ID, "user_id": a.UserID, "user_exchange_account_id": a.UserExchangeAccountID, "type": a.Type, "config": a.Config,
		"is_active": a.IsActive == nil || *a.IsActive, "status": a.Status, "risk_level": models.Deref(a.RiskLevel),
	}
}
