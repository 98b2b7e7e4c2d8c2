package models

import "time"

// Notification is a channel that a user subscribed to, not a message.
type Notification struct {
	ID            string    `gorm:"column:id;primaryKey;default:(-);<-:create"`
	UserID        string    `gorm:"column:user_id"`
	Type          string    `gorm:"column:type"`
	IsEnabled     *bool     `gorm:"column:is_enabled;default:(-)"`
	ChannelConfig JSON      `gorm:"column:channel_config"`
	CreatedAt     time.Time `gorm:"column:created_at;<-:create"`
	UpdatedAt     time.Time `gorm:"column:updated_at"`
}

// TableName implements gorm's Tabler.
func (Notification) TableName() string { return "Notification" }

// BacktestReport is the result of one backtest.
type BacktestReport struct {
	ID            string     `gorm:"column:id;primaryKey;default:(-);<-:create"`
	UserID        string     `gorm:"column:user_id"`
	Config        JSON       `gorm:"column:config"`
	Result        JSON       `gorm:"column:result"`
	Status        JobStatus  `gorm:"column:status;default:(-)"`
	Strategy      *string    `gorm:"column:strategy"`
	PlanType      *PlanType  `gorm:"column:plan_type"`
	ExecutionTime *int32     `gorm:"column:execution_time"`
	CreatedAt     time.Time  `gorm:"column:created_at;<-:create"`
	UpdatedAt     time.Time  `gorm:"column:updated_at"`
	CompletedAt   *time.Time `gorm:"column:completed_at"`
}

// TableName implements gorm's Tabler.
func (BacktestReport) TableName() string { return "BacktestReport" }

// Simulation is one simulated market run.
type Simulation struct {
	ID             string     `gorm:"column:id;primaryKey;default:(-);<-:create"`
	UserID         string     `gorm:"column:user_id"`
	Name           string     `gorm:"column:name"`
	Description    *string    `gorm:"column:description"`
	Config         JSON       `gorm:"column:config"`
	Status         JobStatus  `gorm:"column:status;default:(-)"`
	SimulationType *string    `gorm:"column:simulation_type"`
	AutomationType *string    `gorm:"column:automation_type"`
	PriceScenario  *string    `gorm:"column:price_scenario"`
	Duration       *int32     `gorm:"column:duration"`
	InitialPrice   *float64   `gorm:"column:initial_price"`
	Progress       *float64   `gorm:"column:progress"`
	StartedAt      *time.Time `gorm:"column:started_at"`
	CreatedAt      time.Time  `gorm:"column:created_at;<-:create"`
	UpdatedAt      time.Time  `gorm:"column:updated_at"`
	CompletedAt    *time.Time `gorm:"column:completed_at"`
	PlanType       *PlanType  `gorm:"column:plan_type"`
}

// TableName implements gorm's Tabler.
func (Simulation) TableName() string { return "Simulation" }
