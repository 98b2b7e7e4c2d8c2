package models

import "time"

// GuardOutcome is what the latest look of the guard at a user came to.
type GuardOutcome struct {
	UserID    string    `gorm:"column:user_id;primaryKey"`
	LookedAt  time.Time `gorm:"column:looked_at"`
	Positions int32     `gorm:"column:positions"`
	// Unprotected counts the positions in danger that stayed there.
	Unprotected int32 `gorm:"column:unprotected"`
	// Problems is an array of {trade_id, code, message}; see GuardProblem.
	Problems JSON `gorm:"column:problems"`
}

// TableName implements gorm's Tabler.
func (GuardOutcome) TableName() string { return "axisor.guard_outcome" }

// GuardProblem is one entry of GuardOutcome.Problems.
type GuardProblem struct {
	// TradeID is empty when it is about the user as a whole.
	TradeID string `json:"trade_id"`
	Code    string `json:"code"`
	Message string `json:"message"`
}
