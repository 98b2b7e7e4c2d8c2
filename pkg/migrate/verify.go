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
	// Noted is no difference: a right that somebody may have given on purpose, and that opens no secret and changes no row.
	Noted = "noted"
)

// Finding is one difference between the live schema and the expected one.
type Finding struct {
	// Kind is enum, table, column, constraint, index, row_security, policy, owner, grant, role, search_path, trigger, rule
	// or inheritance.
	Kind string
	// Object is "Table", "Table.column" or "Table: name", of a grant the thing and ": role" unless it is to everybody; a
	// table of our own is "axisor.table" there.
	Object   string
	Problem  string
	Expected string
	Actual   string
	FixSQL   string // empty when no statement repairs it safely
	ByHand   string // what a person may run in its place, once they have decided

	undoSQL string // takes back what a part of FixSQL has made when the rest fails
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
	rights, err := verifyRights(ctx, m.db, p, expected, live)
	if err != nil {
		return nil, err
	}
	path, err := m.verifyPath(ctx, p)
	if err != nil {
		return nil, err
	}
	effects, err := m.verifyEffects(ctx, p, expected)
	if err != nil {
		return nil, err
	}
	if err := m.countBroken(ctx, expected, findings, effects); err != nil {
		return nil, err
	}
	askRenamed(findings, live)
	findings = append(append(findings, effects...), path...)
	for i, f := range findings { // what the operator reads are the names that are there
		findings[i].FixSQL, findings[i].ByHand = p.names.Rename(f.FixSQL), p.names.Rename(f.ByHand)
	}
	return append(findings, rights...), nil
}

// Differences leaves out what is only noted.
func Differences(findings []Finding) []Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool { return f.Problem == Noted })
}

// Compare lists what live lacks, has differently, or has on top of expected in expected's tables. The
// order is one in which the fixes can be run.
func Compare(expected, live *Catalog) []Finding {
	d := &differ{expected: expected, live: live}
	d.enums()
	d.functions()
	var names []string
	for _, name := range slices.Sorted(maps.Keys(expected.Tables)) {
		if other := namespace.AppName(name); live.Tables[name] == nil && live.Tables[other] != nil {
			d.add(Finding{
				Kind: "table", Object: name, Problem: Missing,
				Actual: fmt.Sprintf("a table %q exists, the name the web application's own schema uses", other),
			})
			continue
		}
		if other := d.renamedTable(name); d.live.Tables[name] == nil && other != "" { // an empty twin would hide its rows
			rename := fmt.Sprintf("ALTER TABLE %s RENAME TO %s;", relation(other), quoted(strings.TrimPrefix(name, schemaOf(name)+".")))
			d.add(Finding{Kind: "table", Object: name, Problem: Missing, Actual: "renamed? " + rename, ByHand: rename})
			continue
		}
		names = append(names, name)
	}
	for _, step := range []func(string){d.columns, d.constraints, d.indexes, d.policies, d.rowSecurity} {
		for _, name := range names {
			step(name)
		}
	}
	slices.SortStableFunc(d.found, func(a, b Finding) int { return dependency(a) - dependency(b) })
	return d.found
}

// dependency says how late a finding is repaired: after what it needs. A key needs the unique one that it refers to, a
// policy the columns that it reads.
func dependency(f Finding) int {
	order := []string{"enum", "function", "table", "column", "constraint", "index", "check", "foreign key", "policy", "row_security"}
	kind := f.Kind
	switch {
	case kind != "constraint":
	case strings.HasPrefix(f.Expected, "CHECK "):
		kind = "check"
	case strings.HasPrefix(f.Expected, "FOREIGN KEY "):
		kind = "foreign key"
	}
	return slices.Index(order, kind)
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

func (d *differ) functions() {
	for _, name := range slices.Sorted(maps.Keys(d.expected.Functions)) {
		want, got := d.expected.Functions[name], d.live.Functions[name]
		switch {
		case got == want:
		case got == "":
			d.add(Finding{Kind: "function", Object: name, Problem: Missing, Expected: want, FixSQL: want + ";"})
		default:
			d.add(Finding{Kind: "function", Object: name, Problem: Different, Expected: want, Actual: got, FixSQL: want + ";"})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.live.Functions)) {
		if _, known := d.expected.Functions[name]; !known {
			d.add(Finding{Kind: "function", Object: name, Problem: Extra, Actual: d.live.Functions[name]})
		}
	}
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
			f.ByHand = renameLabel(name, want, got)
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
				FixSQL: addColumn(table, want),
			})
			continue
		}
		got := live.Columns[i]
		if got.Unproven != "" {
			d.add(Finding{
				Kind: "column", Object: object, Problem: Invalid, Expected: columnSQL(want), Actual: columnSQL(want) + " NOT VALID",
				FixSQL: validateConstraint(table, got.Unproven),
			})
			got.Unproven = ""
		}
		if got != want {
			f := Finding{
				Kind: "column", Object: object, Problem: Different,
				Expected: columnSQL(want), Actual: columnSQL(got), FixSQL: safeAlter(table, want, got),
				undoSQL: dropIfThere(table, notNullCheck(want)),
			}
			if got.Type != want.Type && d.inPolicy(want.Name) { // the server refuses to change its type
				f.FixSQL, f.ByHand = "", f.FixSQL
			}
			d.add(f)
		}
	}
	for _, got := range live.Columns {
		if !slices.ContainsFunc(d.expected.Tables[table].Columns, func(c Column) bool { return c.Name == got.Name }) {
			d.add(Finding{Kind: "column", Object: table + "." + got.Name, Problem: Extra, Actual: columnSQL(got)})
		}
	}
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
