package migrate

import (
	"fmt"
	"maps"
	"slices"
)

// partners finds for each wanted definition the one that stands for it: of the same name, or of another. One that is
// valid comes first, because one that is not proves nothing about the rows. rest are those that stand for nothing.
func partners[T any](want, got map[string]T, same func(w, g T) bool, valid func(T) bool) (found map[string]string, rest []string) {
	found, rest = map[string]string{}, slices.Sorted(maps.Keys(got))
	names := slices.Sorted(maps.Keys(want))
	take := func(name string, i int) {
		if i >= 0 {
			found[name] = rest[i]
			rest = slices.Delete(rest, i, i+1)
		}
	}
	for _, wholly := range []bool{true, false} {
		for _, anyName := range []bool{false, true} {
			for _, name := range names {
				if _, done := found[name]; done {
					continue
				}
				take(name, slices.IndexFunc(rest, func(g string) bool {
					return (anyName || g == name) && valid(got[g]) == wholly && same(want[name], got[g])
				}))
			}
		}
	}
	return found, rest
}

func (d *differ) constraints(table string) {
	want, got := d.expected.Tables[table].Constraints, d.liveTable(table).Constraints
	found, rest := partners(want, got, sameConstraint, func(c Constraint) bool { return !c.NotValid })
	for _, name := range slices.Sorted(maps.Keys(want)) {
		w, object := want[name], table+": "+name
		partner, there := found[name]
		switch i := slices.Index(rest, name); {
		case there && got[partner].NotValid:
			d.add(Finding{
				Kind: "constraint", Object: object, Problem: Invalid, Expected: w.Definition, Actual: w.Definition + " NOT VALID" + called(partner, name),
				FixSQL: validateSQL(table, partner, w),
			})
		case there:
		case i >= 0:
			rest = slices.Delete(rest, i, i+1)
			d.add(Finding{
				Kind: "constraint", Object: object, Problem: Different, Expected: w.Definition, Actual: got[name].Definition,
				FixSQL: replaceConstraint(table, name, w), undoSQL: dropIfThere(table, temporary(name)),
			})
		default:
			d.add(Finding{Kind: "constraint", Object: object, Problem: Missing, Expected: w.Definition, FixSQL: addConstraint(table, name, w), undoSQL: dropIfThere(table, name)})
		}
	}
	for _, name := range rest {
		if d.standsForIndex(table, got[name]) {
			continue
		}
		d.add(Finding{Kind: "constraint", Object: table + ": " + name, Problem: Extra, Actual: got[name].Definition})
	}
}

func (d *differ) indexes(table string) {
	want, got := d.expected.Tables[table].Indexes, d.withUnique(table)
	found, rest := partners(want, got, sameIndexes, func(i Index) bool { return !i.Invalid })
	for _, name := range slices.Sorted(maps.Keys(want)) {
		w, object := want[name], table+": "+name
		partner, there := found[name]
		switch i := slices.Index(rest, name); {
		case there && got[partner].Invalid:
			d.add(Finding{
				Kind: "index", Object: object, Problem: Invalid, Expected: w.Definition, Actual: got[partner].Definition + " INVALID" + called(partner, name),
				FixSQL: dropIndexSQL(table, partner) + "\n" + createIndexSQL(name, w),
			})
		case there:
		case i >= 0 && got[name].Invalid:
			rest = slices.Delete(rest, i, i+1)
			d.add(Finding{
				Kind: "index", Object: object, Problem: Invalid, Expected: w.Definition, Actual: got[name].Definition + " INVALID",
				FixSQL: dropIndexSQL(table, name) + "\n" + createIndexSQL(name, w),
			})
		case i >= 0:
			rest = slices.Delete(rest, i, i+1)
			d.add(Finding{
				Kind: "index", Object: object, Problem: Different, Expected: w.Definition, Actual: got[name].Definition,
				FixSQL: replaceIndex(table, name, w),
			})
		default:
			d.add(Finding{Kind: "index", Object: object, Problem: Missing, Expected: w.Definition, FixSQL: createIndexSQL(name, w)})
		}
	}
	for _, name := range rest {
		f := Finding{Kind: "index", Object: table + ": " + name, Problem: Extra, Actual: got[name].Definition}
		if got[name].Invalid {
			f.Problem, f.FixSQL = Invalid, dropIndexSQL(table, name)
		}
		d.add(f)
	}
}

// standsForIndex tells whether a unique constraint is a unique index of the design in another form.
func (d *differ) standsForIndex(table string, c Constraint) bool {
	for _, w := range d.expected.Tables[table].Indexes {
		if c.index != "" && !c.NotValid && sameIndexes(w, Index{Definition: c.index}) {
			return true
		}
	}
	return false
}

// withUnique gives the indexes of a table, and those of the unique constraints that stand for one of the design.
func (d *differ) withUnique(table string) map[string]Index {
	live := d.liveTable(table)
	all := maps.Clone(live.Indexes)
	for name, c := range live.Constraints {
		if all == nil {
			all = map[string]Index{}
		}
		if d.standsForIndex(table, c) {
			all[name] = Index{Definition: c.index}
		}
	}
	return all
}

// called tells the name of what stands for something under another one.
func called(partner, name string) string {
	if partner == name {
		return ""
	}
	return fmt.Sprintf(", named %s", partner)
}

func sameConstraint(w, g Constraint) bool {
	return w.Kind == g.Kind && spelling(w.Definition) == spelling(g.Definition)
}

func sameIndexes(w, g Index) bool { return spelling(w.Definition) == spelling(g.Definition) }
