package migrate

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// ErrHidden says that the search path of the session leads to other tables than the shared ones.
var ErrHidden = errors.New("the search path does not lead to the shared tables")

// HiddenError names the shared tables that a session does not see, because others stand in front of them or because
// their schema is not in its search path. It is an ErrHidden.
type HiddenError struct {
	Schema string   // where the shared tables are
	Tables []string // of these, the hidden ones
	Before []string // what is seen in their place, schema.table; empty when nothing is
}

func (e *HiddenError) Error() string {
	said := fmt.Sprintf("%s: they are in schema %s", ErrHidden, e.Schema)
	if len(e.Before) == 0 {
		return said + ", which is not in it"
	}
	return said + ", and in front of them stand " + strings.Join(e.Before, ", ")
}

// Unwrap gives the sentinel.
func (*HiddenError) Unwrap() error { return ErrHidden }

// Schemas tells in which schemas the shared tables and axisor's own are.
func (m *Migrator) Schemas(ctx context.Context) (shared, own string, err error) {
	p, err := m.place(ctx)
	return p.shared, p.names.Own, err
}

// hidden looks for shared tables that a session of the pool does not reach by their names alone. It returns nil when
// all are seen.
func (m *Migrator) hidden(ctx context.Context, p place) (*HiddenError, error) {
	rows, err := m.db.QueryContext(ctx, `SELECT t.relname, COALESCE((SELECT v.relnamespace::regnamespace::text || '.' || quote_ident(v.relname)
			FROM pg_catalog.pg_class v WHERE v.relname = t.relname AND v.relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_table_is_visible(v.oid)), '')
		FROM pg_catalog.pg_class t WHERE t.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = $1)
			AND t.relkind IN ('r', 'p') AND NOT pg_table_is_visible(t.oid) ORDER BY 1`, p.shared)
	if err != nil {
		return nil, fmt.Errorf("look for hidden tables: %w", err)
	}
	defer rows.Close()
	e := &HiddenError{Schema: p.shared}
	for rows.Next() {
		var table, before string
		if err := rows.Scan(&table, &before); err != nil {
			return nil, fmt.Errorf("look for hidden tables: %w", err)
		}
		e.Tables = append(e.Tables, table)
		if before != "" {
			e.Before = append(e.Before, before)
		}
	}
	if err := rows.Err(); err != nil || len(e.Tables) == 0 {
		return nil, err
	}
	return e, nil
}

// verifyPath finds what stands before the shared tables in the search path: tables of their names, and a schema, which
// hides nothing yet but gets every table that somebody makes without a schema.
func (m *Migrator) verifyPath(ctx context.Context, p place) ([]Finding, error) {
	e, err := m.hidden(ctx, p)
	if err != nil {
		return nil, err
	}
	var found []Finding
	if e != nil {
		for _, table := range e.Tables {
			found = append(found, Finding{
				Kind: "search_path", Object: table, Problem: Different, Expected: p.shared + "." + quoted(table), Actual: "hidden: " + e.Error(),
			})
		}
	}
	var first string
	if err := m.db.QueryRowContext(ctx, `SELECT COALESCE(current_schema(), '')`).Scan(&first); err != nil {
		return nil, fmt.Errorf("read the search path: %w", err)
	}
	if first != p.shared && e == nil {
		found = append(found, Finding{
			Kind: "search_path", Object: first, Problem: Extra, Expected: p.shared + " first",
			Actual: fmt.Sprintf("schema %s stands before it: tables that are made without a schema end up there", first),
		})
	}
	return found, nil
}
