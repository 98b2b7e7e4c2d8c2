package migrate

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// askRenamed takes the statement away that would add a column beside one that nobody knows: it may be the same column
// under a new name, and an empty twin would hide its values. What needs the column waits, too.
func askRenamed(findings []Finding, live *Catalog) {
	for i, f := range findings {
		at := strings.LastIndex(f.Object, ".") // a table of our own has one in its name
		if f.Kind != "column" || f.Problem != Missing || at < 0 || live.Tables[f.Object[:at]] == nil {
			continue
		}
		table, name := f.Object[:at], f.Object[at+1:]
		old, same := unknownColumn(findings, live.Tables[table], table, f.Expected)
		if old == "" {
			continue
		}
		rename := fmt.Sprintf("ALTER TABLE %s RENAME COLUMN %s TO %s;", relation(table), quoted(old), quoted(name))
		findings[i].ByHand = rename + "\nor, when it is another column: " + f.FixSQL
		findings[i].FixSQL, findings[i].Actual = "", "renamed? "+rename
		if !same {
			findings[i].Actual = fmt.Sprintf("renamed, with another type? column %s is unknown", old)
		}
		uses := regexp.MustCompile(`(^|\W)` + regexp.QuoteMeta(name) + `(\W|$)`)
		for j, g := range findings {
			if strings.HasPrefix(g.Object, table+": ") && uses.MatchString(g.Expected) {
				findings[j].FixSQL = ""
			}
		}
	}
}

// unknownColumn finds a column of a table that nobody knows, before others one of the type that is wanted.
func unknownColumn(findings []Finding, live *Table, table, wanted string) (name string, same bool) {
	for _, e := range findings {
		old, ok := strings.CutPrefix(e.Object, table+".")
		if e.Kind != "column" || e.Problem != Extra || !ok {
			continue
		}
		_, definition, _ := strings.Cut(wanted, `" `)
		if strings.HasPrefix(definition+" ", live.column(old).Type+" ") {
			return old, true
		}
		if name == "" {
			name = old
		}
	}
	return name, false
}

// renamedTable finds the table that nobody knows and that has all columns of a missing one, "" when there is none.
func (d *differ) renamedTable(name string) string {
	for _, other := range slices.Sorted(maps.Keys(d.live.Tables)) {
		t := d.live.Tables[other]
		if d.expected.Tables[other] != nil || schemaOf(other) != schemaOf(name) {
			continue
		}
		if !slices.ContainsFunc(d.expected.Tables[name].Columns, func(c Column) bool { return t.column(c.Name).Name == "" }) {
			return other
		}
	}
	return ""
}

// inPolicy tells whether a policy reads a column of this name, of whichever table.
func (d *differ) inPolicy(column string) bool {
	uses := regexp.MustCompile(`(^|\W)` + regexp.QuoteMeta(column) + `(\W|$)`)
	for _, t := range d.live.Tables {
		for _, p := range t.Policies {
			if uses.MatchString(p.Using) || uses.MatchString(p.Check) {
				return true
			}
		}
	}
	return false
}
