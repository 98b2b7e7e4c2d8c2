package migrate

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/axisor/axisor/pkg/namespace"
)

// Catalog is what a schema consists of, in a form that can be compared and stored.
type Catalog struct {
	Enums     map[string][]string `json:"enums"`
	Functions map[string]string   `json:"functions,omitempty"` // of axisor's own schemas: name(arguments) and definition
	Tables    map[string]*Table   `json:"tables"`
	// renamed are the tables that the web application's naming calls otherwise, listed here by the design's names.
	renamed []Finding
}

// Table is one table of a Catalog.
type Table struct {
	Columns     []Column              `json:"columns"` // in table order; the order is not compared
	Constraints map[string]Constraint `json:"constraints"`
	Indexes     map[string]Index      `json:"indexes"` // those that no constraint owns
	Policies    map[string]Policy     `json:"policies,omitempty"`
	RowSecurity bool                  `json:"row_security,omitempty"`
	Forced      bool                  `json:"forced,omitempty"`
	Unlogged    bool                  `json:"unlogged,omitempty"`
}

// Column is one column; the definitions are the server's own texts.
type Column struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	NotNull  bool   `json:"not_null,omitempty"`
	Default  string `json:"default,omitempty"`
	Identity string `json:"identity,omitempty"` // a or d; generated columns count as g
	Unproven string `json:"unproven,omitempty"` // the constraint of a NOT NULL that is NOT VALID, which PostgreSQL 18 has
}

// Constraint is a primary key (p), unique (u), foreign key (f), check (c) or exclusion (x) constraint.
type Constraint struct {
	Kind       string `json:"kind"`
	Definition string `json:"definition"`
	NotValid   bool   `json:"not_valid,omitempty"`

	index string // of a unique constraint that is checked at once: the definition of its index
}

// Index is one index. Definition lacks its name.
type Index struct {
	Definition string `json:"definition"`
	Invalid    bool   `json:"invalid,omitempty"`
}

// Policy is one row security policy.
type Policy struct {
	Command    string   `json:"command"`
	Permissive bool     `json:"permissive"`
	Roles      []string `json:"roles"`
	Using      string   `json:"using,omitempty"`
	Check      string   `json:"check,omitempty"`
}

// ReadCatalog reads the tables and enums of the shared schema and of axisor's own ones, as of one moment. A version table
// that still is beside the shared ones is left out. What is our own is listed as axisor.name and river.name, whatever the
// schemas are called in this installation, and the shared tables by the design's names, whatever the web application calls them.
func ReadCatalog(ctx context.Context, db *sql.DB) (*Catalog, error) {
	names, err := namesOf(ctx, db)
	if err != nil {
		return nil, err
	}
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return nil, fmt.Errorf("read catalog: %w", err)
	}
	defer tx.Rollback()
	r := &reader{ctx: ctx, tx: tx, place: place{names: names}, c: &Catalog{Enums: map[string][]string{}, Functions: map[string]string{}, Tables: map[string]*Table{}}}
	for _, step := range []func() error{r.schema, r.enums, r.functions, r.tables, r.columns, r.constraints, r.indexes, r.policies} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("read catalog: %w", err)
		}
	}
	if r.place.names.App {
		r.c.renamed = renameTables(r.c)
	}
	return r.c, nil
}

type reader struct {
	ctx    context.Context
	tx     *sql.Tx
	c      *Catalog
	place  place
	prefix string // the shared schema's qualifier, as the server writes it
	own    string // that of our own schema
	queue  string // that of the queue's
}

// scan runs query and calls each with a scan function per row.
func (r *reader) scan(query string, each func(scan func(...any) error) error) error {
	rows, err := r.tx.QueryContext(r.ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (r *reader) schema() error {
	var err error
	if r.place, err = placeOf(r.ctx, r.tx, r.place.names); err != nil {
		return err
	}
	// Nothing but the shared schema and pg_catalog in the path: then the server qualifies the same names in every
	// database, and schemas of different names compare.
	const q = `SELECT quote_ident($1) || '.', quote_ident($2) || '.', quote_ident($3) || '.', set_config('search_path', COALESCE(quote_ident(NULLIF($1, '')), 'pg_catalog'), true)`
	var path string
	return r.tx.QueryRowContext(r.ctx, q, r.place.shared, r.place.names.Own, r.place.names.Queue).Scan(&r.prefix, &r.own, &r.queue, &path)
}

// usual gives our own schemas their usual names in a text of the server's.
func (r *reader) usual(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, r.own, namespace.Own+"."), r.queue, namespace.Queue+".")
}

func (r *reader) enums() error {
	return r.scan(`SELECT `+r.place.prefix("t.typnamespace")+` || t.typname, e.enumlabel FROM pg_catalog.pg_enum e JOIN pg_catalog.pg_type t ON t.oid = e.enumtypid
		WHERE t.typnamespace IN `+r.place.schemas()+` ORDER BY 1, e.enumsortorder`,
		func(scan func(...any) error) error {
			var name, label string
			if err := scan(&name, &label); err != nil {
				return err
			}
			r.c.Enums[name] = append(r.c.Enums[name], label)
			return nil
		})
}

func (r *reader) functions() error {
	return r.scan(`SELECT `+r.place.prefix("p.pronamespace")+` || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', pg_get_functiondef(p.oid)
		FROM pg_catalog.pg_proc p WHERE p.pronamespace IN `+r.place.ownSchemas()+` AND p.prokind IN ('f', 'p')`,
		func(scan func(...any) error) error {
			var name, definition string
			if err := scan(&name, &definition); err != nil {
				return err
			}
			r.c.Functions[r.usual(name)] = strings.TrimSpace(r.usual(definition))
			return nil
		})
}

func (r *reader) tables() error {
	return r.scan(`SELECT `+r.place.table()+`, c.relrowsecurity, c.relforcerowsecurity, c.relpersistence = 'u' FROM pg_catalog.pg_class c
		WHERE c.relnamespace IN `+r.place.schemas()+` AND c.relkind IN ('r', 'p') 
		AND (c.relname <> '`+VersionTable+`' OR c.relnamespace IN `+r.place.ownSchemas()+`)`,
		func(scan func(...any) error) error {
			var name string
			t := &Table{Constraints: map[string]Constraint{}, Indexes: map[string]Index{}, Policies: map[string]Policy{}}
			if err := scan(&name, &t.RowSecurity, &t.Forced, &t.Unlogged); err != nil {
				return err
			}
			r.c.Tables[name] = t
			return nil
		})
}

func (r *reader) columns() error {
	return r.scan(`SELECT `+r.place.table()+`, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
			COALESCE(pg_get_expr(d.adbin, d.adrelid), ''), CASE WHEN a.attgenerated <> '' THEN 'g' ELSE a.attidentity::text END,
			COALESCE((SELECT n.conname::text FROM pg_catalog.pg_constraint n
				WHERE n.conrelid = a.attrelid AND n.contype = 'n' AND n.conkey = ARRAY[a.attnum] AND NOT n.convalidated), '')
		FROM pg_catalog.pg_attribute a
		JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
		LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
		WHERE c.relnamespace IN `+r.place.schemas()+` AND c.relkind IN ('r', 'p')
		AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum`,
		func(scan func(...any) error) error {
			var table string
			var col Column
			if err := scan(&table, &col.Name, &col.Type, &col.NotNull, &col.Default, &col.Identity, &col.Unproven); err != nil {
				return err
			}
			col.Type, col.Default = r.usual(col.Type), r.usual(col.Default)
			if t := r.c.Tables[table]; t != nil {
				t.Columns = append(t.Columns, col)
			}
			return nil
		})
}

func (r *reader) constraints() error {
	return r.scan(`SELECT `+r.place.table()+`, n.conname, n.contype::text, pg_get_constraintdef(n.oid),
			NOT n.convalidated OR NOT COALESCE(x.indisvalid AND x.indisready, true),
			CASE WHEN n.contype = 'u' AND NOT n.condeferrable THEN pg_get_indexdef(n.conindid) ELSE '' END,
			COALESCE((SELECT i.relname FROM pg_catalog.pg_class i WHERE i.oid = n.conindid), '')
		FROM pg_catalog.pg_constraint n JOIN pg_catalog.pg_class c ON c.oid = n.conrelid
		LEFT JOIN pg_catalog.pg_index x ON x.indexrelid = n.conindid AND n.contype IN ('p', 'u', 'x')
		WHERE c.relnamespace IN `+r.place.schemas()+` AND n.contype IN ('p', 'u', 'f', 'c', 'x')`,
		func(scan func(...any) error) error {
			var table, name, index string
			var con Constraint
			if err := scan(&table, &name, &con.Kind, &con.Definition, &con.NotValid, &con.index, &index); err != nil {
				return err
			}
			con.index = r.nameless(con.index, index)
			con.Definition = r.usual(strings.TrimSuffix(con.Definition, " NOT VALID"))
			if t := r.c.Tables[table]; t != nil {
				t.Constraints[name] = con
			}
			return nil
		})
}

func (r *reader) indexes() error {
	return r.scan(`SELECT `+r.place.table()+`, i.relname, pg_get_indexdef(x.indexrelid), NOT (x.indisvalid AND x.indisready)
		FROM pg_catalog.pg_index x
		JOIN pg_catalog.pg_class c ON c.oid = x.indrelid
		JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
		WHERE c.relnamespace IN `+r.place.schemas()+`
		AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint n WHERE n.conindid = x.indexrelid AND n.contype IN ('p', 'u', 'x'))`,
		func(scan func(...any) error) error {
			var table, name string
			var idx Index
			if err := scan(&table, &name, &idx.Definition, &idx.Invalid); err != nil {
				return err
			}
			idx.Definition = r.nameless(idx.Definition, name)
			if t := r.c.Tables[table]; t != nil {
				t.Indexes[name] = idx
			}
			return nil
		})
}

// nameless is the definition of an index without its name. Index definitions name the schema whatever the search path is.
func (r *reader) nameless(definition, name string) string {
	definition = r.usual(strings.Replace(definition, " ON "+r.prefix, " ON ", 1))
	for _, n := range []string{name, quoted(name)} {
		definition = strings.Replace(definition, " INDEX "+n+" ON ", " INDEX ON ", 1)
	}
	return definition
}

func (r *reader) policies() error {
	return r.scan(`SELECT `+r.place.table()+`, p.polname, CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT'
				WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END, p.polpermissive,
			array_to_string(ARRAY(SELECT CASE WHEN m = 0 THEN 'public' ELSE COALESCE((SELECT rolname FROM pg_catalog.pg_roles WHERE oid = m), m::text) END
				FROM unnest(p.polroles) m), ','),
			COALESCE(pg_get_expr(p.polqual, p.polrelid), ''), COALESCE(pg_get_expr(p.polwithcheck, p.polrelid), '')
		FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
		WHERE c.relnamespace IN `+r.place.schemas()+``,
		func(scan func(...any) error) error {
			var table, name, roles string
			var p Policy
			if err := scan(&table, &name, &p.Command, &p.Permissive, &roles, &p.Using, &p.Check); err != nil {
				return err
			}
			p.Roles = strings.Split(roles, ",")
			slices.Sort(p.Roles)
			p.Using, p.Check = r.usual(p.Using), r.usual(p.Check)
			if t := r.c.Tables[table]; t != nil {
				t.Policies[name] = p
			}
			return nil
		})
}

// quoted writes a name as a quoted SQL identifier.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
