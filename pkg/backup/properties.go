package backup

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Properties are what a database has besides its content. A dump of the content does not bring them back into a
// database of another name.
type Properties struct {
	Owner           string            `json:"owner"`
	GrantsSet       bool              `json:"grants_set"` // false: nobody ever granted or revoked anything
	Grants          []Grant           `json:"grants,omitempty"`
	Settings        []DatabaseSetting `json:"settings,omitempty"`
	ConnectionLimit int               `json:"connection_limit"` // -1 is none
	Comment         string            `json:"comment,omitempty"`
	Tablespace      string            `json:"tablespace"`
	Template        bool              `json:"template,omitempty"`
}

// Grant is one privilege on a database.
type Grant struct {
	Grantee   string `json:"grantee"` // empty is everybody (PUBLIC)
	Grantor   string `json:"grantor"`
	Privilege string `json:"privilege"` // CONNECT, TEMPORARY or CREATE
	Option    bool   `json:"grant_option,omitempty"`
}

// DatabaseSetting is a setting of every session in a database, or of those of one role. An application keeps
// secrets in settings of its own (those with a dot), and a manifest is not encrypted: there it has their names only.
type DatabaseSetting struct {
	Role  string  `json:"role,omitempty"`
	Name  string  `json:"name"`
	Value *string `json:"value"`
}

// readDatabase reads a database's identity and properties. The catalogue has other columns in each release, so the
// newer ones are looked up by name.
func readDatabase(ctx context.Context, e *endpoint, conn *pgx.Conn, name string) (Database, error) {
	d, p := Database{Properties: &Properties{}}, &Properties{}
	d.Properties = p
	err := conn.QueryRow(ctx, `SELECT d.datname, pg_encoding_to_char(d.encoding), d.datcollate, d.datctype,
		CASE j->>'datlocprovider' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
		coalesce(j->>'datlocale', j->>'daticulocale', ''), coalesce(j->>'daticurules', ''), coalesce(j->>'datcollversion', ''),
		pg_get_userbyid(d.datdba), d.datacl IS NOT NULL, d.datconnlimit, d.datistemplate, t.spcname,
		coalesce(shobj_description(d.oid, 'pg_database'), '')
		FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace, LATERAL (SELECT to_jsonb(d) j) x WHERE d.datname = $1`, name).
		Scan(&d.Name, &d.Encoding, &d.Collate, &d.CharType, &d.Provider, &d.Locale, &d.Rules, &d.CollationVersion,
			&p.Owner, &p.GrantsSet, &p.ConnectionLimit, &p.Template, &p.Tablespace, &p.Comment)
	if err != nil {
		return d, e.classify(ctx, "read properties of database "+name, err)
	}
	if p.Grants, err = rowsInto[Grant](ctx, e, conn, `SELECT CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee) END, pg_get_userbyid(a.grantor),
		a.privilege_type, a.is_grantable FROM pg_database d, aclexplode(d.datacl) a WHERE d.datname = $1`, name); err != nil {
		return d, err
	}
	p.Settings, err = rowsInto[DatabaseSetting](ctx, e, conn, `SELECT CASE s.setrole WHEN 0 THEN '' ELSE pg_get_userbyid(s.setrole) END,
		split_part(c, '=', 1), substr(c, strpos(c, '=') + 1)
		FROM pg_database d JOIN pg_db_role_setting s ON s.setdatabase = d.oid, unnest(s.setconfig) c WHERE d.datname = $1 ORDER BY 1, 2`, name)
	return d, err
}

func rowsInto[T any](ctx context.Context, e *endpoint, conn *pgx.Conn, query, name string) ([]T, error) {
	rows, err := conn.Query(ctx, query, name)
	if err == nil {
		var list []T
		if list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[T]); err == nil {
			return list, nil
		}
	}
	return nil, e.classify(ctx, "read properties of database "+name, err)
}

// readStay lists what a database in use has that no other database can take over.
func readStay(ctx context.Context, e *endpoint, conn *pgx.Conn, name string) ([]string, error) {
	return rowsIntoText(ctx, e, conn, `SELECT 'logical replication slot ' || quote_ident(slot_name) FROM pg_replication_slots WHERE database = $1
		UNION ALL SELECT 'subscription ' || quote_ident(subname) FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid WHERE d.datname = $1
		UNION ALL SELECT 'security label of ' || quote_ident(provider) FROM pg_shseclabel l JOIN pg_database d ON d.oid = l.objoid
			WHERE l.classoid = 'pg_database'::regclass AND d.datname = $1 ORDER BY 1`, name)
}

func rowsIntoText(ctx context.Context, e *endpoint, conn *pgx.Conn, query string, args ...any) ([]string, error) {
	rows, err := conn.Query(ctx, query, args...)
	if err != nil {
		return nil, e.classify(ctx, "read the catalogue", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return list, e.classify(ctx, "read the catalogue", err)
}

// forManifest leaves out the values that may be secrets.
func (d Database) forManifest() Database {
	if d.Properties == nil {
		return d
	}
	p := *d.Properties
	p.Settings = slices.Clone(p.Settings)
	for i := range p.Settings {
		if strings.Contains(p.Settings[i].Name, ".") {
			p.Settings[i].Value = nil
		}
	}
	d.Properties = &p
	return d
}

// settingText writes a value as ALTER DATABASE … SET reads it. Lists of names are stored as one text and must be
// given one by one.
func settingText(name, value string) string {
	switch name {
	case "search_path", "temp_tablespaces", "local_preload_libraries", "session_preload_libraries":
		var out []string
		for _, part := range splitNames(value) {
			out = append(out, strings.TrimSpace(quoteLiteral(part)))
		}
		if len(out) > 0 {
			return strings.Join(out, ", ")
		}
	}
	return quoteLiteral(value)
}

// splitNames takes a list of names apart: a, "b,c" is a and b,c.
func splitNames(list string) []string {
	var out []string
	var name strings.Builder
	quoted, any := false, false
	for i := 0; i < len(list); i++ {
		switch c := list[i]; {
		case c == '"' && quoted && i+1 < len(list) && list[i+1] == '"':
			name.WriteByte(c)
			i++
		case c == '"':
			quoted, any = !quoted, true
		case c == ',' && !quoted:
			out = append(out, name.String())
			name.Reset()
			any = false
		case c == ' ' && !quoted:
		default:
			name.WriteByte(c)
			any = true
		}
	}
	if any {
		out = append(out, name.String())
	}
	return out
}

// localeOptions are what CREATE DATABASE needs to sort as the original does.
func (d Database) localeOptions() string {
	var sql strings.Builder
	option := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&sql, " %s %s", name, strings.TrimSpace(quoteLiteral(value)))
		}
	}
	option("ENCODING", d.Encoding)
	option("LC_COLLATE", d.Collate)
	option("LC_CTYPE", d.CharType)
	switch d.Provider {
	case "icu":
		sql.WriteString(" LOCALE_PROVIDER icu")
		option("ICU_LOCALE", d.Locale)
		option("ICU_RULES", d.Rules)
	case "builtin":
		sql.WriteString(" LOCALE_PROVIDER builtin")
		option("BUILTIN_LOCALE", d.Locale)
	}
	return sql.String()
}
