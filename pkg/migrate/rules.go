package migrate

import (
	"fmt"
	"regexp"
)

// brokenRule is the condition under which a row breaks a constraint, "" when none is known.
func brokenRule(c Constraint) string {
	switch c.Kind {
	case "c":
		if m := regexp.MustCompile(`(?s)^CHECK (\(.*\))$`).FindStringSubmatch(c.Definition); m != nil {
			return "NOT " + m[1]
		}
	case "f":
		m := regexp.MustCompile(`^FOREIGN KEY \(([^,)]+)\) REFERENCES (\S+?)\(([^,)]+)\)`).FindStringSubmatch(c.Definition)
		if m != nil {
			return fmt.Sprintf("t.%s IS NOT NULL AND NOT EXISTS (SELECT FROM %s r WHERE r.%s = t.%s)", m[1], m[2], m[3], m[1])
		}
	}
	return ""
}

// uniqueKey gives the columns of a unique index without a condition, "" for every other index.
func uniqueKey(definition string) string {
	m := regexp.MustCompile(`^CREATE UNIQUE INDEX ON \S+ USING btree \(([^()]+)\)$`).FindStringSubmatch(definition)
	if m == nil {
		return ""
	}
	return m[1]
}
