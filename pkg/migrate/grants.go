package migrate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/axisor/axisor/pkg/namespace"
)

func words(list string) []string { return strings.Split(list, ", ") }

func in(list []string, word string) bool { return slices.Contains(list, word) }

func without(list []string, word string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(w string) bool { return w == word })
}

// schemas: whoever may create in a schema puts a function or a table in front of ours. To look into it is worth nothing
// without a right on what is in it; into the shared one everybody may look by default.
func (r *rights) schemas() error {
	return r.rows(r.query(` SELECT n.nspname, n.oid = to_regnamespace(`+literal(namespace.Identifier(r.p.shared))+`), `+grantColumns("n.nspowner")+`
		FROM pg_catalog.pg_namespace n, aclexplode(n.nspacl) a WHERE n.oid IN `+r.p.schemas()+` AND `+stranger("n.nspowner")+`
		GROUP BY n.oid, n.nspname, n.nspowner, a.grantee ORDER BY 1, 3`), func(scan func(...any) error) error {
		var schema string
		var shared bool
		var g grant
		if err := scan(append([]any{&schema, &shared}, g.scan()...)...); err != nil {
			return err
		}
		rights := words(g.rights)
		bad := without(rights, "USAGE")
		if in(rights, "USAGE") && g.role == "" && !shared {
			bad = append(bad, "USAGE")
		}
		made := schema == r.p.names.Own && (g.role == namespace.RoleAuthenticated || g.role == namespace.RoleSupport)
		if len(bad) == 0 && !g.passed && (shared || made) {
			return nil
		}
		revoke := strings.Join(bad, ", ")
		if revoke == "" {
			revoke = "ALL"
		}
		fix := revoking(revoke+" ON SCHEMA "+quoted(schema), g)
		if g.passed {
			fix = fmt.Sprintf("REVOKE GRANT OPTION FOR ALL ON SCHEMA %s FROM %s CASCADE;\n", quoted(schema), g.to()) + fix
		}
		r.add("schema "+schema, g, bad, fix)
		return nil
	})
}

// functions: one that runs with the rights of the tables' owner is a way to whatever it does there. Whose it is and what it
// is good for, a person knows. Those of extensions are the extension's.
func (r *rights) functions() error {
	return r.rows(r.query(` SELECT n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', p.oid::regprocedure::text, `+
		grantColumns("p.proowner")+`
		FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace,
			aclexplode(COALESCE(p.proacl, acldefault('f', p.proowner))) a
		WHERE p.pronamespace IN `+r.p.schemas()+` AND p.prosecdef AND pg_has_role(p.proowner, (SELECT oid FROM main), 'USAGE')
		AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
		AND `+stranger("p.proowner")+` GROUP BY p.oid, n.nspname, p.proname, p.proowner, a.grantee ORDER BY 1, 3`), func(scan func(...any) error) error {
		var name, sql string
		var g grant
		if err := scan(append([]any{&name, &sql}, g.scan()...)...); err != nil {
			return err
		}
		r.found = append(r.found, Finding{
			Kind: "grant", Object: g.at("function " + name), Problem: Extra, Actual: g.said() + ", and it runs with the rights of its owner",
			ByHand: revoking("EXECUTE ON FUNCTION "+sql, g),
		})
		return nil
	})
}

// tomorrow looks at default privileges: what the owner of the tables, or this login, makes next is open to others then.
func (r *rights) tomorrow() error {
	things := map[string]string{"r": "TABLES", "S": "SEQUENCES", "n": "SCHEMAS"}
	return r.rows(r.query(` SELECT COALESCE(n.nspname, ''), d.defaclobjtype::text, pg_get_userbyid(d.defaclrole), `+grantColumns("d.defaclrole")+`
		FROM pg_catalog.pg_default_acl d LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace, aclexplode(d.defaclacl) a
		WHERE (d.defaclnamespace = 0 OR d.defaclnamespace IN `+r.p.schemas()+`) AND d.defaclobjtype IN ('r', 'S', 'n')
		AND (d.defaclrole = (SELECT oid FROM main) OR pg_get_userbyid(d.defaclrole) = current_user)
		AND `+stranger("d.defaclrole")+` GROUP BY d.oid, n.nspname, d.defaclobjtype, d.defaclrole, a.grantee ORDER BY 1, 2, 4`), func(scan func(...any) error) error {
		var schema, kind, maker string
		var g grant
		if err := scan(append([]any{&schema, &kind, &maker}, g.scan()...)...); err != nil {
			return err
		}
		object, at := "default privileges of "+maker, ""
		if schema != "" {
			object, at = object+" in "+schema, " IN SCHEMA "+quoted(schema)
		}
		r.add(object+" on "+strings.ToLower(things[kind]), g, words(g.rights),
			fmt.Sprintf("ALTER DEFAULT PRIVILEGES FOR ROLE %s%s %s", quoted(maker), at, revoking("ALL ON "+things[kind], g)))
		return nil
	})
}

// view is a view that reads tables of axisor, and what one role may do with it.
type view struct {
	grant
	name, sql string
	changes   bool                // the server changes the tables through it
	ofUsers   bool                // a table has row security, which a view passes by
	secrets   map[string]struct{} // the columns it reads that hold a secret
}

// views finds those that others may read secrets through, or rows of everybody past row security, or write through. A view
// has the rights of its owner, unless it is a security invoker. A whole row in it ("varattno 0") is every column.
func (r *rights) views() error {
	var all []*view
	err := r.rows(r.query(`, reads AS (SELECT w.ev_class AS view, d.refobjid AS rel, d.refobjsubid AS col,
				w.ev_action::text LIKE '%:varattno 0 %' AS wholly
			FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite w ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND w.oid = d.objid
			WHERE d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> w.ev_class AND w.ev_class >= 16384),
		seen AS (SELECT view, rel, col, wholly FROM reads JOIN t ON t.oid = rel AND t.kind <> 'S'
			UNION SELECT reads.view, s.rel, s.col, s.wholly FROM reads JOIN seen s ON s.view = reads.rel),
		g AS (SELECT c.oid, c.relkind, c.relowner, c.relacl AS acl, n.nspname, c.relname, '' AS col FROM pg_catalog.pg_class c
				JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('v', 'm') AND c.oid IN (SELECT view FROM seen)
				AND NOT EXISTS (SELECT FROM pg_options_to_table(c.reloptions) o WHERE o.option_name = 'security_invoker' AND o.option_value::boolean)),
		k AS (SELECT * FROM g UNION ALL SELECT g.oid, g.relkind, g.relowner, c.attacl, g.nspname, g.relname, c.attname FROM g
			JOIN pg_catalog.pg_attribute c ON c.attrelid = g.oid WHERE c.attacl IS NOT NULL),
		b AS (SELECT DISTINCT seen.view, t.name, t.relrowsecurity, c.attname FROM seen JOIN t ON t.oid = seen.rel
			LEFT JOIN pg_catalog.pg_attribute c ON c.attrelid = t.oid AND c.attnum > 0 AND NOT c.attisdropped AND (seen.wholly OR c.attnum = seen.col))
		SELECT k.nspname || '.' || k.relname, quote_ident(k.nspname) || '.' || quote_ident(k.relname), pg_relation_is_updatable(k.oid, false) <> 0,
			b.name, b.relrowsecurity, COALESCE(b.attname, ''), `+grantColumns("k.relowner")+`
		FROM k JOIN b ON b.view = k.oid, aclexplode(k.acl) a WHERE `+stranger("k.relowner")+`
		GROUP BY k.oid, k.nspname, k.relname, k.relowner, b.name, b.relrowsecurity, b.attname, a.grantee ORDER BY 1, 7, 4, 6`), func(scan func(...any) error) error {
		v := &view{secrets: map[string]struct{}{}}
		var table, column string
		if err := scan(append([]any{&v.name, &v.sql, &v.changes, &table, &v.ofUsers, &column}, v.scan()...)...); err != nil {
			return err
		}
		if last := len(all) - 1; last >= 0 && all[last].name == v.name && all[last].role == v.role {
			all[last].ofUsers = all[last].ofUsers || v.ofUsers
			v = all[last]
		} else {
			all = append(all, v)
		}
		if namespace.SecretColumn(column) {
			v.secrets[r.design(table)+"."+column] = struct{}{}
		}
		return nil
	})
	for _, v := range all {
		r.view(v)
	}
	return err
}

func (r *rights) view(v *view) {
	var bad []string
	passes := v.ofUsers && (v.role == "" || v.role == namespace.RoleAuthenticated)
	for _, right := range words(v.rights) {
		reads := right == "SELECT" && (len(v.secrets) > 0 || passes)
		writes := v.changes && in([]string{"INSERT", "UPDATE", "DELETE"}, right)
		if reads || writes {
			bad = append(bad, right)
		}
	}
	if len(bad) == 0 {
		return
	}
	r.add("view "+v.name, v.grant, bad, revoking(strings.Join(bad, ", ")+" ON "+v.sql, v.grant))
	f := &r.found[len(r.found)-1]
	switch {
	case !in(bad, "SELECT"):
	case len(v.secrets) > 0:
		f.Actual += "; it reads " + strings.Join(slices.Sorted(maps.Keys(v.secrets)), ", ")
	default:
		f.Actual += "; it shows the rows of everybody"
	}
}

// logins finds those that no row security holds and that nobody needs: superusers beside the one that every server has, and
// roles with BYPASSRLS that read rows of users. They belong to the whole server, so that nothing is repaired.
func (r *rights) logins() error {
	return r.rows(r.query(`, l AS (SELECT o.*, o.oid = (SELECT oid FROM main) OR o.rolname IN (current_user, session_user) AS ours FROM pg_catalog.pg_roles o
			WHERE o.rolcanlogin AND o.oid <> 10)
		SELECT rolname, 'superuser', 'NOSUPERUSER' FROM l WHERE rolsuper AND NOT ours
		UNION ALL SELECT rolname, 'BYPASSRLS, and may read rows of users', 'NOBYPASSRLS' FROM l
			WHERE rolbypassrls AND NOT rolsuper AND NOT ours AND NOT pg_has_role(l.oid, (SELECT oid FROM main), 'USAGE')
			AND EXISTS (SELECT FROM t WHERE t.relrowsecurity AND has_any_column_privilege(l.oid, t.oid, 'SELECT'))
		UNION ALL SELECT l.rolname, 'member of ' || m.rolname, '' FROM l JOIN pg_catalog.pg_roles m ON m.rolname IN ('pg_read_all_data', 'pg_write_all_data')
			WHERE NOT l.rolsuper AND NOT ours AND pg_has_role(l.oid, m.oid, 'USAGE')
		ORDER BY 1, 2`), func(scan func(...any) error) error {
		f := Finding{Kind: "role", Problem: Noted}
		var option string
		if err := scan(&f.Object, &f.Actual, &option); err != nil {
			return err
		}
		f.ByHand = fmt.Sprintf("ALTER ROLE %s %s;", quoted(f.Object), option)
		if group, ok := strings.CutPrefix(f.Actual, "member of "); ok {
			f.ByHand = fmt.Sprintf("REVOKE %s FROM %s;", group, quoted(f.Object))
		}
		r.found = append(r.found, f)
		return nil
	})
}
