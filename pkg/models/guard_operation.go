package models

import "time"

// GuardNotice is something that an operator or a user should hear of. It is
// written with the outcome it reports and delivered later.
type GuardNotice struct {
	ID            string     `gorm:"column:id;primaryKey;default:(-);<-:create"`
	Kind          string     `gorm:"column:kind"`
	Severity      string     `gorm:"column:severity"`
	UserID        *string    `gorm:"column:user_id"`
	RunID         *string    `gorm:"column:run_id"`
	IntentID      *string    `gorm:"column:intent_id"`
	TradeID       *string    `gorm:"column:trade_id"`
	Message       string     `gorm:"column:message"`
	Details       JSON       `gorm:"column:details"`
	State         string     `gorm:"column:state;default:(-)"`
	Attempts      int32      `gorm:"column:attempts"`
	NextAttemptAt time.Time  `gorm:"column:next_attempt_at"`
	HTTPStatus    *int32     `gorm:"column:http_status"`
	Error         *string    `gorm:"column:error"`
	CreatedAt     time.Time  `gorm:"column:created_at"`
	DeliveredAt   *time.Time `gorm:"column:delivered_at"`
}

// TableName implements gorm's Tabler.
func (GuardNotice) TableName() string { return "axisor.guard_notice" }

// The states of a notice. An expired one could not be delivered in time.
const (
	NoticePending   = "pending"
	NoticeDelivered = "delivered"
	NoticeExpired   = "expired"
)

// GuardSetting is what a user has set beyond the columns of MarginGuardConfig.
type GuardSetting struct {
	UserID string `gorm:"column:user_id;primaryKey"`
	// RestoreTo is the distance that an addition restores; nil adds the share.
	RestoreTo *float64 `gorm:"column:restore_to"`
	// CrossMargin protects the cross position as well.
	CrossMargin bool      `gorm:"column:cross_margin"`
	UpdatedAt   time.Time `gorm:"column:updated_at"`
}

// TableName implements gorm's Tabler.
func (GuardSetting) TableName() string { return "axisor.guard_setting" }

// GuardWatch is a position with the price at which it must be looked at.
type GuardWatch struct {
	AccountID    string    `gorm:"column:account_id;primaryKey"`
	TradeID      string    `gorm:"column:trade_id;primaryKey"`
	UserID       string    `gorm:"column:user_id"`
	Side         string    `gorm:"column:side"`
	TriggerPrice float64   `gorm:"column:trigger_price"`
	RefreshedAt  time.Time `gorm:"column:refreshed_at"`
}

// TableName implements gorm's Tabler.
func (GuardWatch) TableName() string { return "axisor.guard_watch" }

// GuardLook is when a user was last looked at by a guard that runs all the time.
type GuardLook struct {
	UserID   string    `gorm:"column:user_id;primaryKey"`
	LookedAt time.Time `gorm:"column:looked_at"`
}

// TableName implements gorm's Tabler.
func (GuardLook) TableName() string { return "axisor.guard_look" }

// The kinds of GuardWorker.
const (
	WorkerWatch = "watch"
	WorkerShard = "worker"
)

// GuardWorker is a process that guards all the time, with its heartbeat.
type GuardWorker struct {
	ID         string    `gorm:"column:id;primaryKey;default:(-);<-:create"`
	Kind       string    `gorm:"column:kind"`
	Host       string    `gorm:"column:host"`
	PID        int32     `gorm:"column:pid"`
	Version    *string   `gorm:"column:version"`
	IntervalMs int64     `gorm:"column:interval_ms"`
	StartedAt  time.Time `gorm:"column:started_at"`
	// BeatAt is the last sign of life, FinishedAt the last round without trouble.
	BeatAt     time.Time  `gorm:"column:beat_at"`
	FinishedAt *time.Time `gorm:"column:finished_at"`
	Users      int32      `gorm:"column:users"`
	Error      *string    `gorm:"column:error"`
	StoppedAt  *time.Time `gorm:"column:stopped_at"`
}

// TableName implements gorm's Tabler.
func (GuardWorker) TableName() string { return "axisor.guard_worker" }

// GuardRate is when the next request may go out under a shared limit.
type GuardRate struct {
	Bucket string    `gorm:"column:bucket;primaryKey"`
	NextAt time.Time `gorm:"column:next_at"`
}

// TableName implements gorm's Tabler.
func (GuardRate) TableName() string { return "axisor.guard_rate" }
