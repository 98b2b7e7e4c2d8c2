package migrate

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// brokenRule is the condition under which a row t of a table breaks a constraint, "" when none is known.
func brokenRule(table string, c Constraint) string {
	switch c.Kind {
	case "c":
		if m := regexp.MustCompile(`(?s)^CHECK (\(.*\))$`).FindStringSubmatch(c.Definition); m != nil {
			return "NOT " + m[1]
		}
	case "f":
		m := regexp.MustCompile(`^FOREIGN KEY \(([^)]+)\) REFERENCES (\S+?)\(([^)]+)\)`).FindStringSubmatch(c.Definition)
		if m == nil {
			return ""
		}
		var present, equal []string
		to := strings.Split(m[3], ", ")
		for i, column := range strings.Split(m[1], ", ") {
			present = append(present, "t."+column+" IS NOT NULL")
			equal = append(equal, "r."+to[i]+" = t."+column)
		}
		return fmt.Sprintf("%s AND NOT EXISTS (SELECT FROM %s r WHERE %s)", strings.Join(present, " AND "), m[2], strings.Join(equal, " AND "))
	case "p", "u":
		m := regexp.MustCompile(`^(?:PRIMARY KEY|UNIQUE) \(([^()]+)\)`).FindStringSubmatch(c.Definition)
		if m == nil {
			return ""
		}
		broken := doubled(table, m[1], "")
		if c.Kind == "p" {
			broken += " OR " + strings.ReplaceAll(m[1], ", ", " IS NULL OR ") + " IS NULL"
		}
		return broken
	}
	return ""
}

// brokenIndex is the condition under which a row forbids a unique index, "" for every other index.
func brokenIndex(table, definition string) string {
	m := regexp.MustCompile(`(?s)^CREATE UNIQUE INDEX ON \S+ USING btree \((.+?)\)(?: WHERE (\(.+\)))?$`).FindStringSubmatch(definition)
	if m == nil {
		return ""
	}
	return doubled(table, m[1], m[2])
}

// doubled is the condition under which a row has the same key as another, among those that fulfil where.
func doubled(table, key, where string) string {
	if where == "" {
		where = "true"
	}
	return fmt.Sprintf("%s AND (%s) IN (SELECT %s FROM %s WHERE %s GROUP BY %s HAVING count(*) > 1)", where, key, key, relation(table), where, key)
}

// idOf is an expression for what a row of a table is told by.
func idOf(t *Table) string {
	if slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Name == "id" }) {
		return "id::text"
	}
	for _, c := range t.Constraints {
		if key, ok := strings.CutPrefix(c.Definition, "PRIMARY KEY ("); ok {
			return "concat_ws('/', " + key
		}
	}
	return "ctid::text"
}
