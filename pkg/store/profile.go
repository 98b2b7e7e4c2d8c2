package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/axisor/axisor/pkg/models"
)

// How much of each long list a profile holds.
const (
	profileTrades   = 10
	profilePayments = 5
	profileSessions = 10
	profileRows     = 50
)

// Profile is what there is to know about one user, without secrets. Long lists
// hold the newest rows only.
type Profile struct {
	User        models.User
	HasPassword *bool        // nil when this role may not know
	Plan        *models.Plan // nil when the user's plan has no row
	Limits      models.PlanLimits
	Usage       Usage
	Accounts    []ProfileAccount
	Automations []models.Automation
	Guard       *models.MarginGuardConfig
	Payments    []models.Payment
	Trades      []models.TradeLog
	Sessions    []models.RefreshToken
}

// ProfileAccount is an account with its exchange's slug instead of credentials.
type ProfileAccount struct {
	ID          string
	Exchange    string
	AccountName string
	IsActive    bool
	IsVerified  bool
	LastTest    *time.Time
	CreatedAt   time.Time
}

// Profile reads everything about a user that support needs, one query a block.
func (d *DB) Profile(ctx context.Context, user models.User) (Profile, error) {
	p := Profile{User: user}
	g := d.Gorm(ctx)
	of := func(q *gorm.DB) *gorm.DB { return q.Where("user_id = ?", user.ID) }
	var plans []models.Plan
	var guards []models.MarginGuardConfig
	steps := []struct {
		name string
		run  func() error
	}{
		{"password", func() error {
			if d.narrow {
				return nil
			}
			return g.Raw(`SELECT password_hash IS NOT NULL FROM "User" WHERE id = ?`, user.ID).Scan(&p.HasPassword).Error
		}},
		{"plan", func() error { return few(ctx, d, g.Where("slug = ?", string(user.PlanType)).Limit(1), &plans) }},
		{"limits", func() (err error) {
			p.Limits, _, err = d.LimitsOfPlan(ctx, string(user.PlanType))
			return err
		}},
		{"usage", func() (err error) {
			p.Usage, err = d.UsageOf(ctx, user.ID)
			return err
		}},
		{"accounts", func() error {
			return few(ctx, d, g.Raw(`SELECT a.id, e.slug AS exchange, a.account_name, a.is_active, a.is_verified, a.last_test, a.created_at
				FROM "UserExchangeAccounts" a JOIN "Exchange" e ON e.id = a.exchange_id
				WHERE a.user_id = ? ORDER BY a.is_active DESC, a.created_at, a.id LIMIT ?`, user.ID, profileRows), &p.Accounts)
		}},
		{"automations", func() error {
			return few(ctx, d, of(g).Order("is_active DESC, created_at, id").Limit(profileRows), &p.Automations)
		}},
		{"guard", func() error { return few(ctx, d, of(g).Limit(1), &guards) }},
		{"payments", func() error {
			return few(ctx, d, of(g).Omit("lightning_invoice", "preimage").Order("created_at DESC, id DESC").Limit(profilePayments), &p.Payments)
		}},
		{"trades", func() error {
			return few(ctx, d, of(g).Order("executed_at DESC, id DESC").Limit(profileTrades), &p.Trades)
		}},
		{"sessions", func() error {
			return few(ctx, d, of(g).Omit("token").Order("created_at DESC, id DESC").Limit(profileSessions), &p.Sessions)
		}},
	}
	for _, step := range steps {
		if err := step.run(); err != nil {
			return p, fmt.Errorf("read %s of user: %w", step.name, err)
		}
	}
	if len(plans) > 0 {
		p.Plan = &plans[0]
	}
	if len(guards) > 0 {
		p.Guard = &guards[0]
	}
	return p, nil
}
