package admin

import (
	"context"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/models"
)

// maxPlanText keeps names readable in a table; the columns have no limit.
const maxPlanText = 100

const planSlugPattern = `^[a-z][a-z0-9_-]{0,49}$`

// PlanInput describes a plan, or changes one; nil fields keep what is, or the column's default.
type PlanInput struct {
	Slug             string
	Name             *string
	Description      *string // empty removes it
	PriceSats        *int32
	PriceMonthly     *int32 // negative removes it
	PriceYearly      *int32 // negative removes it
	Features         *models.JSON
	SortOrder        *int32
	APIAccess        *bool
	Advanced         *bool
	Priority         *bool
	MaxNotifications *int32
	Active           *bool
	IfNotExists      bool
}

// Check validates the input without a database.
func (in PlanInput) Check() error {
	if in.Name != nil && (strings.TrimSpace(*in.Name) == "" || len(*in.Name) > maxPlanText) {
		return &InputError{Field: "name", Value: *in.Name, Rule: "it must have 1 to 100 characters"}
	}
	if in.PriceSats != nil && *in.PriceSats < 0 {
		return &InputError{Field: "price_sats", Value: fmt.Sprint(*in.PriceSats), Rule: "it must not be negative"}
	}
	if in.MaxNotifications != nil && *in.MaxNotifications < models.Unlimited {
		return &InputError{Field: "max_notifications", Value: fmt.Sprint(*in.MaxNotifications), Rule: "it must be -1 (unlimited) or more"}
	}
	if in.Features != nil && len(*in.Features) > 0 {
		var any any
		if err := in.Features.Decode(&any); err != nil {
			return &InputError{Field: "features", Rule: "it must be JSON", Hint: `for example ["API access","Priority support"]`}
		}
	}
	return nil
}

// columns are what the input says, by column.
func (in PlanInput) columns() map[string]any {
	set := map[string]any{}
	put(set, "name", in.Name)
	put(set, "price_sats", in.PriceSats)
	put(set, "sort_order", in.SortOrder)
	put(set, "has_api_access", in.APIAccess)
	put(set, "has_advanced", in.Advanced)
	put(set, "has_priority", in.Priority)
	put(set, "max_notifications", in.MaxNotifications)
	put(set, "is_active", in.Active)
	put(set, "features", in.Features)
	if in.Description != nil {
		set["description"] = nullIf(*in.Description, *in.Description == "")
	}
	if in.PriceMonthly != nil {
		set["price_monthly"] = nullIf(*in.PriceMonthly, *in.PriceMonthly < 0)
	}
	if in.PriceYearly != nil {
		set["price_yearly"] = nullIf(*in.PriceYearly, *in.PriceYearly < 0)
	}
	return set
}

func put[T any](set map[string]any, name string, v *T) {
	if v != nil {
		set[name] = *v
	}
}

func nullIf(v any, null bool) any {
	if null {
		return nil
	}
	return v
}

// PlanValues is a plan as audit rows record it.
func PlanValues(p models.Plan) map[string]any {
	return map[string]any{
		"id": p.ID, "slug": p.Slug, "name": p.Name, "description": p.Description, "price_sats": p.PriceSats, "price_monthly": p.PriceMonthly,
		"price_yearly": p.PriceYearly, "features": p.Features, "is_active": p.IsActive == nil || *p.IsActive, "sort_order": p.SortOrder,
		"has_api_access": p.HasAPIAccess, "has_advanced": p.HasAdvanced, "has_priority": p.HasPriority, "max_notifications": p.MaxNotifications,
	}
}

// CreatePlan adds a plan with the default limits. Only the slugs of the enum can be given to users.
func (s *Service) CreatePlan(ctx context.Context, mode Mode, in PlanInput) (Change[models.Plan], error) {
	change := Change[models.Plan]{Status: words.Created, DryRun: mode.DryRun}
	if !regexp.MustCompile(planSlugPattern).MatchString(in.Slug) {
		return change, &InputError{Field: "slug", Value: in.Slug, Rule: "it must be lower-case letters, digits, - and _, and begin with a letter"}
	}
	if in.Name == nil {
		return change, &InputError{Field: "name", Rule: "a plan needs a name"}
	}
	if err := in.Check(); err != nil {
		return change, err
	}
	err := s.write(ctx, mode, func(t *txn) error {
		if err := t.db.LockKey(ctx, "plan:"+in.Slug); err != nil {
			return err
		}
		found, err := t.db.PlanBySlug(ctx, in.Slug)
		if err != nil {
			return err
		}
		if found != nil {
			if in.IfNotExists {
				change.Status, change.Before, change.After = words.AlreadyExists, found, found
				return nil
			}
			return &ConflictError{Kind: "plan", Field: "slug", Value: in.Slug, Existing: found.ID, Hint: "axisor plan update " + in.Slug}
		}
		row := models.Plan{Slug: in.Slug, Name: *in.Name, CreatedAt: t.now, UpdatedAt: t.now}
		if err := t.db.CreatePlan(ctx, &row); err != nil {
			return planTaken(err, *in.Name)
		}
		if err := t.db.UpdatePlan(ctx, row.ID, withTime(in.columns(), t)); err != nil {
			return err
		}
		after, err := t.db.LockPlan(ctx, row.ID)
		if err != nil {
			return err
		}
		change.After = &after
		return t.audit(ctx, "plan.create", "plan", after.ID, nil, nil, PlanValues(after))
	})
	return change, err
}

func withTime(set map[string]any, t *txn) map[string]any {
	set["updated_at"] = t.now
	return set
}

// planTaken names the column behind a unique key.
func planTaken(err error, name string) error {
	if strings.Contains(err.Error(), "Plan_name_key") {
		return &ConflictError{Kind: "plan", Field: "name", Value: name, Hint: "choose another --name; see: axisor plan list"}
	}
	return err
}

// UpdatePlan changes a plan. Its slug stays: users and payments refer to it by that text.
func (s *Service) UpdatePlan(ctx context.Context, mode Mode, ref string, in PlanInput) (Change[models.Plan], error) {
	change := Change[models.Plan]{Status: words.Updated, DryRun: mode.DryRun}
	if err := in.Check(); err != nil {
		return change, err
	}
	set := in.columns()
	action := "plan.update"
	if _, ok := set["is_active"]; ok && len(set) == 1 {
		action = map[bool]string{true: "plan.enable", false: "plan.disable"}[*in.Active]
	}
	err := s.write(ctx, mode, func(t *txn) error {
		found, err := t.db.FindPlan(ctx, ref)
		if err != nil {
			return err
		}
		before, err := t.db.LockPlan(ctx, found.ID)
		if err != nil {
			return err
		}
		if err := t.db.UpdatePlan(ctx, before.ID, set); err != nil {
			return planTaken(err, models.Deref(in.Name))
		}
		after, err := t.db.LockPlan(ctx, before.ID)
		if err != nil {
			return err
		}
		change.Before, change.After = &before, &after
		if reflect.DeepEqual(PlanValues(before), PlanValues(after)) {
			change.Status, change.After = words.Unchanged, &before
			return errUnchanged
		}
		if err := t.db.UpdatePlan(ctx, before.ID, map[string]any{"updated_at": t.now}); err != nil {
			return err
		}
		after.UpdatedAt = t.now
		return t.audit(ctx, action, "plan", after.ID, nil, PlanValues(before), PlanValues(after))
	})
	return change, err
}

// DeletePlan deletes a plan that nobody is on.
func (s *Service) DeletePlan(ctx context.Context, mode Mode, ref string) (Change[models.Plan], error) {
	change := Change[models.Plan]{Status: words.Deleted, DryRun: mode.DryRun}
	err := s.write(ctx, mode, func(t *txn) error {
		found, err := t.db.FindPlan(ctx, ref)
		if err != nil {
			return err
		}
		before, err := t.db.LockPlan(ctx, found.ID)
		if err != nil {
			return err
		}
		change.Before, change.After = &before, &before
		use, err := t.db.UseOfPlan(ctx, before.Slug)
		if err != nil {
			return err
		}
		if use.Users+use.Pending > 0 {
			return &ConflictError{
				Kind: "plan", Code: "plan_in_use", Existing: before.ID,
				Message: fmt.Sprintf("plan %s is in use (users: %d, pending payments: %d)", before.Slug, use.Users, use.Pending),
				Hint:    "axisor plan disable " + before.Slug + " takes it off sale; axisor user set-plan moves users",
			}
		}
		if err := t.db.DeletePlan(ctx, before.ID); err != nil {
			return err
		}
		return t.audit(ctx, "plan.delete", "plan", before.ID, nil, PlanValues(before), nil)
	})
	return change, err
}

// LimitsInput changes the limits of a plan; nil fields keep what is.
type LimitsInput struct {
	ExchangeAccounts, Automations, Indicators, Simulations, Backtests *int32
}

// LimitsValues are limits as audit rows record them.
func LimitsValues(l models.PlanLimits) map[string]any {
	return map[string]any{
		"max_exchange_accounts": l.MaxExchangeAccounts, "max_automations": l.MaxAutomations, "max_indicators": l.MaxIndicators,
		"max_simulations": l.MaxSimulations, "max_backtests": l.MaxBacktests,
	}
}

// PlanLimits is a plan with its limits.
type PlanLimits struct {
	Plan   models.Plan
	Limits models.PlanLimits
	Stored bool // otherwise the column defaults apply
}

// SetPlanLimits changes the limits of a plan. What users have above a lower limit stays.
func (s *Service) SetPlanLimits(ctx context.Context, mode Mode, ref string, in LimitsInput) (Change[PlanLimits], error) {
	change := Change[PlanLimits]{Status: words.Updated, DryRun: mode.DryRun}
	err := s.write(ctx, mode, func(t *txn) error {
		found, err := t.db.FindPlan(ctx, ref)
		if err != nil {
			return err
		}
		plan, err := t.db.LockPlan(ctx, found.ID)
		if err != nil {
			return err
		}
		before, stored, err := t.db.LimitsOfPlan(ctx, plan.Slug)
		if err != nil {
			return err
		}
		after := before
		for _, x := range []struct {
			name string
			in   *int32
			to   **int32
		}{
			{"max_exchange_accounts", in.ExchangeAccounts, &after.MaxExchangeAccounts},
			{"max_automations", in.Automations, &after.MaxAutomations},
			{"max_indicators", in.Indicators, &after.MaxIndicators},
			{"max_simulations", in.Simulations, &after.MaxSimulations},
			{"max_backtests", in.Backtests, &after.MaxBacktests},
		} {
			if x.in == nil {
				continue
			}
			if *x.in < models.Unlimited {
				return &InputError{Field: x.name, Value: fmt.Sprint(*x.in), Rule: "it must be -1 (unlimited) or more"}
			}
			*x.to = x.in
		}
		change.Before, change.After = &PlanLimits{plan, before, stored}, &PlanLimits{plan, after, true}
		if stored && reflect.DeepEqual(LimitsValues(before), LimitsValues(after)) {
			change.Status = words.Unchanged
			return nil
		}
		after.PlanID, after.UpdatedAt = plan.ID, t.now
		var old any = LimitsValues(before)
		if !stored {
			change.Status, after.CreatedAt, old = words.Created, t.now, nil
		}
		if err := t.db.SetPlanLimits(ctx, after); err != nil {
			return err
		}
		return t.audit(ctx, "plan.set_limits", "plan", plan.ID, nil, old, LimitsValues(after))
	})
	return change, err
}

// Seeded says what seeding did about one plan.
type Seeded struct {
	Plan   models.Plan
	Status string // created, updated (it had no limits) or unchanged
}

// SeedPlans makes sure that the five plans exist and have limits. Plans that exist are left as the operator made them.
func (s *Service) SeedPlans(ctx context.Context, mode Mode) ([]Seeded, error) {
	var out []Seeded
	err := s.write(ctx, mode, func(t *txn) (err error) {
		out, err = t.seedPlans(ctx)
		return err
	})
	return out, err
}

func (t *txn) seedPlans(ctx context.Context) ([]Seeded, error) {
	if err := t.db.LockKey(ctx, "plan:seed"); err != nil {
		return nil, err
	}
	var out []Seeded
	for _, p := range standardPlans() {
		one, err := t.seedPlan(ctx, p)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

func (t *txn) seedPlan(ctx context.Context, std standardPlan) (Seeded, error) {
	out := Seeded{Status: words.Unchanged}
	found, err := t.db.PlanBySlug(ctx, std.plan.Slug)
	if err != nil {
		return out, err
	}
	if found == nil {
		row := std.plan
		row.CreatedAt, row.UpdatedAt = t.now, t.now
		if err := t.db.CreatePlan(ctx, &row); err != nil {
			return out, planTaken(err, row.Name)
		}
		if err := t.audit(ctx, "plan.create", "plan", row.ID, nil, nil, PlanValues(row)); err != nil {
			return out, err
		}
		found, out.Status = &row, words.Created
	}
	out.Plan = *found
	_, stored, err := t.db.LimitsOfPlan(ctx, found.Slug)
	if err != nil || stored {
		return out, err
	}
	if out.Status == words.Unchanged {
		out.Status = words.Updated
	}
	limits := std.limits
	limits.PlanID, limits.CreatedAt, limits.UpdatedAt = found.ID, t.now, t.now
	if err := t.db.SetPlanLimits(ctx, limits); err != nil {
		return out, err
	}
	return out, t.audit(ctx, "plan.set_limits", "plan", found.ID, nil, nil, LimitsValues(limits))
}

type standardPlan struct {
	plan   models.Plan
	limits models.PlanLimits
}

// standardPlans are the plans that the migrations insert too.
func standardPlans() []standardPlan {
	one := func(slug, name string, order, sats int32, yearly *int32, api, advanced, priority bool, notifications int32, limits [5]int32) standardPlan {
		return standardPlan{
			models.Plan{
				Slug: slug, Name: name, SortOrder: order, PriceSats: sats, PriceYearly: yearly, HasAPIAccess: api, HasAdvanced: advanced,
				HasPriority: priority, MaxNotifications: notifications,
			},
			models.PlanLimits{
				MaxExchangeAccounts: &limits[0], MaxAutomations: &limits[1], MaxIndicators: &limits[2], MaxSimulations: &limits[3], MaxBacktests: &limits[4],
			},
		}
	}
	return []standardPlan{
		one("free", "Free", 1, 0, nil, false, false, false, 10, [5]int32{1, 1, 3, 5, 2}),
		one("basic", "Basic", 2, 100000, new(int32(100000)), true, false, true, 25, [5]int32{2, 3, 10, 20, 10}),
		one("advanced", "Advanced", 3, 250000, new(int32(250000)), true, true, true, 50, [5]int32{5, 8, 25, 50, 25}),
		one("pro", "Pro", 4, 500000, new(int32(500000)), true, true, true, 100, [5]int32{10, 15, 50, 100, 50}),
		one("lifetime", "Lifetime", 5, 1000000, nil, true, true, true, -1, [5]int32{-1, -1, -1, -1, -1}),
	}
}
