package models

import "time"

// The kinds of GuardEvent.
const (
	GuardEventNear = "near"
	GuardEventEnd  = "end"
)

// GuardEvent is something that happened to a guarded position beside additions:
// it came near its trigger, or it is not running any more.
type GuardEvent struct {
	ID        string `gorm:"column:id;primaryKey;default:(-);<-:create"`
	AccountID string `gorm:"column:account_id"`
	// TradeID is in the canonical spelling.
	TradeID string `gorm:"column:trade_id"`
	Kind    string `gorm:"column:kind"`
	UserID  string `gorm:"column:user_id"`
	// Side is empty for a position that was never seen running.
	Side string `gorm:"column:side"`
	// Code is the kind of the notice: position_near, position_liquidated, …
	Code    string `gorm:"column:code"`
	Message string `gorm:"column:message"`
	// Price, in USD per BTC, is where it happened: the market's, or the exit's.
	Price       *float64 `gorm:"column:price"`
	Liquidation *float64 `gorm:"column:liquidation"`
	// Margin and Profit are in sats, as they were at the end.
	Margin   *int64     `gorm:"column:margin"`
	Profit   *int64     `gorm:"column:profit"`
	ClosedAt *time.Time `gorm:"column:closed_at"`
	// SeenAt is when the position was first missed, or seen near its trigger.
	SeenAt time.Time `gorm:"column:seen_at"`
	// ToldAt is nil while the exchange could not be asked how a position ended.
	ToldAt *time.Time `gorm:"column:told_at"`
}

// TableName implements gorm's Tabler.
func (GuardEvent) TableName() string { return "axisor.guard_event" }
