package migrate

import (
	"context"
	"database/sql"
	"fmt"
)

// verifyRights finds what opens axisor's tables to everybody, and tables that somebody else owns than most of
// them: row security spares the owner, and a second one means that a migration ran under the wrong login.
func verifyRights(ctx context.Context, db *sql.DB, p place, expected *Catalog) ([]Finding, error) {
	//nolint:gosec // the names of the schemas are quoted
	rows, err := db.QueryContext(ctx, `WITH t AS (SELECT c.oid, `+p.table()+` AS relname, c.relowner, c.relacl FROM pg_catalog.pg_class c
			WHERE c.relnamespace IN `+p.schemas()+` AND c.relkind IN ('r', 'p')),
		main AS (SELECT relowner FROM t GROUP BY relowner ORDER BY count(*) DESC, relowner LIMIT 1)
		SELECT 'owner', relname, '', (SELECT pg_get_userbyid(relowner) FROM main), pg_get_userbyid(relowner)
			FROM t WHERE relowner <> (SELECT relowner FROM main)
		UNION ALL SELECT 'grant', relname, '', 'nothing to PUBLIC', string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type) || ' to PUBLIC'
			FROM t, aclexplode(t.relacl) a WHERE a.grantee = 0 GROUP BY relname
		UNION ALL SELECT 'grant', t.relname, c.attname, 'nothing to PUBLIC', string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type) || ' to PUBLIC'
			FROM t JOIN pg_catalog.pg_attribute c ON c.attrelid = t.oid, aclexplode(c.attacl) a WHERE a.grantee = 0 GROUP BY t.relname, c.attname
		ORDER BY 1, 2, 3`)
	if err != nil {
		return nil, fmt.Errorf("read owners and grants: %w", err)
	}
	defer rows.Close()
	var found []Finding
	for rows.Next() {
		var table, column string
		f := Finding{Problem: Different}
		if err := rows.Scan(&f.Kind, &table, &column, &f.Expected, &f.Actual); err != nil {
			return nil, fmt.Errorf("read owners and grants: %w", err)
		}
		if expected.Tables[table] == nil {
			continue
		}
		f.Object = table
		switch {
		case column != "":
			f.Object += "." + column
			f.FixSQL = fmt.Sprintf("REVOKE ALL (%s) ON %s FROM PUBLIC;", quoted(column), relation(table))
		case f.Kind == "grant":
			f.FixSQL = fmt.Sprintf("REVOKE ALL ON %s FROM PUBLIC;", relation(table))
		default:
			f.FixSQL = fmt.Sprintf("ALTER TABLE %s OWNER TO %s;", relation(table), quoted(f.Expected))
		}
		found = append(found, f)
	}
	return found, rows.Err()
}
