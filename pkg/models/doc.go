// Package models owns the rows of axisor's tables: table and column names,
// column types, the enums and the custom scan types. It holds no queries and
// must not know how a connection is made.
//
// Rules that keep the mapping safe:
//
//   - Every model names its table: the derived name ("trade_logs") does not exist.
//   - An id is left out on insert and read back, because the database makes it.
//   - A column whose database default differs from Go's zero value is a pointer;
//     nil means "the default", so an explicit false or 0 is stored as such. Texts
//     and enums with a default use the empty value for the same purpose.
//   - A nullable column is a pointer, JSON or Texts; nil is NULL.
//   - Times are stored in UTC without a zone; pkg/store's connections convert.
//
// The schema itself is made by the SQL migrations. AutoMigrate must never be
// called: it would turn the enum into text and drop defaults.
package models

// All returns one zero value of each model, for checks that walk every table.
func All() []any {
	return []any{
		User{},
		RefreshToken{},
		SecurityAuditLog{},
		AuditLog{},
		Exchange{},
		ExchangeCredentialType{},
		UserExchangeCredentials{},
		UserExchangeAccounts{},
		AutomationType{},
		Automation{},
		TradeLog{},
		MarginGuardConfig{},
		Payment{},
		Plan{},
		PlanLimits{},
		Notification{},
		BacktestReport{},
		Simulation{},
	}
}

// Deref returns what p points to, or the zero value for nil.
func Deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
