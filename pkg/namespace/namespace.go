// Package namespace says in which PostgreSQL schemas an installation of axisor has its tables, and turns statements into
// ones that name them there. The tables of the design are shared with the web application, whose tools take the whole
// schema they are in for theirs: `prisma db push` drops every table there that its models do not have. Therefore nothing
// of ours lives in that schema.
//
// Statements name our own tables literally, as in axisor.guard_intent and river.river_job, and the shared ones without a
// schema, as in "User". Rename gives both the schemas of the installation, so that no search path decides what a statement
// means. The package knows texts only: it reads no database.
package namespace

import (
	"slices"
	"strings"
)

const (
	// Own is the schema of axisor's own tables, as statements name it.
	Own = "axisor"
	// Queue is the schema of the job queue's tables, as statements name it.
	Queue = "river"
)

// FindShared is the query for the schema of the design's tables; $1 is the quoted schema of our own. It is the one that
// our own tables refer to; else where "User" is visible, or the version table; else where a new table would be, "" when
// nowhere. The second column tells whether the shared tables are there, as far as anything says; the third whether they
// have the web application's names: accounts have its own and not the design's; the fourth whether axisor is at home
// there. A schema that stands in front in the search path is not it, whatever it holds, once one of our own tables says
// which.
const FindShared = `SELECT COALESCE(f.said, (SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
			WHERE c.oid = pg_catalog.to_regclass('axisor_migrations')), pg_catalog.current_schema(), ''), f.said IS NOT NULL,
		COALESCE((SELECT bool_or(c.relname = 'user_exchange_accounts') AND NOT bool_or(c.relname = 'UserExchangeAccounts')
			FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
			WHERE n.nspname = f.said AND c.relname IN ('user_exchange_accounts', 'UserExchangeAccounts')), false),
		pg_catalog.to_regnamespace($1) IS NOT NULL
	FROM (SELECT COALESCE(
		(SELECT n.nspname FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
			JOIN pg_catalog.pg_class r ON r.oid = k.confrelid JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
			WHERE k.contype = 'f' AND c.relnamespace = pg_catalog.to_regnamespace($1) AND r.relname = 'User' AND n.oid <> c.relnamespace ORDER BY k.oid LIMIT 1),
		(SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
			WHERE c.oid = pg_catalog.to_regclass('"User"'))) AS said) AS f`

// Names are where the relations of one installation are.
type Names struct {
	Own, Queue string
	// Shared is the schema of the design's tables, as FindShared gives it. "" leaves them to the search path.
	Shared string
	// App says that the shared tables have the names that the web application gives them, and not the design's.
	App bool
}

// Default are the names where the shared tables are in public, or wherever the server's own search path says.
func Default() Names { return Names{Own: Own, Queue: Queue} }

// Of gives the names for a session whose address sets this search path (by schema= or search_path=; "" when it sets
// none). What counts is what the address says and not what the server is set to: a role's or a database's search path
// can be changed by others, and a pooler may ignore it.
func Of(searchPath string) Names {
	first := strings.TrimSpace(searchPath)
	if quoted, ok := strings.CutPrefix(first, `"`); ok {
		name, _, _ := strings.Cut(strings.ReplaceAll(quoted, `""`, "\x00"), `"`)
		first = strings.ReplaceAll(name, "\x00", `"`)
	} else {
		first, _, _ = strings.Cut(first, ",")
		first = strings.ToLower(strings.TrimSpace(first)) // as the server folds it
	}
	if first == "" || first == "public" || first == "$user" {
		return Default()
	}
	return Names{Own: Own + "_" + first, Queue: Queue + "_" + first}
}

// In gives the same names with the shared tables in a schema, under the web application's names or the design's.
func (n Names) In(shared string, app bool) Names {
	n.Shared, n.App = shared, app
	return n
}

// Table writes the name of a table for a statement: our own tables with their schema, the shared ones without.
func Table(name string) string {
	if IsOwn(name) {
		return Own + "." + Identifier(name)
	}
	return Identifier(name)
}

// IsOwn tells whether a table is axisor's own, by its name: the design's tables are named in CamelCase.
func IsOwn(name string) bool {
	return strings.HasPrefix(name, "guard_") || strings.HasPrefix(name, "payment_") || slices.Contains(own[:], name)
}

// own are axisor's own tables whose names begin in no way of their own.
var own = [...]string{
	VersionTable, // of own tables, the one that says which others there are
}

// SharedSchema is an expression for the schema of the shared tables, NULL where there is none, once Rename has gone over it.
const SharedSchema = `to_regnamespace('` + sharedMark + `')`

// sharedMark stands for the shared schema where a statement needs its name: no schema is called that.
const sharedMark = `"$shared"`

// Shared lists the tables of the design.
func Shared() []string { return shared[:] }

var shared = [...]string{
	"User", "RefreshToken", "SecurityAuditLog", "AuditLog", "Automation", "AutomationType", "TradeLog", "MarginGuardConfig",
	"Exchange", "ExchangeCredentialType", "UserExchangeCredentials", "UserExchangeAccounts",
	"Payment", "Plan", "PlanLimits", "Notification", "Simulation", "BacktestReport",
}

// IsShared tells whether a statement that writes this name in quotes means a table of the design.
func IsShared(name string) bool {
	return slices.Contains(shared[:], name)
}

// sharedType is the design's only type.
const sharedType = "PlanType"

// VersionTable records the applied migrations.
const VersionTable = "axisor_migrations"

// Identifier quotes a name for a statement.
func Identifier(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
