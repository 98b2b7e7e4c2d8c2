package namespace

import (
	"regexp"
	"slices"
)

// The roles that axisor makes. This file is the one place that says what they may do.
const (
	// RoleAuthenticated is the role of the row policies: it sees the rows of one user.
	RoleAuthenticated = "authenticated"
	// RoleSupport reads the rows of everybody, but no column that holds a secret.
	RoleSupport = "axisor_support"
)

var secretWords = regexp.MustCompile(`password|secret|token|hash|credential|preimage|backup_codes|otp|passphrase|api_key|channel_config`)

// SecretColumn recognises columns that hold a secret by their names, so that one of tomorrow is kept back too. A payment's
// hash is public: it stands in the invoice.
func SecretColumn(column string) bool {
	return column != "payment_hash" && secretWords.MatchString(column)
}

// WithoutSecrets keeps the columns that hold no secret.
func WithoutSecrets(columns []string) []string {
	return slices.DeleteFunc(slices.Clone(columns), SecretColumn)
}

// Grantable gives those of a table's columns on which axisor's role has a privilege (SELECT, INSERT, UPDATE, DELETE);
// DELETE is of all columns or none. ofUsers tells that row security is on. A table is named as the design names it.
func Grantable(role, privilege, table string, columns []string, ofUsers bool) []string {
	switch {
	case privilege == "SELECT" && role == RoleSupport,
		privilege == "SELECT" && role == RoleAuthenticated && (ofUsers || slices.Contains(sameForAll, table)):
		return WithoutSecrets(columns)
	case role != RoleAuthenticated:
		return nil
	case slices.Contains(writable, table) && slices.Contains([]string{"INSERT", "UPDATE", "DELETE"}, privilege):
		return columns
	case table == "User" && privilege == "UPDATE":
		return []string{"username", "preferences", "updated_at"}
	}
	return nil
}

// writable are the tables whose own rows a user may change.
var writable = []string{"Automation", "MarginGuardConfig", "Notification", "BacktestReport", "Simulation"}

// sameForAll are the tables that hold nothing of anybody.
var sameForAll = []string{"Plan", "PlanLimits", "Exchange", "ExchangeCredentialType", "AutomationType"}

// DesignName is the design's name of a table that the web application may call otherwise: AppName turned round.
func DesignName(name string) string {
	for _, s := range shared {
		if AppName(s) == name {
			return s
		}
	}
	return name
}
