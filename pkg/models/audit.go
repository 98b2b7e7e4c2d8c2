package models

import "time"

// SecurityAuditLog is one security event. UserID must be an existing user or
// nil: the operator of this tool is not a user and stands in Details.
type SecurityAuditLog struct {
	ID        string    `gorm:"column:id;primaryKey;default:(-);<-:create"`
	UserID    *string   `gorm:"column:user_id"`
	Action    string    `gorm:"column:action"`
	Resource  *string   `gorm:"column:resource"`
	IPAddress *string   `gorm:"column:ip_address"`
	UserAgent *string   `gorm:"column:user_agent"`
	Success   *bool     `gorm:"column:success;default:(-)"`
	Details   JSON      `gorm:"column:details"`
	CreatedAt time.Time `gorm:"column:created_at;<-:create"`
}

// TableName implements gorm's Tabler.
func (SecurityAuditLog) TableName() string { return "SecurityAuditLog" }

// AuditLog is one change. UserID is the affected user while that user exists.
type AuditLog struct {
	ID         string    `gorm:"column:id;primaryKey;default:(-);<-:create"`
	UserID     *string   `gorm:"column:user_id"`
	Action     string    `gorm:"column:action"`
	Resource   *string   `gorm:"column:resource"`
	ResourceID *string   `gorm:"column:resource_id"`
	OldValues  JSON      `gorm:"column:old_values"`
	NewValues  JSON      `gorm:"column:new_values"`
	IPAddress  *string   `gorm:"column:ip_address"`
	UserAgent  *string   `gorm:"column:user_agent"`
	Severity   Severity  `gorm:"column:severity;default:(-)"`
	Details    JSON      `gorm:"column:details"`
	CreatedAt  time.Time `gorm:"column:created_at;<-:create"`
}

// TableName implements gorm's Tabler.
func (AuditLog) TableName() string { return "AuditLog" }
