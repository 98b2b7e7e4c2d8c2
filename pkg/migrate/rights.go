package migrate

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/axisor/axisor/pkg/namespace"
)

// rights reads who else may do something with what is axisor's. The statements of its findings name everything with its
// schema and are not renamed: the name of a role may be that of a schema.
type rights struct {
	ctx      context.Context
	db       *sql.DB
	p        place
	expected *Catalog
	live     *Catalog
	found    []Finding
	noted    map[string]*notedColumns // by table, role and rights
}

// notedColumns are the columns of a table that a role may read: one finding.
type notedColumns struct {
	at      int // in found
	columns []string
}

// verifyRights finds tables that somebody else owns than most of them (row security spares the owner, and a second one means
// that a migration ran under the wrong login), and rights of roles that are neither the owner nor this login nor made by
// axisor: on tables, columns, sequences, functions, schemas, on what is made tomorrow, and on views; and logins that no row
// security holds.
func verifyRights(ctx context.Context, db *sql.DB, p place, expected, live *Catalog) ([]Finding, error) {
	r := &rights{ctx: ctx, db: db, p: p, expected: expected, live: live, noted: map[string]*notedColumns{}}
	for _, step := range []func() error{r.owners, r.relations, r.schemas, r.functions, r.tomorrow, r.views, r.logins} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("read owners and grants: %w", err)
		}
	}
	return r.found, nil
}

// query begins with two tables: t are the relations of axisor, main the role that owns most of the tables.
func (r *rights) query(rest string) string {
	return `WITH RECURSIVE t AS (SELECT c.oid, ` + r.p.table() + ` AS name, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS sql,
			c.relkind::text AS kind, c.relowner, c.relacl, c.relrowsecurity
			FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
			WHERE c.relnamespace IN ` + r.p.schemas() + ` AND c.relkind IN ('r', 'p', 'S')),
		main AS (SELECT relowner AS oid FROM t WHERE kind <> 'S' GROUP BY relowner ORDER BY count(*) DESC, relowner LIMIT 1)` + rest
}

// stranger is a condition: the grantee of a row a of aclexplode is not the owner, does not act as the owner anyway, and is not this login.
func stranger(owner string) string {
	return fmt.Sprintf(`(a.grantee = 0 OR a.grantee <> %[1]s AND a.grantee <> (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user)
		AND NOT pg_has_role(a.grantee, %[1]s, 'USAGE') AND NOT pg_has_role(a.grantee, (SELECT oid FROM main), 'USAGE'))`, owner)
}

// grantColumns are what a grant is read from, of a row a of aclexplode: the role, its rights, whether it may pass them on,
// whether it has sessions here, and whether we may revoke them.
func grantColumns(owner string) string {
	return `CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee) END, string_agg(DISTINCT a.privilege_type, ', '), bool_or(a.is_grantable),
		EXISTS (SELECT FROM pg_catalog.pg_stat_activity s WHERE s.datname = current_database() AND s.usesysid = a.grantee),
		pg_has_role(` + owner + `, 'USAGE')`
}

// grant is what one role may do with one thing.
type grant struct {
	role   string // "" is everybody, PUBLIC
	rights string // sorted, in one text
	passed bool   // it may grant them to others
	inUse  bool   // the role has sessions in this database
	ours   bool   // this login may revoke them
}

func (g *grant) scan() []any { return []any{&g.role, &g.rights, &g.passed, &g.inUse, &g.ours} }

func (g grant) to() string {
	if g.role == "" {
		return "PUBLIC"
	}
	return quoted(g.role)
}

func (g grant) said() string {
	who := g.role
	if g.role == "" {
		who = "PUBLIC"
	}
	said := g.rights + " to " + who
	if g.passed {
		said += ", who may grant them to others"
	}
	return said
}

// at names the thing and the role.
func (g grant) at(object string) string {
	if g.role == "" {
		return object
	}
	return object + ": " + g.role
}

// add records a grant. bad are the rights of it that must not be, revoke what takes them away; without bad ones the grant
// may be there on purpose, and is told. What a role is working with at this moment is not taken away by a repair of
// everything: it may be the application.
func (r *rights) add(object string, g grant, bad []string, revoke string) {
	f := Finding{Kind: "grant", Object: g.at(object), Problem: Different, Expected: "nothing to others", Actual: g.said(), FixSQL: revoke}
	switch {
	case len(bad) == 0 && !g.passed:
		f.Problem, f.Expected, f.FixSQL, f.ByHand = Noted, "", "", revoke
	case g.inUse:
		f.Actual += ", which has sessions now"
		f.FixSQL, f.ByHand = "", revoke
	case !g.ours:
		f.FixSQL, f.ByHand = "", revoke
	}
	if g.role == "" {
		f.Expected = "nothing to PUBLIC"
	}
	r.found = append(r.found, f)
}

// rows runs a query and calls each with a scan function per row.
func (r *rights) rows(query string, each func(scan func(...any) error) error) error {
	rows, err := r.db.QueryContext(r.ctx, query)
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

func (r *rights) owners() error {
	return r.rows(r.query(` SELECT name, sql, (SELECT pg_get_userbyid(oid) FROM main), pg_get_userbyid(relowner) FROM t
		WHERE kind <> 'S' AND relowner <> (SELECT oid FROM main) ORDER BY 1`), func(scan func(...any) error) error {
		f := Finding{Kind: "owner", Problem: Different}
		var table string
		if err := scan(&f.Object, &table, &f.Expected, &f.Actual); err != nil {
			return err
		}
		if f.Object = r.design(f.Object); r.expected.Tables[f.Object] != nil {
			f.FixSQL = fmt.Sprintf("ALTER TABLE %s OWNER TO %s;", table, quoted(f.Expected))
			r.found = append(r.found, f)
		}
		return nil
	})
}

// relations looks at tables, their columns and sequences.
func (r *rights) relations() error {
	return r.rows(r.query(`, g AS (SELECT t.*, '' AS col, t.relacl AS acl FROM t
			UNION ALL SELECT t.*, c.attname, c.attacl FROM t JOIN pg_catalog.pg_attribute c ON c.attrelid = t.oid WHERE NOT c.attisdropped)
		SELECT COALESCE((SELECT p.name FROM pg_catalog.pg_depend d JOIN t p ON p.oid = d.refobjid WHERE g.kind = 'S' AND d.objid = g.oid
				AND d.deptype IN ('a', 'i') LIMIT 1), g.name), g.name, g.sql, g.kind, g.col, `+grantColumns("g.relowner")+`
		FROM g, aclexplode(g.acl) a WHERE `+stranger("g.relowner")+`
		GROUP BY g.oid, g.name, g.sql, g.kind, g.col, g.relowner, a.grantee ORDER BY 1, 2, g.col <> '', g.col, 6`), func(scan func(...any) error) error {
		var table, name, sql, kind, column string
		var g grant
		if err := scan(append([]any{&table, &name, &sql, &kind, &column}, g.scan()...)...); err != nil {
			return err
		}
		table = r.design(table)
		if r.expected.Tables[table] == nil {
			return nil
		}
		if kind == "S" {
			bad := words(g.rights)
			if g.role != "" {
				bad = without(bad, "SELECT")
			}
			r.add(name, g, bad, revoking("ALL ON SEQUENCE "+sql, g))
			return nil
		}
		r.table(table, sql, column, g)
		return nil
	})
}

// table judges a grant on a table of the expected catalog, or on one of its columns.
func (r *rights) table(table, sql, column string, g grant) {
	all := r.columnsOf(table)
	var bad, fix []string
	for _, right := range words(g.rights) {
		keep := r.harmless(table, right, g.role, all)
		wholly := len(keep) > 0 && len(keep) == len(all)
		if column != "" && in(keep, column) || column == "" && wholly {
			continue
		}
		bad = append(bad, right)
		if column != "" {
			fix = append(fix, revoking(fmt.Sprintf("%s (%s) ON %s", right, quoted(column), sql), g))
			continue
		}
		fix = append(fix, revoking(right+" ON "+sql, g))
		if len(keep) > 0 { // what the role may see of the table it goes on seeing
			fix = append(fix, fmt.Sprintf("GRANT %s (%s) ON %s TO %s;", right, quotedList(keep), sql, g.to()))
		}
	}
	object, whole := table, "ALL ON "+sql
	if column != "" {
		object, whole = object+"."+column, fmt.Sprintf("ALL (%s) ON %s", quoted(column), sql)
	}
	if ours := g.role == namespace.RoleAuthenticated || g.role == namespace.RoleSupport; ours && len(bad) == 0 && !g.passed {
		return
	}
	if column != "" && len(bad) == 0 && !g.passed {
		r.note(table, sql, column, g)
		return
	}
	if g.passed {
		fix = append([]string{"REVOKE GRANT OPTION FOR " + whole + " FROM " + g.to() + " CASCADE;"}, fix...)
	}
	if len(fix) == 0 {
		fix = []string{revoking(whole, g)}
	}
	r.add(object, g, bad, strings.Join(fix, "\n"))
}

// note tells of a column that a role may read, with the others of the table.
func (r *rights) note(table, sql, column string, g grant) {
	key := table + "\x00" + g.role + "\x00" + g.rights
	n := r.noted[key]
	if n == nil {
		n = &notedColumns{at: len(r.found)}
		r.noted[key] = n
		r.found = append(r.found, Finding{Kind: "grant", Object: g.at(table), Problem: Noted})
	}
	n.columns = append(n.columns, column)
	f := &r.found[n.at]
	f.Actual = fmt.Sprintf("%s (%s) to %s", g.rights, strings.Join(n.columns, ", "), g.role)
	f.ByHand = revoking(fmt.Sprintf("%s (%s) ON %s", g.rights, quotedList(n.columns), sql), g)
}

// harmless gives the columns of a table on which a role may keep a right. A named role may have been given what is no secret
// to read, on purpose.
func (r *rights) harmless(table, right, role string, all []string) []string {
	switch {
	case role == namespace.RoleAuthenticated, role == namespace.RoleSupport:
		return namespace.Grantable(role, right, table, all, r.expected.Tables[table].RowSecurity)
	case role != "" && right == "SELECT":
		return namespace.WithoutSecrets(all)
	}
	return nil
}

func (r *rights) columnsOf(table string) []string {
	var all []string
	if t := r.live.Tables[table]; t != nil {
		for _, c := range t.Columns {
			all = append(all, c.Name)
		}
	}
	return all
}

// design is the name of a table in the expected catalog.
func (r *rights) design(name string) string {
	if r.p.names.App {
		return namespace.DesignName(name)
	}
	return name
}

func revoking(what string, g grant) string {
	s := "REVOKE " + what + " FROM " + g.to()
	if g.passed {
		s += " CASCADE"
	}
	return s + ";"
}

func quotedList(names []string) string {
	list := make([]string, 0, len(names))
	for _, n := range names {
		list = append(list, quoted(n))
	}
	return strings.Join(list, ", ")
}
