// Package namespace says in which PostgreSQL schemas an installation of axisor keeps the tables that are its own. The
// tables of the design are shared with the web application, whose tools take the whole schema they are in for theirs:
// `prisma db push` drops every table there that its models do not have. Therefore nothing of ours lives in that schema.
//
// Statements name our tables literally, as in axisor.guard_intent and river.river_job. An installation whose shared
// tables are in another schema than public has names of its own, and Rename turns statements into its. The package
// knows texts only: it reads no database.
package namespace

import (
	"regexp"
	"strings"
	"sync"
)

const (
	// Own is the schema of axisor's own tables, as statements name it.
	Own = "axisor"
	// Queue is the schema of the job queue's tables, as statements name it.
	Queue = "river"
)

// Names are the schemas of one installation.
type Names struct{ Own, Queue string }

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

// Rename gives a statement that names our tables literally the names of this installation.
func (n Names) Rename(sql string) string {
	if n == Default() {
		return sql
	}
	return literal().ReplaceAllStringFunc(sql, func(word string) string {
		if strings.Trim(word, `"`) == Own {
			return Identifier(n.Own)
		}
		return Identifier(n.Queue)
	})
}

// literal matches the two names as whole words, quoted or not. An underscore belongs to a word, so axisor_migrations
// and river_job are left alone.
var literal = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`"(?:axisor|river)"|\b(?:axisor|river)\b`) })

// Table writes the name of a table for a statement: our own tables with their schema, the shared ones without.
func Table(name string) string {
	if IsOwn(name) {
		return Own + "." + Identifier(name)
	}
	return Identifier(name)
}

// IsOwn tells whether a table is axisor's own, by its name: the design's tables are named in CamelCase.
func IsOwn(name string) bool {
	return strings.HasPrefix(name, "guard_") || strings.HasPrefix(name, "payment_") || name == VersionTable
}

// VersionTable records the applied migrations.
const VersionTable = "axisor_migrations"

// Identifier quotes a name for a statement.
func Identifier(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
