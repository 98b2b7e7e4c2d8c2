package namespace

import "strings"

// AppName is the name that the web application's models give a table of the design: its own for nine of them, the same for
// the others.
func AppName(name string) string {
	switch name {
	case "AuditLog":
		return "audit_logs"
	case "Exchange":
		return "exchanges"
	case "ExchangeCredentialType":
		return "exchange_credential_types"
	case "MarginGuardConfig":
		return "margin_guard_configs"
	case "Plan":
		return "plans"
	case "PlanLimits":
		return "plan_limits"
	case "Simulation":
		return "simulations"
	case "UserExchangeAccounts":
		return "user_exchange_accounts"
	case "UserExchangeCredentials":
		return "user_exchange_credentials"
	}
	return name
}

// hasAlias tells whether what follows the name of a relation in a statement is an alias of it.
func hasAlias(sql string) bool {
	for {
		sql = strings.TrimLeft(sql, " \n\t\r")
		switch {
		case strings.HasPrefix(sql, "--"):
			sql = sql[upTo(sql, 0, "\n"):]
		case strings.HasPrefix(sql, "/*"):
			sql = sql[comment(sql, 0):]
		default:
			end := 0
			for end < len(sql) && isWord(sql[end]) {
				end++
			}
			return strings.HasPrefix(sql, `"`) || end > 0 && !followsRelation(strings.ToUpper(sql[:end]))
		}
	}
}

// followsRelation tells the keywords that may come after a relation without an alias. Each is reserved, or not an alias
// without AS.
func followsRelation(word string) bool {
	switch word {
	case "WHERE", "SET", "ON", "USING", "JOIN", "LEFT", "RIGHT", "FULL", "INNER", "CROSS", "NATURAL", "ORDER", "GROUP", "HAVING",
		"LIMIT", "OFFSET", "FETCH", "FOR", "WINDOW", "UNION", "EXCEPT", "INTERSECT", "RETURNING", "VALUES", "SELECT", "DEFAULT",
		"OVERRIDING", "TABLESAMPLE", "WITH", "LOOP", "THEN":
		return true
	}
	return false
}
