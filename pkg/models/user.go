package models

import "time"

// User is one person.
type User struct {
	ID                     string     `gorm:"column:id;primaryKey;default:(-);<-:create"`
	Email                  string     `gorm:"column:email"`
	Username               string     `gorm:"column:username"`
	PasswordHash           *string    `gorm:"column:password_hash"`
	SocialProvider         *string    `gorm:"column:social_provider"`
	SocialID               *string    `gorm:"column:social_id"`
	PlanType               PlanType   `gorm:"column:plan_type;default:(-)"`
	IsActive               *bool      `gorm:"column:is_active;default:(-)"`
	EmailVerified          *bool      `gorm:"column:email_verified"`
	TwoFactorEnabled       *bool      `gorm:"column:two_factor_enabled"`
	TwoFactorSecret        *string    `gorm:"column:two_factor_secret"`
	TwoFactorBackupCodes   JSON       `gorm:"column:two_factor_backup_codes"`
	LoginAttempts          *int32     `gorm:"column:login_attempts"`
	LockedUntil            *time.Time `gorm:"column:locked_until"`
	LastLoginIP            *string    `gorm:"column:last_login_ip"`
	LastLoginUserAgent     *string    `gorm:"column:last_login_user_agent"`
	LastLoginAt            *time.Time `gorm:"column:last_login_at"`
	EmailVerificationToken *string    `gorm:"column:email_verification_token"`
	PasswordResetToken     *string    `gorm:"column:password_reset_token"`
	Preferences            JSON       `gorm:"column:preferences"`
	CreatedAt              time.Time  `gorm:"column:created_at;<-:create"`
	UpdatedAt              time.Time  `gorm:"column:updated_at"`
}

// TableName implements gorm's Tabler.
func (User) TableName() string { return "User" }

// Active reports whether the user may log in; a new row is active by default.
func (u User) Active() bool { return u.IsActive == nil || *u.IsActive }

// LockedAt reports whether the user is locked out at the given time.
func (u User) LockedAt(now time.Time) bool { return u.LockedUntil != nil && u.LockedUntil.After(now) }

// RefreshToken is one session.
type RefreshToken struct {
	ID         string     `gorm:"column:id;primaryKey;default:(-);<-:create"`
	UserID     string     `gorm:"column:user_id"`
	Token      string     `gorm:"column:token"`
	ExpiresAt  time.Time  `gorm:"column:expires_at"`
	IsRevoked  bool       `gorm:"column:is_revoked"`
	IPAddress  *string    `gorm:"column:ip_address"`
	UserAgent  *string    `gorm:"column:user_agent"`
	CreatedAt  time.Time  `gorm:"column:created_at;<-:create"`
	LastUsedAt *time.Time `gorm:"column:last_used_at"`
}

// TableName implements gorm's Tabler.
func (RefreshToken) TableName() string { return "RefreshToken" }
