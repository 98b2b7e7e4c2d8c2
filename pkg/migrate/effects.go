package migrate

import (
	"context"
	"fmt"
)

// effects lists what changes the rows that a statement writes or reads, beside columns and constraints: kind, table, name,
// what is there, and a part of the statement that repairs it. What is somebody else's has no repair: a person decides.
const effects = `WITH t AS (SELECT c.oid, %[1]s AS name, c.relpersistence FROM pg_catalog.pg_class c
		WHERE c.relnamespace IN %[2]s AND c.relkind IN ('r', 'p'))
	SELECT DISTINCT 'foreign_key', t.name, k.conname::text, 'switched off', pg_get_constraintdef(k.oid)
		FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_constraint k ON k.oid = g.tgconstraint JOIN t ON t.oid = k.conrelid
		WHERE g.tgisinternal AND g.tgenabled NOT IN ('O', 'A') AND k.contype = 'f'
	UNION ALL SELECT 'trigger', t.name, g.tgname::text, pg_get_triggerdef(g.oid) || CASE g.tgenabled WHEN 'D' THEN ' (switched off)' ELSE '' END, ''
		FROM pg_catalog.pg_trigger g JOIN t ON t.oid = g.tgrelid WHERE NOT g.tgisinternal
	UNION ALL SELECT 'rule', t.name, r.rulename::text, pg_get_ruledef(r.oid), ''
		FROM pg_catalog.pg_rewrite r JOIN t ON t.oid = r.ev_class
	UNION ALL SELECT 'inheritance', t.name, '', 'rows of ' || string_agg(i.inhrelid::regclass::text, ', ' ORDER BY 1) || ' too', ''
		FROM pg_catalog.pg_inherits i JOIN t ON t.oid = i.inhparent GROUP BY t.name
	UNION ALL SELECT 'storage', t.name, '', 'unlogged: empty after a crash', '' FROM t WHERE t.relpersistence = 'u'
	UNION ALL SELECT 'collation', t.name, a.attname::text, 'COLLATE ' || l.collname, CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_depend d
				WHERE d.classid = 'pg_catalog.pg_policy'::regclass AND d.refobjid = t.oid AND d.refobjsubid = a.attnum) THEN ''
			ELSE format_type(a.atttypid, a.atttypmod) END
		FROM pg_catalog.pg_attribute a JOIN t ON t.oid = a.attrelid JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
		JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
		WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attcollation <> y.typcollation
	ORDER BY 1, 2, 3`

// verifyEffects finds foreign keys that are switched off, as an interrupted restore leaves them, triggers and rules of
// others, tables that inherit, unlogged tables, and columns that sort in another way.
func (m *Migrator) verifyEffects(ctx context.Context, p place, expected *Catalog) ([]Finding, error) {
	rows, err := m.db.QueryContext(ctx, fmt.Sprintf(effects, p.table(), p.schemas()))
	if err != nil {
		return nil, fmt.Errorf("read triggers and rules: %w", err)
	}
	defer rows.Close()
	var found []Finding
	for rows.Next() {
		var kind, table, name, actual, detail string
		if err := rows.Scan(&kind, &table, &name, &actual, &detail); err != nil {
			return nil, fmt.Errorf("read triggers and rules: %w", err)
		}
		if t := expected.Tables[table]; t != nil && (kind != "storage" || !t.Unlogged) {
			found = append(found, effect(t, kind, table, name, actual, detail))
		}
	}
	return found, rows.Err()
}

func effect(t *Table, kind, table, name, actual, detail string) Finding {
	f := Finding{Kind: kind, Object: table, Problem: Extra, Actual: actual}
	switch kind {
	case "foreign_key":
		f.Kind, f.Object, f.Problem = "constraint", table+": "+name, Invalid
		// Made anew, it reads the rows that came while it was off; switching its triggers on would believe them.
		if c, ok := t.constraint(name, detail); ok {
			f.Expected = c.Definition
			f.FixSQL, f.undoSQL = replaceConstraint(table, name, c), dropIfThere(table, temporary(name))
		}
	case "trigger", "rule":
		f.Object = table + ": " + name
	case "storage":
		f.Kind, f.Problem, f.Expected = "table", Different, "logged"
		f.FixSQL = fmt.Sprintf("ALTER TABLE %s SET LOGGED;", relation(table))
	case "collation":
		f.Kind, f.Object, f.Problem, f.Expected = "column", table+"."+name, Different, `COLLATE "default"`
		if detail != "" {
			f.FixSQL = fmt.Sprintf(`ALTER TABLE %s ALTER COLUMN %s TYPE %s COLLATE "default";`, relation(table), quoted(name), detail)
		}
	}
	return f
}

// constraint finds one of a table by its name, or else by what it is.
func (t *Table) constraint(name, definition string) (Constraint, bool) {
	if c, ok := t.Constraints[name]; ok {
		return c, true
	}
	for _, c := range t.Constraints {
		if c.Definition == definition {
			return c, true
		}
	}
	return Constraint{}, false
}
