package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/axisor/axisor/pkg/models"
)

// CreatePlan inserts a plan and fills in what the database made.
func (d *DB) CreatePlan(ctx context.Context, p *models.Plan) error {
	if err := d.Gorm(ctx).Create(p).Error; err != nil {
		return fmt.Errorf("create plan: %w", err)
	}
	return nil
}

// LockPlan reads a plan by its id and locks it until the transaction ends.
func (d *DB) LockPlan(ctx context.Context, id string) (models.Plan, error) {
	var p models.Plan
	err := d.Gorm(ctx).Clauses(locking()).Where("id = ?", id).Take(&p).Error
	if errors.Is(err, ErrNotFound) {
		return p, &NotFoundError{Kind: "plan", Ref: id}
	}
	if err != nil {
		return p, fmt.Errorf("read plan: %w", err)
	}
	return p, nil
}

// UpdatePlan writes the given columns of one plan; a nil value writes NULL.
func (d *DB) UpdatePlan(ctx context.Context, id string, set map[string]any) error {
	r := d.Gorm(ctx).Model(&models.Plan{}).Where("id = ?", id).Updates(set)
	if r.Error != nil {
		return fmt.Errorf("update plan: %w", r.Error)
	}
	if r.RowsAffected == 0 {
		return &NotFoundError{Kind: "plan", Ref: id}
	}
	return nil
}

// DeletePlan deletes a plan and, through the foreign key, its limits.
func (d *DB) DeletePlan(ctx context.Context, id string) error {
	r := d.Gorm(ctx).Where("id = ?", id).Delete(&models.Plan{})
	if r.Error != nil {
		return fmt.Errorf("delete plan: %w", r.Error)
	}
	if r.RowsAffected == 0 {
		return &NotFoundError{Kind: "plan", Ref: id}
	}
	return nil
}

// SetPlanLimits writes the limits of a plan, and makes the row when there is none.
func (d *DB) SetPlanLimits(ctx context.Context, l models.PlanLimits) error {
	var err error
	if l.ID == "" {
		err = d.Gorm(ctx).Create(&l).Error
	} else {
		err = d.Gorm(ctx).Model(&models.PlanLimits{}).Where("id = ?", l.ID).Updates(map[string]any{
			"max_exchange_accounts": l.MaxExchangeAccounts, "max_automations": l.MaxAutomations, "max_indicators": l.MaxIndicators,
			"max_simulations": l.MaxSimulations, "max_backtests": l.MaxBacktests, "updated_at": l.UpdatedAt,
		}).Error
	}
	if err != nil {
		return fmt.Errorf("write plan limits: %w", err)
	}
	return nil
}

// PlanUse is who would miss a plan.
type PlanUse struct {
	Users   int64
	Pending int64 // payments that may still be paid
}

// UseOfPlan counts who is on a plan. The link is by equal text, so nothing but this keeps a plan that is in use.
func (d *DB) UseOfPlan(ctx context.Context, slug string) (PlanUse, error) {
	var u PlanUse
	err := d.Gorm(ctx).Raw(`SELECT (SELECT count(*) FROM "User" WHERE plan_type::text = @slug) AS users,
		(SELECT count(*) FROM "Payment" WHERE plan_type::text = @slug AND status = 'pending') AS pending`, map[string]any{"slug": slug}).Scan(&u).Error
	if err != nil {
		return u, fmt.Errorf("count users of plan: %w", err)
	}
	return u, nil
}

// PlanUsage is a user's plan, its limits and what is used of them.
type PlanUsage struct {
	PlanType  models.PlanType
	HasPlan   bool // there is a row for the plan
	HasLimits bool // there is a row for its limits; otherwise the column defaults apply
	models.PlanLimits
	Usage
}

// PlanUsage reads limits and usage of one user, in one query.
func (d *DB) PlanUsage(ctx context.Context, userID string) (PlanUsage, error) {
	var u PlanUsage
	def := models.DefaultPlanLimits()
	err := d.Gorm(ctx).Raw(`SELECT u.plan_type, p.id IS NOT NULL AS has_plan, l.id IS NOT NULL AS has_limits,
			COALESCE(l.max_exchange_accounts, @accounts) AS max_exchange_accounts, COALESCE(l.max_automations, @automations) AS max_automations,
			COALESCE(l.max_indicators, @indicators) AS max_indicators, COALESCE(l.max_simulations, @simulations) AS max_simulations,
			COALESCE(l.max_backtests, @backtests) AS max_backtests,
			(SELECT count(*) FROM "UserExchangeAccounts" WHERE user_id = u.id) AS exchange_accounts,
			(SELECT count(*) FROM "Automation" WHERE user_id = u.id) AS automations,
			(SELECT count(*) FROM "Simulation" WHERE user_id = u.id) AS simulations,
			(SELECT count(*) FROM "BacktestReport" WHERE user_id = u.id) AS backtests
		FROM "User" u LEFT JOIN "Plan" p ON p.slug = u.plan_type::text LEFT JOIN "PlanLimits" l ON l.plan_id = p.id
		WHERE u.id = @id`, map[string]any{
		"id": userID, "accounts": def.MaxExchangeAccounts, "automations": def.MaxAutomations, "indicators": def.MaxIndicators,
		"simulations": def.MaxSimulations, "backtests": def.MaxBacktests,
	}).Scan(&u).Error
	if err != nil {
		return u, fmt.Errorf("read plan usage: %w", err)
	}
	return u, nil
}

// What plan and payments of a user can disagree about.
const (
	PlanBelowPaid = "below_paid" // a paid payment was for a higher plan
	PlanUnpaid    = "unpaid"     // a plan that costs something, with neither a payment nor an operator behind it
	PlanUnknown   = "no_plan"    // there is no row for the user's plan
)

// PlanFinding is one user whose plan and payments disagree.
type PlanFinding struct {
	UserID   string
	Email    string
	Username string
	PlanType models.PlanType
	PaidPlan *models.PlanType
	PaidAt   *time.Time
	Finding  string
}

// ReconcilePlans finds users whose plan and payments disagree, in order of e-mail. An operator's change of plan counts
// as its own proof, in both directions: it is in the audit trail.
func (d *DB) ReconcilePlans(ctx context.Context) ([]PlanFinding, error) {
	var found []PlanFinding
	err := d.Gorm(ctx).Raw(`WITH paid AS (
			SELECT DISTINCT ON (user_id) user_id, plan_type, COALESCE(paid_at, created_at) AS paid_at
			FROM "Payment" WHERE status IN ('paid', 'completed') ORDER BY user_id, plan_type DESC, paid_at DESC),
		granted AS (
			SELECT DISTINCT ON (resource_id) resource_id AS user_id, new_values->>'plan_type' AS plan, created_at
			FROM "AuditLog"
			WHERE resource = 'user' AND action IN ('user.set_plan', 'user.create', 'user.import') AND new_values->>'plan_type' IS NOT NULL
			ORDER BY resource_id, created_at DESC),
		checked AS (
			SELECT u.id AS user_id, u.email, u.username, u.plan_type, paid.plan_type AS paid_plan, paid.paid_at, CASE
				WHEN p.id IS NULL THEN 'no_plan'
				WHEN paid.plan_type > u.plan_type AND NOT (COALESCE(granted.plan = u.plan_type::text, false) AND granted.created_at >= paid.paid_at) THEN 'below_paid'
				WHEN u.plan_type > 'free' AND COALESCE(p.price_sats, 0) > 0 AND (paid.plan_type IS NULL OR paid.plan_type < u.plan_type)
					AND granted.plan IS DISTINCT FROM u.plan_type::text THEN 'unpaid' END AS finding
			FROM "User" u LEFT JOIN "Plan" p ON p.slug = u.plan_type::text
			LEFT JOIN paid ON paid.user_id = u.id LEFT JOIN granted ON granted.user_id = u.id)
		SELECT * FROM checked WHERE finding IS NOT NULL ORDER BY email, user_id`).Scan(&found).Error
	if err != nil {
		return nil, fmt.Errorf("compare plans and payments: %w", err)
	}
	return found, nil
}
