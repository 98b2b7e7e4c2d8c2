package models

import "time"

// Payment is one Lightning payment for a plan.
type Payment struct {
	ID               string        `gorm:"column:id;primaryKey;default:(-);<-:create"`
	UserID           string        `gorm:"column:user_id"`
	AmountSats       int32         `gorm:"column:amount_sats"`
	LightningInvoice string        `gorm:"column:lightning_invoice"`
	Status           PaymentStatus `gorm:"column:status"`
	PaidAt           *time.Time    `gorm:"column:paid_at"`
	CreatedAt        time.Time     `gorm:"column:created_at;<-:create"`
	UpdatedAt        time.Time     `gorm:"column:updated_at"`
	PlanType         PlanType      `gorm:"column:plan_type"`
	Description      *string       `gorm:"column:description"`
	ExpiresAt        *time.Time    `gorm:"column:expires_at"`
	PaymentHash      *string       `gorm:"column:payment_hash"`
	Preimage         *string       `gorm:"column:preimage"`
	ExpirySeconds    *int32        `gorm:"column:expiry_seconds"`
	PaymentMethod    *string       `gorm:"column:payment_method"`
	Amount           *float64      `gorm:"column:amount"`
}

// TableName implements gorm's Tabler.
func (Payment) TableName() string { return "Payment" }

// Plan is the description and price of a plan. User.PlanType refers to its
// slug by equal text only, so a user can be on a plan that has no row.
type Plan struct {
	ID               string    `gorm:"column:id;primaryKey;default:(-);<-:create"`
	Name             string    `gorm:"column:name"`
	Slug             string    `gorm:"column:slug"`
	Description      *string   `gorm:"column:description"`
	PriceSats        int32     `gorm:"column:price_sats"`
	PriceMonthly     *int32    `gorm:"column:price_monthly"`
	PriceYearly      *int32    `gorm:"column:price_yearly"`
	Features         JSON      `gorm:"column:features"`
	IsActive         *bool     `gorm:"column:is_active;default:(-)"`
	SortOrder        int32     `gorm:"column:sort_order"`
	StripePriceID    *string   `gorm:"column:stripe_price_id"`
	HasAPIAccess     bool      `gorm:"column:has_api_access"`
	HasAdvanced      bool      `gorm:"column:has_advanced"`
	HasPriority      bool      `gorm:"column:has_priority"`
	MaxNotifications int32     `gorm:"column:max_notifications"`
	CreatedAt        time.Time `gorm:"column:created_at;<-:create"`
	UpdatedAt        time.Time `gorm:"column:updated_at"`
}

// TableName implements gorm's Tabler.
func (Plan) TableName() string { return "Plan" }

// Unlimited is the value of a limit that does not limit.
const Unlimited = -1

// PlanLimits is what a plan allows; one row per plan at most.
type PlanLimits struct {
	ID                  string    `gorm:"column:id;primaryKey;default:(-);<-:create"`
	PlanID              string    `gorm:"column:plan_id"`
	MaxExchangeAccounts *int32    `gorm:"column:max_exchange_accounts;default:(-)"`
	MaxAutomations      *int32    `gorm:"column:max_automations;default:(-)"`
	MaxIndicators       *int32    `gorm:"column:max_indicators;default:(-)"`
	MaxSimulations      *int32    `gorm:"column:max_simulations;default:(-)"`
	MaxBacktests        *int32    `gorm:"column:max_backtests;default:(-)"`
	CreatedAt           time.Time `gorm:"column:created_at;<-:create"`
	UpdatedAt           time.Time `gorm:"column:updated_at"`
}

// TableName implements gorm's Tabler.
func (PlanLimits) TableName() string { return "PlanLimits" }

// DefaultPlanLimits are the column defaults, which apply to a plan without a row.
func DefaultPlanLimits() PlanLimits {
	return PlanLimits{
		MaxExchangeAccounts: new(int32(1)), MaxAutomations: new(int32(5)), MaxIndicators: new(int32(10)),
		MaxSimulations: new(int32(3)), MaxBacktests: new(int32(5)),
	}
}
