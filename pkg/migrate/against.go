package migrate

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/axisor/axisor/pkg/namespace"
)

// VerifyApplication compares a database that has the web application's own names with the design: first every
// table of another name, then what differs in the tables that correspond. It repairs nothing and proposes
// nothing: which of the two is right is for people to decide.
func (m *Migrator) VerifyApplication(ctx context.Context) ([]Finding, error) {
	want, err := baselineCatalog()
	if err != nil {
		return nil, err
	}
	live, err := ReadCatalog(ctx, m.db)
	if err != nil {
		return nil, err
	}
	found := live.renamed
	for _, f := range Compare(want, live) {
		f.FixSQL = ""
		found = append(found, f)
	}
	return found, nil
}

// renameTables gives live's tables the design's names, also where keys and indexes refer to them, and lists
// what it renamed.
func renameTables(live *Catalog) []Finding {
	var found []Finding
	var old []string
	for _, name := range namespace.Shared() {
		other := namespace.AppName(name)
		if other == name || live.Tables[other] == nil || live.Tables[name] != nil {
			continue
		}
		found = append(found, Finding{
			Kind: "table", Object: name, Problem: Different, Expected: name, Actual: other,
		})
		live.Tables[name] = live.Tables[other]
		delete(live.Tables, other)
		old = append(old, regexp.QuoteMeta(other))
	}
	if len(old) == 0 {
		return nil
	}
	ours := map[string]string{}
	for _, f := range found {
		ours[f.Actual] = quoted(f.Object)
	}
	names := regexp.MustCompile(`( ON | REFERENCES | FROM | JOIN )(` + strings.Join(old, "|") + `)\b`)
	rename := func(definition string) string {
		return names.ReplaceAllStringFunc(definition, func(s string) string {
			m := names.FindStringSubmatch(s)
			return m[1] + ours[m[2]]
		})
	}
	for _, t := range live.Tables {
		for name, c := range t.Constraints {
			c.Definition = rename(c.Definition)
			t.Constraints[name] = c
		}
		for name, i := range t.Indexes {
			i.Definition = rename(i.Definition)
			t.Indexes[name] = i
		}
		for name, p := range t.Policies {
			p.Using, p.Check = rename(p.Using), rename(p.Check)
			t.Policies[name] = p
		}
	}
	return found
}

// ofApplication leaves out what belongs to a database in the web application's naming: its own columns, as long as a row of
// ours can do without them.
func ofApplication(found []Finding, live *Catalog) []Finding {
	if len(live.renamed) == 0 {
		return found
	}
	return slices.DeleteFunc(found, func(f Finding) bool {
		table, name, _ := strings.Cut(f.Object, ".")
		if f.Kind != "column" || f.Problem != Extra || live.Tables[table] == nil {
			return false
		}
		c := live.Tables[table].column(name)
		return !c.NotNull || c.Default != ""
	})
}
