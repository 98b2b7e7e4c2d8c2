package models

import "time"

// Exchange is a place where users trade.
type Exchange struct {
	ID          string    `gorm:"column:id;primaryKey;default:(-);<-:create"`
	Name        string    `gorm:"column:name"`
	Slug        string    `gorm:"column:slug"`
	Description *string   `gorm:"column:description"`
	Website     *string   `gorm:"column:website"`
	LogoURL     *string   `gorm:"column:logo_url"`
	IsActive    *bool     `gorm:"column:is_active;default:(-)"`
	APIVersion  *string   `gorm:"column:api_version"`
	CreatedAt   time.Time `gorm:"column:created_at;<-:create"`
	UpdatedAt   time.Time `gorm:"column:updated_at"`
}

// TableName implements gorm's Tabler.
func (Exchange) TableName() string { return "Exchange" }

// ExchangeCredentialType is one field of an exchange's credentials.
type ExchangeCredentialType struct {
	ID          string    `gorm:"column:id;primaryKey;default:(-);<-:create"`
	ExchangeID  string    `gorm:"column:exchange_id"`
	Name        string    `gorm:"column:name"`
	FieldName   string    `gorm:"column:field_name"`
	FieldType   string    `gorm:"column:field_type;default:(-)"`
	IsRequired  *bool     `gorm:"column:is_required;default:(-)"`
	Description *string   `gorm:"column:description"`
	Order       int32     `gorm:"column:order"`
	CreatedAt   time.Time `gorm:"column:created_at;<-:create"`
	UpdatedAt   time.Time `gorm:"column:updated_at"`
}

// TableName implements gorm's Tabler.
func (ExchangeCredentialType) TableName() string { return "ExchangeCredentialType" }

// UserExchangeCredentials is the older credential store: one row per user and
// exchange. Credentials is an object whose values are encrypted one by one.
type UserExchangeCredentials struct {
	ID          string     `gorm:"column:id;primaryKey;default:(-);<-:create"`
	UserID      string     `gorm:"column:user_id"`
	ExchangeID  string     `gorm:"column:exchange_id"`
	Credentials JSON       `gorm:"column:credentials"`
	IsActive    *bool      `gorm:"column:is_active;default:(-)"`
	IsVerified  bool       `gorm:"column:is_verified"`
	LastTest    *time.Time `gorm:"column:last_test"`
	CreatedAt   time.Time  `gorm:"column:created_at;<-:create"`
	UpdatedAt   time.Time  `gorm:"column:updated_at"`
}

// TableName implements gorm's Tabler.
func (UserExchangeCredentials) TableName() string { return "UserExchangeCredentials" }

// UserExchangeAccounts is one account of a user on an exchange.
type UserExchangeAccounts struct {
	ID          string     `gorm:"column:id;primaryKey;default:(-);<-:create"`
	UserID      string     `gorm:"column:user_id"`
	ExchangeID  string     `gorm:"column:exchange_id"`
	AccountName string     `gorm:"column:account_name;default:(-)"`
	Credentials JSON       `gorm:"column:credentials"`
	IsActive    bool       `gorm:"column:is_active"`
	IsVerified  bool       `gorm:"column:is_verified"`
	LastTest    *time.Time `gorm:"column:last_test"`
	CreatedAt   time.Time  `gorm:"column:created_at;<-:create"`
	UpdatedAt   time.Time  `gorm:"column:updated_at"`
}

// TableName implements gorm's Tabler.
func (UserExchangeAccounts) TableName() string { return "UserExchangeAccounts" }
