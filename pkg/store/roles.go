package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/axisor/axisor/pkg/namespace"
)

// The roles that axisor db roles create makes.
const (
	RoleAuthenticated = namespace.RoleAuthenticated
	RoleSupport       = namespace.RoleSupport
)

// Role is one database role and what it may do here.
type Role struct {
	Name      string
	Exists    bool
	Login     bool
	BypassRLS bool
	Columns   int // columns it may read in this database
	Secrets   int // of these, columns that hold a secret
}

// secretName is namespace.SecretColumn, the one rule.
func secretName(column string) bool { return namespace.SecretColumn(column) }

// becomeUser lets the login that makes the roles read as a user. It owns the tables, so that gives it nothing it
// has not; a role that somebody else made may be out of its reach, and then somebody else has to grant it.
const becomeUser = `DO $$ BEGIN
	IF NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
		EXECUTE format('GRANT ` + RoleAuthenticated + ` TO %I', current_user);
	END IF;
EXCEPTION WHEN insufficient_privilege THEN NULL; END $$`

// EnsureRoles makes the roles that are missing and gives both exactly the grants they need. It belongs into a
// transaction. The support role must be able to see all rows, which only an administrator can grant: without that
// right it stays missing, and the other role is made all the same.
func (d *DB) EnsureRoles(ctx context.Context) error {
	if err := d.ensureRole(ctx, RoleAuthenticated, "NOLOGIN", ""); err != nil {
		return err
	}
	if err := d.ensureRole(ctx, RoleSupport, "NOLOGIN BYPASSRLS", "insufficient_privilege OR "); err != nil {
		return err
	}
	support, err := d.role(ctx, RoleSupport)
	if err != nil {
		return err
	}
	roles := []string{RoleAuthenticated}
	if support.Exists {
		roles = append(roles, RoleSupport)
	}
	var schemas string
	err = d.Gorm(ctx).Raw(`SELECT string_agg(s, ', ') FROM (SELECT (` + namespace.SharedSchema + `)::text UNION ALL SELECT to_regnamespace('axisor')::text) AS t (s)`).
		Scan(&schemas).Error
	if err != nil {
		return fmt.Errorf("read schemas: %w", err)
	}
	tables, err := d.ownColumns(ctx)
	if err != nil {
		return err
	}
	script := []string{
		`REVOKE ALL ON ALL TABLES IN SCHEMA ` + schemas + ` FROM ` + strings.Join(roles, ", "),
		`GRANT USAGE ON SCHEMA ` + schemas + ` TO ` + strings.Join(roles, ", "),
	}
	for table, columns := range tables {
		for _, role := range roles {
			script = append(script, table.grants(role, columns)...)
		}
	}
	script = append(script, becomeUser)
	for _, s := range script {
		if err := d.Gorm(ctx).Exec(s).Error; err != nil {
			return fmt.Errorf("grant: %w", err)
		}
	}
	return nil
}

// ensureRole makes a role unless it is there. Roles belong to the whole server: another database's run may make one in
// the same moment. Errors that are forgiven leave it missing.
func (d *DB) ensureRole(ctx context.Context, name, options, forgiven string) error {
	err := d.Gorm(ctx).Exec(fmt.Sprintf(`DO $$ BEGIN
		IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '%[1]s') THEN CREATE ROLE %[1]s %[2]s; END IF;
	EXCEPTION WHEN %[3]sduplicate_object OR unique_violation THEN NULL; END $$`, name, options, forgiven)).Error
	if err != nil {
		return fmt.Errorf("create role %s: %w", name, err)
	}
	return nil
}

// ownTable is a table of ours.
type ownTable struct {
	name, sql   string // sql: as statements name it
	rowSecurity bool
}

// grants are the statements that give a role what it may do on a table, column by column where it is about reading: a
// column of tomorrow may hold a secret.
func (t ownTable) grants(role string, columns []string) []string {
	var list []string
	for _, privilege := range []string{"SELECT", "INSERT", "UPDATE", "DELETE"} {
		may := namespace.Grantable(role, privilege, namespace.DesignName(t.name), columns, t.rowSecurity)
		if len(may) == 0 {
			continue
		}
		if privilege != "SELECT" && len(may) == len(columns) {
			list = append(list, fmt.Sprintf(`GRANT %s ON %s TO %s`, privilege, t.sql, role))
			continue
		}
		names := make([]string, 0, len(may))
		for _, c := range may {
			names = append(names, quoted(c))
		}
		list = append(list, fmt.Sprintf(`GRANT %s (%s) ON %s TO %s`, privilege, strings.Join(names, ", "), t.sql, role))
	}
	return list
}

// ownColumns are the columns of axisor's tables.
func (d *DB) ownColumns(ctx context.Context) (map[ownTable][]string, error) {
	var rows []struct {
		Relname, SQL   string
		Relrowsecurity bool
		Attname        string
	}
	err := d.Gorm(ctx).Raw(`SELECT c.relname, c.oid::regclass::text AS sql, c.relrowsecurity, a.attname FROM pg_catalog.pg_attribute a
		JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
		WHERE c.relnamespace IN ` + OurSchemas + ` AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
		AND c.relname NOT IN ('_prisma_migrations') ORDER BY c.relname, a.attnum`).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read columns: %w", err)
	}
	columns := map[ownTable][]string{}
	for _, r := range rows {
		t := ownTable{r.Relname, r.SQL, r.Relrowsecurity}
		columns[t] = append(columns[t], r.Attname)
	}
	return columns, nil
}

// Roles tells of both roles what they may do in this database.
func (d *DB) Roles(ctx context.Context) ([]Role, error) {
	var found []Role
	for _, name := range []string{RoleAuthenticated, RoleSupport} {
		r, err := d.role(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("read role %s: %w", name, err)
		}
		found = append(found, r)
	}
	return found, nil
}

func (d *DB) role(ctx context.Context, name string) (Role, error) {
	r := Role{Name: name}
	var options []struct{ Rolcanlogin, Rolbypassrls bool }
	err := d.Gorm(ctx).Raw(`SELECT rolcanlogin, rolbypassrls FROM pg_catalog.pg_roles WHERE rolname = ?`, name).Scan(&options).Error
	if err != nil || len(options) == 0 {
		return r, err
	}
	r.Exists, r.Login, r.BypassRLS = true, options[0].Rolcanlogin, options[0].Rolbypassrls
	var readable []string
	err = d.Gorm(ctx).Raw(`SELECT a.attname FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
		WHERE c.relnamespace IN `+OurSchemas+` AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
		AND has_column_privilege(?, c.oid, a.attnum, 'SELECT')`, name).Scan(&readable).Error
	for _, column := range readable {
		r.Columns++
		if secretName(column) {
			r.Secrets++
		}
	}
	return r, err
}
