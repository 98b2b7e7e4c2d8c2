package migrate

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/axisor/axisor/pkg/exactjson"
	"github.com/axisor/axisor/pkg/namespace"
)

//go:generate go test . -run Snapshot -count=1 -update

// schemaJSON is the catalog after the last migration, so that verifying needs no second database.
//
//go:embed schema.json
var schemaJSON []byte

// The problems a Finding names.
const (
	Missing   = "missing"
	Different = "different"
	Invalid   = "invalid"
	Extra     = "extra"
)

// Finding is one difference between the live schema and the expected one.
type Finding struct {
	// Kind is enum, table, column, constraint, index, row_security, policy, owner, grant, search_path, trigger, rule or
	// inheritance.
	Kind     string
	Object   string // "Table", "Table.column" or "Table: name"; a table of our own is "axisor.table" there
	Problem  string
	Expected string
	Actual   string
	FixSQL   string // empty when no statement repairs it safely
}

// Expected returns the catalog this binary expects.
func Expected() (*Catalog, error) {
	var c Catalog
	if err := exactjson.Unmarshal(schemaJSON, &c); err != nil {
		return nil, fmt.Errorf("read the expected schema: %w", err)
	}
	return &c, nil
}

// Verify compares the live schema with the expected one; no finding means they agree. Tables that are
// not axisor's are nobody's business here. A database of another version is a *VersionError.
func (m *Migrator) Verify(ctx context.Context) ([]Finding, error) {
	if err := m.Check(ctx); err != nil && !errors.Is(err, ErrHidden) {
		return nil, err
	}
	expected, err := Expected()
	if err != nil {
		return nil, err
	}
	live, err := ReadCatalog(ctx, m.db)
	if err != nil {
		return nil, err
	}
	findings, err := m.forgive(ctx, ofApplication(Compare(expected, live), live), live)
	if err != nil {
		return nil, err
	}
	p, err := m.place(ctx)
	if err != nil {
		return nil, err
	}
	rights, err := verifyRights(ctx, m.db, p, expected)
	if err != nil {
		return nil, err
	}
	path, err := m.verifyPath(ctx, p)
	if err != nil {
		return nil, err
	}
	effects, err := m.verifyEffects(ctx, p, expected)
	askRenamed(findings, live)
	findings = append(append(append(findings, effects...), rights...), path...)
	for i, f := range findings { // what the operator reads are the names that are there
		findings[i].FixSQL = p.names.Rename(f.FixSQL)
	}
	return findings, err
}

// Compare lists what live lacks, has differently, or has on top of expected in expected's tables. The
// order is one in which the fixes can be run.
func Compare(expected, live *Catalog) []Finding {
	d := &differ{expected: expected, live: live}
	d.enums()
	var names []string
	for _, name := range slices.Sorted(maps.Keys(expected.Tables)) {
		if other := namespace.AppName(name); live.Tables[name] == nil && live.Tables[other] != nil {
			d.add(Finding{
				Kind: "table", Object: name, Problem: Missing,
				Actual: fmt.Sprintf("a table %q exists, the name the web application's own schema uses", other),
			})
			continue
		}
		names = append(names, name)
	}
	for _, step := range []func(string){d.columns, d.constraints, d.indexes, d.policies, d.rowSecurity} {
		for _, name := range names {
			step(name)
		}
	}
	return d.found
}

type differ struct {
	expected, live *Catalog
	found          []Finding
}

func (d *differ) add(f Finding) { d.found = append(d.found, f) }

// liveTable gives an empty table for a missing one, so that what belongs to it is listed with its SQL.
func (d *differ) liveTable(name string) *Table {
	if t := d.live.Tables[name]; t != nil {
		return t
	}
	return &Table{}
}

func (d *differ) enums() {
	for _, name := range slices.Sorted(maps.Keys(d.expected.Enums)) {
		want, got := d.expected.Enums[name], d.live.Enums[name]
		if slices.Equal(want, got) {
			continue
		}
		f := Finding{Kind: "enum", Object: name, Problem: Different, Expected: strings.Join(want, ", "), Actual: strings.Join(got, ", ")}
		if got == nil {
			f.Problem, f.FixSQL = Missing, createEnum(name, want)
		} else {
			f.FixSQL = addLabels(name, want, got)
		}
		d.add(f)
	}
}

func (d *differ) columns(table string) {
	live := d.live.Tables[table]
	if live == nil {
		d.add(Finding{Kind: "table", Object: table, Problem: Missing, FixSQL: createTable(table, d.expected.Tables[table])})
		return
	}
	for _, want := range d.expected.Tables[table].Columns {
		object := table + "." + want.Name
		i := slices.IndexFunc(live.Columns, func(c Column) bool { return c.Name == want.Name })
		if i < 0 {
			d.add(Finding{
				Kind: "column", Object: object, Problem: Missing, Expected: columnSQL(want),
				FixSQL: fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s;", relation(table), columnSQL(want)),
			})
			continue
		}
		if got := live.Columns[i]; got != want {
			d.add(Finding{
				Kind: "column", Object: object, Problem: Different,
				Expected: columnSQL(want), Actual: columnSQL(got), FixSQL: safeAlter(table, want, got),
			})
		}
	}
	for _, got := range live.Columns {
		if !slices.ContainsFunc(d.expected.Tables[table].Columns, func(c Column) bool { return c.Name == got.Name }) {
			d.add(Finding{Kind: "column", Object: table + "." + got.Name, Problem: Extra, Actual: columnSQL(got)})
		}
	}
}

func (d *differ) constraints(table string) {
	want, got := d.expected.Tables[table].Constraints, d.liveTable(table).Constraints
	missing, extra := unmatched(want, got, func(c Constraint) string { return c.Definition })
	for _, name := range slices.Sorted(maps.Keys(want)) {
		w, g, object := want[name], got[name], table+": "+name
		switch {
		case slices.Contains(missing, name) && g.Definition != "":
			d.add(Finding{
				Kind: "constraint", Object: object, Problem: Different, Expected: w.Definition, Actual: g.Definition,
				FixSQL: dropConstraint(table, name) + "\n" + addConstraint(table, name, w),
			})
		case slices.Contains(missing, name):
			d.add(Finding{Kind: "constraint", Object: object, Problem: Missing, Expected: w.Definition, FixSQL: addConstraint(table, name, w)})
		case g.NotValid:
			d.add(Finding{
				Kind: "constraint", Object: object, Problem: Invalid, Expected: w.Definition, Actual: w.Definition + " NOT VALID",
				FixSQL: validateConstraint(table, name),
			})
		}
	}
	for _, name := range extra {
		if _, known := want[name]; !known {
			d.add(Finding{Kind: "constraint", Object: table + ": " + name, Problem: Extra, Actual: got[name].Definition})
		}
	}
}

func (d *differ) indexes(table string) {
	want, got := d.expected.Tables[table].Indexes, d.liveTable(table).Indexes
	missing, extra := unmatched(want, got, func(i Index) string { return i.Definition })
	for _, name := range slices.Sorted(maps.Keys(want)) {
		w, g, object := want[name], got[name], table+": "+name
		switch {
		case g.Invalid:
			d.add(Finding{
				Kind: "index", Object: object, Problem: Invalid, Expected: w.Definition, Actual: g.Definition + " INVALID",
				FixSQL: dropIndexSQL(table, name) + "\n" + createIndexSQL(name, w),
			})
		case slices.Contains(missing, name) && g.Definition != "":
			d.add(Finding{
				Kind: "index", Object: object, Problem: Different, Expected: w.Definition, Actual: g.Definition,
				FixSQL: dropIndexSQL(table, name) + "\n" + createIndexSQL(name, w),
			})
		case slices.Contains(missing, name):
			d.add(Finding{Kind: "index", Object: object, Problem: Missing, Expected: w.Definition, FixSQL: createIndexSQL(name, w)})
		}
	}
	for _, name := range extra {
		if _, known := want[name]; known {
			continue
		}
		f := Finding{Kind: "index", Object: table + ": " + name, Problem: Extra, Actual: got[name].Definition}
		if got[name].Invalid {
			f.Problem, f.FixSQL = Invalid, dropIndexSQL(table, name)
		}
		d.add(f)
	}
}

// unmatched pairs two sets of named definitions: first those of one name, then those of one definition
// under different names. It returns the names that found no partner.
func unmatched[T any](want, got map[string]T, definition func(T) string) (missing, extra []string) {
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if w, ok := want[name]; !ok || definition(w) != definition(got[name]) {
			extra = append(extra, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if g, ok := got[name]; ok && definition(g) == definition(want[name]) {
			continue
		}
		i := slices.IndexFunc(extra, func(e string) bool { return definition(got[e]) == definition(want[name]) })
		if i < 0 {
			missing = append(missing, name)
			continue
		}
		extra = slices.Delete(extra, i, i+1)
	}
	return missing, extra
}

func (d *differ) rowSecurity(table string) {
	want, got := d.expected.Tables[table], d.liveTable(table)
	if want.RowSecurity != got.RowSecurity {
		f := Finding{Kind: "row_security", Object: table, Problem: Different, Expected: onOff(want.RowSecurity), Actual: onOff(got.RowSecurity)}
		f.FixSQL = fmt.Sprintf("ALTER TABLE %s %s ROW LEVEL SECURITY;", relation(table), enable(want.RowSecurity))
		d.add(f)
	}
	if got.Forced && !want.Forced {
		d.add(Finding{
			Kind: "row_security", Object: table, Problem: Different, Expected: "not forced", Actual: "forced on the owner",
			FixSQL: fmt.Sprintf("ALTER TABLE %s NO FORCE ROW LEVEL SECURITY;", relation(table)),
		})
	}
}

func (d *differ) policies(table string) {
	want, got := d.expected.Tables[table].Policies, d.liveTable(table).Policies
	for _, name := range slices.Sorted(maps.Keys(want)) {
		w, object := want[name], table+": "+name
		g, ok := got[name]
		switch {
		case !ok:
			d.add(Finding{Kind: "policy", Object: object, Problem: Missing, Expected: policySQL(w), FixSQL: createPolicy(table, name, w)})
		case policySQL(g) != policySQL(w):
			d.add(Finding{
				Kind: "policy", Object: object, Problem: Different, Expected: policySQL(w), Actual: policySQL(g),
				FixSQL: fmt.Sprintf("DROP POLICY %s ON %s;\n", quoted(name), relation(table)) + createPolicy(table, name, w),
			})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, known := want[name]; !known {
			d.add(Finding{Kind: "policy", Object: table + ": " + name, Problem: Extra, Actual: policySQL(got[name])})
		}
	}
}
