package models

import "time"

// GuardRunState is the text column guard_run.state.
type GuardRunState string

// The states of a run.
const (
	GuardRunRunning     GuardRunState = "running"
	GuardRunFinished    GuardRunState = "finished"
	GuardRunFailed      GuardRunState = "failed"
	GuardRunInterrupted GuardRunState = "interrupted"
)

// GuardState is the text column guard_intent.state.
type GuardState string

// The states of an intent. The first three are open: nobody knows the outcome yet.
const (
	GuardPlanned    GuardState = "planned"
	GuardSent       GuardState = "sent"
	GuardUnknown    GuardState = "unknown"
	GuardApplied    GuardState = "applied"
	GuardRejected   GuardState = "rejected"
	GuardNotApplied GuardState = "not_applied"
	GuardOperator   GuardState = "operator"
)

// Open reports whether the outcome is not known.
func (s GuardState) Open() bool { return s == GuardPlanned || s == GuardSent || s == GuardUnknown }

// GuardRun is one run of the margin guard.
type GuardRun struct {
	ID         string        `gorm:"column:id;primaryKey;default:(-);<-:create"`
	State      GuardRunState `gorm:"column:state;default:(-)"`
	Reading    string        `gorm:"column:reading"`
	Actor      *string       `gorm:"column:actor"`
	Host       *string       `gorm:"column:host"`
	PID        *int32        `gorm:"column:pid"`
	Version    *string       `gorm:"column:version"`
	OnlyUserID *string       `gorm:"column:only_user_id"`
	Price      *float64      `gorm:"column:price"`
	Users      int32         `gorm:"column:users"`
	Positions  int32         `gorm:"column:positions"`
	Triggered  int32         `gorm:"column:triggered"`
	Added      int32         `gorm:"column:added"`
	AddedSats  int64         `gorm:"column:added_sats"`
	Skipped    int32         `gorm:"column:skipped"`
	Failed     int32         `gorm:"column:failed"`
	Unknown    int32         `gorm:"column:unknown"`
	Error      *string       `gorm:"column:error"`
	StartedAt  time.Time     `gorm:"column:started_at"`
	FinishedAt *time.Time    `gorm:"column:finished_at"`
}

// TableName implements gorm's Tabler.
func (GuardRun) TableName() string { return "axisor.guard_run" }

// GuardIntent is an addition of margin, written before it is requested. User
// and account become NULL when they are deleted: the record of money stays.
type GuardIntent struct {
	ID                 string     `gorm:"column:id;primaryKey;default:(-);<-:create"`
	RunID              *string    `gorm:"column:run_id"`
	UserID             *string    `gorm:"column:user_id"`
	AccountID          *string    `gorm:"column:account_id"`
	TradeID            string     `gorm:"column:trade_id"`
	Side               string     `gorm:"column:side"`
	AmountSats         int64      `gorm:"column:amount_sats"`
	MarginBefore       int64      `gorm:"column:margin_before"`
	MarginAfter        *int64     `gorm:"column:margin_after"`
	LiquidationBefore  float64    `gorm:"column:liquidation_before"`
	LiquidationAfter   *float64   `gorm:"column:liquidation_after"`
	EntryPrice         float64    `gorm:"column:entry_price"`
	Price              float64    `gorm:"column:price"`
	Threshold          float64    `gorm:"column:threshold"`
	TriggerPrice       *float64   `gorm:"column:trigger_price"`
	Distance           *float64   `gorm:"column:distance"`
	FundingBefore      int64      `gorm:"column:funding_before"`
	CashInMarginBefore int64      `gorm:"column:cash_in_margin_before"`
	CashInPLBefore     int64      `gorm:"column:cash_in_pl_before"`
	State              GuardState `gorm:"column:state;default:(-)"`
	Resolution         *string    `gorm:"column:resolution"`
	HTTPStatus         *int32     `gorm:"column:http_status"`
	Error              *string    `gorm:"column:error"`
	PlannedAt          time.Time  `gorm:"column:planned_at"`
	SentAt             *time.Time `gorm:"column:sent_at"`
	ResolvedAt         *time.Time `gorm:"column:resolved_at"`
	UpdatedAt          time.Time  `gorm:"column:updated_at"`
}

// TableName implements gorm's Tabler.
func (GuardIntent) TableName() string { return "axisor.guard_intent" }

// GuardBreaker stops calls that have failed too often.
type GuardBreaker struct {
	ID        string     `gorm:"column:id;primaryKey;default:(-);<-:create"`
	Scope     string     `gorm:"column:scope"`
	Subject   string     `gorm:"column:subject"`
	Failures  int32      `gorm:"column:failures"`
	Reason    *string    `gorm:"column:reason"`
	OpenedAt  *time.Time `gorm:"column:opened_at"`
	OpenUntil *time.Time `gorm:"column:open_until"`
	UpdatedAt time.Time  `gorm:"column:updated_at"`
	// Fingerprint tells whether the credentials are still the refused ones.
	Fingerprint *string `gorm:"column:fingerprint"`
}

// TableName implements gorm's Tabler.
func (GuardBreaker) TableName() string { return "axisor.guard_breaker" }

// GuardControl is a kill switch: the one of a user, or the one for everybody.
type GuardControl struct {
	ID        string    `gorm:"column:id;primaryKey;default:(-);<-:create"`
	Scope     string    `gorm:"column:scope"`
	UserID    *string   `gorm:"column:user_id"`
	Disabled  bool      `gorm:"column:disabled"`
	Reason    *string   `gorm:"column:reason"`
	Actor     *string   `gorm:"column:actor"`
	UpdatedAt time.Time `gorm:"column:updated_at"`
}

// TableName implements gorm's Tabler.
func (GuardControl) TableName() string { return "axisor.guard_control" }
