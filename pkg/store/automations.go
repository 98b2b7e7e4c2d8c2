package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/axisor/axisor/pkg/models"
)

// AutomationFilter narrows a list of automations.
type AutomationFilter struct {
	UserID    string
	AccountID string
	Type      string
	Status    models.AutomationStatus
	Active    *bool
	Created   TimeRange
}

func automations() listing[models.Automation] {
	type a = models.Automation
	return listing[a]{
		table: "Automation", order: "-created_at", id: func(r *a) string { return r.ID },
		sorts: map[string]sortKey[a]{
			"created_at": byTime("created_at", func(r *a) time.Time { return r.CreatedAt }),
			"updated_at": byTime("updated_at", func(r *a) time.Time { return r.UpdatedAt }),
			"type":       byText("type", func(r *a) string { return r.Type }),
			"status":     byText("status", func(r *a) string { return string(r.Status) }),
			"user_id":    byText("user_id", func(r *a) string { return r.UserID }),
		},
	}
}

// ListAutomations lists automations, newest first unless asked otherwise.
func (d *DB) ListAutomations(ctx context.Context, f AutomationFilter, p Page) List[models.Automation] {
	return automations().run(ctx, d, p, func(q *gorm.DB) *gorm.DB {
		q = f.Created.on(q, "created_at")
		for column, value := range map[string]string{
			"user_id": f.UserID, "user_exchange_account_id": f.AccountID, "type": f.Type, "status": string(f.Status),
		} {
			if value != "" {
				q = q.Where(column+" = ?", value)
			}
		}
		if f.Active != nil && *f.Active {
			q = q.Where("is_active = true") // a literal, for the partial index
		} else if f.Active != nil {
			q = q.Where("is_active = false")
		}
		return q
	})
}

// AutomationByID reads one automation; forUpdate locks it until the transaction ends.
func (d *DB) AutomationByID(ctx context.Context, id string, forUpdate bool) (models.Automation, error) {
	return byBeginning(ctx, d, AutomationIDs, id, func(id string) (models.Automation, error) { return d.automationByID(ctx, id, forUpdate) })
}

func (d *DB) automationByID(ctx context.Context, id string, forUpdate bool) (models.Automation, error) {
	q := d.Gorm(ctx).Where("id = ?", id)
	if forUpdate {
		q = q.Clauses(locking())
	}
	row, err := take[models.Automation](ctx, d, q)
	if errors.Is(err, ErrNotFound) {
		return row, &NotFoundError{Kind: "automation", Ref: id}
	}
	if err != nil {
		return row, fmt.Errorf("read automation: %w", err)
	}
	return row, nil
}

// ActiveAutomations reads the active automations of one type on an account of a user, the oldest first.
func (d *DB) ActiveAutomations(ctx context.Context, userID, accountID, slug string) ([]models.Automation, error) {
	var rows []models.Automation
	err := d.Gorm(ctx).Where("user_id = ? AND user_exchange_account_id = ? AND type = ? AND is_active = true", userID, accountID, slug).
		Order("created_at, id").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read active automations: %w", err)
	}
	return rows, nil
}

// CreateAutomation inserts an automation and fills in what the database made.
func (d *DB) CreateAutomation(ctx context.Context, row *models.Automation) error {
	if err := d.Gorm(ctx).Create(row).Error; err != nil {
		return fmt.Errorf("create automation: %w", err)
	}
	return nil
}

// UpdateAutomation writes what an operator may change of an automation.
func (d *DB) UpdateAutomation(ctx context.Context, row models.Automation) error {
	done := d.Gorm(ctx).Model(&models.Automation{}).Where("id = ?", row.ID).Updates(map[string]any{
		"user_exchange_account_id": row.UserExchangeAccountID, "config": row.Config, "is_active": row.IsActive, "status": row.Status,
		"risk_level": row.RiskLevel, "updated_at": row.UpdatedAt,
	})
	return touched(done, "automation", row.ID)
}

// DeleteAutomation removes an automation. Trade logs of it stay and lose the reference.
func (d *DB) DeleteAutomation(ctx context.Context, id string) error {
	return touched(d.Gorm(ctx).Where("id = ?", id).Delete(&models.Automation{}), "automation", id)
}

// TradesOfAutomation counts the trade logs that refer to an automation.
func (d *DB) TradesOfAutomation(ctx context.Context, id string) (int64, error) {
	var n int64
	err := d.Gorm(ctx).Model(&models.TradeLog{}).Where("automation_id = ?", id).Count(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count trades: %w", err)
	}
	return n, nil
}

// AutomationTypeUse is a type of automation and how many of it there are.
type AutomationTypeUse struct {
	models.AutomationType
	Automations int64 `gorm:"column:automations;->"`
	Active      int64 `gorm:"column:active;->"`
}

func automationTypes() listing[AutomationTypeUse] {
	type a = AutomationTypeUse
	return listing[a]{
		table: "AutomationType", order: "slug", id: func(r *a) string { return r.ID },
		sorts: map[string]sortKey[a]{
			"slug":       byText("slug", func(r *a) string { return r.Slug }),
			"name":       byText("name", func(r *a) string { return r.Name }),
			"created_at": byTime("created_at", func(r *a) time.Time { return r.CreatedAt }),
		},
	}
}

// ListAutomationTypes lists the types by slug unless asked otherwise.
func (d *DB) ListAutomationTypes(ctx context.Context, p Page) List[AutomationTypeUse] {
	return automationTypes().run(ctx, d, p, func(q *gorm.DB) *gorm.DB {
		return q.Select(`"AutomationType".*,
			(SELECT count(*) FROM "Automation" x WHERE x.type = slug) AS automations,
			(SELECT count(*) FROM "Automation" x WHERE x.type = slug AND x.is_active) AS active`)
	})
}

// FindAutomationType finds a type by slug, name or id.
func (d *DB) FindAutomationType(ctx context.Context, ref string) (models.AutomationType, error) {
	var all []models.AutomationType
	if err := d.Gorm(ctx).Order("slug").Find(&all).Error; err != nil { // a handful of rows
		return models.AutomationType{}, fmt.Errorf("find automation type: %w", err)
	}
	var slugs []string
	for _, t := range all {
		if t.Slug == ref || t.ID == ref || t.Name == ref {
			return t, nil
		}
		slugs = append(slugs, t.Slug)
	}
	near := nearest(ref, slugs)
	if len(near) == 0 {
		near = slugs
	}
	return models.AutomationType{}, &NotFoundError{Kind: "automation_type", Ref: ref, Near: near}
}

// AutomationTypeUse counts the automations of a type.
func (d *DB) AutomationTypeUse(ctx context.Context, t models.AutomationType) (AutomationTypeUse, error) {
	use := AutomationTypeUse{AutomationType: t}
	err := d.Gorm(ctx).Raw(`SELECT count(*), count(*) FILTER (WHERE is_active) FROM "Automation" WHERE type = ?`, t.Slug).
		Row().Scan(&use.Automations, &use.Active)
	if err != nil {
		return use, fmt.Errorf("count automations: %w", err)
	}
	return use, nil
}

// SetAutomationTypeActive switches a type on or off.
func (d *DB) SetAutomationTypeActive(ctx context.Context, id string, active bool, at time.Time) error {
	done := d.Gorm(ctx).Model(&models.AutomationType{}).Where("id = ?", id).Updates(map[string]any{"is_active": active, "updated_at": at.UTC()})
	return touched(done, "automation_type", id)
}

// AutomationFacts is an automation with what a check needs of the rows around it.
type AutomationFacts struct {
	models.Automation
	AccountUserID string `gorm:"column:account_user_id;->"`
	TypeActive    bool   `gorm:"column:type_active;->"`
	Twins         int64  `gorm:"column:twins;->"` // other active ones of the same user, account and type
	Have          int64  `gorm:"column:have;->"`  // automations of the user
	Most          int64  `gorm:"column:most;->"`  // what the user's plan allows, -1 for any number
	UserPlan      string `gorm:"column:user_plan;->"`
	Disagrees     bool   `gorm:"column:disagrees;->"` // see AutomationDisagrees
}

// AutomationDisagrees is the condition on "Automation" for rows whose is_active and status say different things. What is
// neither active nor not is active, as everywhere.
const AutomationDisagrees = `COALESCE("Automation".is_active, true) <> ("Automation".status = 'active')`

func automationFacts() listing[AutomationFacts] {
	type a = AutomationFacts
	return listing[a]{
		table: "Automation", order: "created_at", id: func(r *a) string { return r.ID },
		sorts: map[string]sortKey[a]{"created_at": byTime("created_at", func(r *a) time.Time { return r.CreatedAt })},
	}
}

// AutomationsToCheck streams automations with what a check needs, the oldest first.
func (d *DB) AutomationsToCheck(ctx context.Context, f AutomationFilter) List[AutomationFacts] {
	fallback := models.Deref(models.DefaultPlanLimits().MaxAutomations)
	return automationFacts().run(ctx, d, Page{All: true}, func(q *gorm.DB) *gorm.DB {
		q = q.Table("Automation").Select(`"Automation".*,
			(SELECT x.user_id FROM "UserExchangeAccounts" x WHERE x.id = user_exchange_account_id) AS account_user_id,
			(SELECT x.is_active FROM "AutomationType" x WHERE x.slug = type) AS type_active,
			(SELECT count(*) FROM "Automation" x WHERE x.user_id = "Automation".user_id AND x.type = "Automation".type
				AND x.user_exchange_account_id = "Automation".user_exchange_account_id AND x.is_active AND x.id <> "Automation".id) AS twins,
			(SELECT count(*) FROM "Automation" x WHERE x.user_id = "Automation".user_id) AS have, `+AutomationDisagrees+` AS disagrees,
			(SELECT x.plan_type::text FROM "User" x WHERE x.id = "Automation".user_id) AS user_plan,
			COALESCE((SELECT l.max_automations FROM "User" x JOIN "Plan" p ON p.slug = x.plan_type::text
				JOIN "PlanLimits" l ON l.plan_id = p.id WHERE x.id = "Automation".user_id), ?) AS most`, fallback)
		if f.UserID != "" {
			q = q.Where("user_id = ?", f.UserID)
		}
		if f.Type != "" {
			q = q.Where("type = ?", f.Type)
		}
		return q
	})
}
