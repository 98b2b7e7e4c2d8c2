package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/axisor/axisor/pkg/models"
)

// PlanFilter narrows a list of plans.
type PlanFilter struct {
	Active *bool
}

func plans() listing[models.Plan] {
	type p = models.Plan
	return listing[p]{
		table: "Plan", order: "sort_order", id: func(r *p) string { return r.ID },
		sorts: map[string]sortKey[p]{
			"sort_order": byInt("sort_order", func(r *p) int64 { return int64(r.SortOrder) }),
			"slug":       byText("slug", func(r *p) string { return r.Slug }),
			"name":       byText("name", func(r *p) string { return r.Name }),
			"price_sats": byInt("price_sats", func(r *p) int64 { return int64(r.PriceSats) }),
			"created_at": byTime("created_at", func(r *p) time.Time { return r.CreatedAt }),
		},
	}
}

// ListPlans lists plans in their own order unless asked otherwise.
func (d *DB) ListPlans(ctx context.Context, f PlanFilter, p Page) List[models.Plan] {
	return plans().run(ctx, d, p, func(q *gorm.DB) *gorm.DB {
		if f.Active != nil {
			q = q.Where("is_active = ?", *f.Active)
		}
		return q
	})
}

// FindPlan finds a plan by slug, name or id.
func (d *DB) FindPlan(ctx context.Context, ref string) (models.Plan, error) {
	slug := strings.ToLower(strings.TrimSpace(ref))
	row, err := take[models.Plan](ctx, d, d.Gorm(ctx).Where("slug = ? OR id = ? OR lower(name) = ?", slug, ref, slug).
		Order(gorm.Expr("(slug = ?) DESC, slug", slug)).Limit(1))
	if !errors.Is(err, ErrNotFound) {
		if err != nil {
			err = fmt.Errorf("find plan: %w", err)
		}
		return row, err
	}
	var slugs []string
	if err := d.Gorm(ctx).Model(&models.Plan{}).Order("sort_order").Limit(100).Pluck("slug", &slugs).Error; err != nil {
		return row, fmt.Errorf("find plan: %w", err)
	}
	return row, &NotFoundError{Kind: "plan", Ref: ref, Near: nearest(slug, slugs)}
}

// PlanBySlug reads a plan by its exact slug; nil when there is none.
func (d *DB) PlanBySlug(ctx context.Context, slug string) (*models.Plan, error) {
	var rows []models.Plan
	if err := d.Gorm(ctx).Where("slug = ?", slug).Limit(1).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read plan: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return &rows[0], nil
}

// LimitsOfPlan returns a plan's limits. stored is false when the plan has no
// row and the column defaults apply.
func (d *DB) LimitsOfPlan(ctx context.Context, slug string) (limits models.PlanLimits, stored bool, err error) {
	err = d.Gorm(ctx).Where(`plan_id IN (SELECT id FROM "Plan" WHERE slug = ?)`, slug).Take(&limits).Error
	if errors.Is(err, ErrNotFound) {
		return models.DefaultPlanLimits(), false, nil
	}
	if err != nil {
		return limits, false, fmt.Errorf("read plan limits: %w", err)
	}
	return limits, true, nil
}

// Usage is how much of each limited thing a user has. Backtests and
// simulations are counted for as long as their rows exist.
type Usage struct {
	ExchangeAccounts int64
	Automations      int64
	Simulations      int64
	Backtests        int64
}

// UsageOf counts what a user has, in one query.
func (d *DB) UsageOf(ctx context.Context, userID string) (Usage, error) {
	all, err := d.UsageOfAll(ctx, []string{userID})
	return all[userID], err
}

// UsageOfAll counts what each of some users has, in one query.
func (d *DB) UsageOfAll(ctx context.Context, userIDs []string) (map[string]Usage, error) {
	var rows []struct {
		Usage `gorm:"embedded"`

		ID string
	}
	err := d.Gorm(ctx).Raw(`SELECT u.id,
		(SELECT count(*) FROM "UserExchangeAccounts" WHERE user_id = u.id) AS exchange_accounts,
		(SELECT count(*) FROM "Automation" WHERE user_id = u.id) AS automations,
		(SELECT count(*) FROM "Simulation" WHERE user_id = u.id) AS simulations,
		(SELECT count(*) FROM "BacktestReport" WHERE user_id = u.id) AS backtests
		FROM "User" u WHERE u.id IN ?`, userIDs).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("count usage: %w", err)
	}
	all := make(map[string]Usage, len(rows))
	for _, row := range rows {
		all[row.ID] = row.Usage
	}
	return all, nil
}
