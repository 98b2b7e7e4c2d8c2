package models

import "time"

// AutomationType is a kind of automation; Automation.Type refers to its slug.
type AutomationType struct {
	ID          string    `gorm:"column:id;primaryKey;default:(-);<-:create"`
	Name        string    `gorm:"column:name"`
	Slug        string    `gorm:"column:slug"`
	Description *string   `gorm:"column:description"`
	IsActive    *bool     `gorm:"column:is_active;default:(-)"`
	CreatedAt   time.Time `gorm:"column:created_at;<-:create"`
	UpdatedAt   time.Time `gorm:"column:updated_at"`
}

// TableName implements gorm's Tabler.
func (AutomationType) TableName() string { return "AutomationType" }

// Automation is one automation of a user on one account.
type Automation struct {
	ID                    string           `gorm:"column:id;primaryKey;default:(-);<-:create"`
	UserID                string           `gorm:"column:user_id"`
	UserExchangeAccountID string           `gorm:"column:user_exchange_account_id"`
	Type                  string           `gorm:"column:type"`
	Config                JSON             `gorm:"column:config"`
	IsActive              *bool            `gorm:"column:is_active;default:(-)"`
	Status                AutomationStatus `gorm:"column:status;default:(-)"`
	RiskLevel             *string          `gorm:"column:risk_level"`
	PlanType              *PlanType        `gorm:"column:plan_type"`
	CreatedAt             time.Time        `gorm:"column:created_at;<-:create"`
	UpdatedAt             time.Time        `gorm:"column:updated_at"`
}

// TableName implements gorm's Tabler.
func (Automation) TableName() string { return "Automation" }

// TradeLog is one thing done, or attempted, on an exchange.
type TradeLog struct {
	ID           string      `gorm:"column:id;primaryKey;default:(-);<-:create"`
	UserID       string      `gorm:"column:user_id"`
	AutomationID *string     `gorm:"column:automation_id"`
	TradeID      string      `gorm:"column:trade_id"`
	Status       TradeStatus `gorm:"column:status"`
	Action       *string     `gorm:"column:action"`
	PlanType     *PlanType   `gorm:"column:plan_type"`
	PnL          *float64    `gorm:"column:pnl"`
	Amount       *float64    `gorm:"column:amount"`
	Price        *float64    `gorm:"column:price"`
	ErrorMessage *string     `gorm:"column:error_message"`
	ExecutedAt   time.Time   `gorm:"column:executed_at"`
	CreatedAt    time.Time   `gorm:"column:created_at;<-:create"`
}

// TableName implements gorm's Tabler.
func (TradeLog) TableName() string { return "TradeLog" }

// MarginGuardConfig is a user's margin guard. SelectedPositions may be NULL,
// which means the same as empty.
type MarginGuardConfig struct {
	ID                  string    `gorm:"column:id;primaryKey;default:(-);<-:create"`
	UserID              string    `gorm:"column:user_id"`
	IsActive            bool      `gorm:"column:is_active"`
	Mode                GuardMode `gorm:"column:mode;default:(-)"`
	MarginThreshold     *float64  `gorm:"column:margin_threshold;default:(-)"`
	AddMarginPercentage *float64  `gorm:"column:add_margin_percentage;default:(-)"`
	SelectedPositions   Texts     `gorm:"column:selected_positions"`
	IndividualConfigs   JSON      `gorm:"column:individual_configs"`
	CreatedAt           time.Time `gorm:"column:created_at;<-:create"`
	UpdatedAt           time.Time `gorm:"column:updated_at"`
}

// TableName implements gorm's Tabler.
func (MarginGuardConfig) TableName() string { return "MarginGuardConfig" }
