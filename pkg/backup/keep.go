package backup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// propertyChange is one property that the restored database shall have. Problem, when it is not empty, says why it cannot.
type propertyChange struct {
	what    string // "setting statement_timeout"
	sql     []string
	problem string
}

// keeper turns properties into changes of a database of another name, as this login on this server can fulfil them.
type keeper struct {
	name      string // the database, quoted
	names     map[string]string
	version   int
	superuser bool
	roles     map[string]bool   // that exist: whether the login may act as them
	contexts  map[string]string // of the settings that the server knows: who may set them
	may       map[string]bool   // whether this login may
	live      bool              // the properties are those of a database on this server
	owner     bool              // owner, grants to roles and settings of roles are kept
	acl       bool
}

func newKeeper(ctx context.Context, e *endpoint, conn *pgx.Conn, version int, p *Properties, o Restore) (*keeper, error) {
	k := &keeper{names: o.MapRoles, version: version, roles: map[string]bool{}, contexts: map[string]string{}, may: map[string]bool{}}
	if err := conn.QueryRow(ctx, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user").Scan(&k.superuser); err != nil {
		return nil, e.classify(ctx, "read own role", err)
	}
	roles, settings := []string{k.as(p.Owner)}, []string{}
	for _, g := range p.Grants {
		roles = append(roles, k.as(g.Grantee), k.as(g.Grantor))
	}
	for _, s := range p.Settings {
		roles, settings = append(roles, k.as(s.Role)), append(settings, s.Name)
	}
	rows, err := conn.Query(ctx, "SELECT rolname, "+actsAs(version, "current_user", "oid")+" FROM pg_roles WHERE rolname = ANY($1)", roles)
	if err != nil {
		return nil, e.classify(ctx, "look for roles", err)
	}
	var name string
	var member bool
	if _, err := pgx.ForEachRow(rows, []any{&name, &member}, func() error { k.roles[name] = member; return nil }); err != nil {
		return nil, e.classify(ctx, "look for roles", err)
	}
	allowed := "false"
	if versionFromNumber(version).Major >= 15 {
		allowed = "has_parameter_privilege(name, 'SET')"
	}
	rows, err = conn.Query(ctx, "SELECT name, context, context = 'user' OR "+allowed+" FROM pg_settings WHERE name = ANY($1)", settings)
	if err != nil {
		return nil, e.classify(ctx, "look for settings", err)
	}
	var of string
	if _, err := pgx.ForEachRow(rows, []any{&name, &of, &member}, func() error { k.contexts[name], k.may[name] = of, member; return nil }); err != nil {
		return nil, e.classify(ctx, "look for settings", err)
	}
	return k, nil
}

func (k *keeper) as(role string) string {
	if to, ok := k.names[role]; ok {
		return to
	}
	return role
}

// missing says why a role cannot be named.
func (k *keeper) missing(role string) string {
	if _, there := k.roles[role]; !there {
		return fmt.Sprintf("this server has no role %q", role)
	}
	return ""
}

// changes lists the properties in the order in which they are given: the owner first, for grants are his.
func (k *keeper) changes(p *Properties) []propertyChange {
	var out []propertyChange
	add := func(what, problem string, sql ...string) {
		out = append(out, propertyChange{what: what, sql: sql, problem: problem})
	}
	owner := k.as(p.Owner)
	if k.owner {
		problem := k.missing(owner)
		if problem == "" && !k.superuser && !k.roles[owner] {
			problem = fmt.Sprintf("this login cannot act as role %q", owner)
		}
		add(fmt.Sprintf("owner %q", owner), problem, "ALTER DATABASE "+k.name+" OWNER TO "+QuoteName(owner))
	}
	for _, s := range p.Settings {
		k.setting(s, add)
	}
	if p.Comment != "" {
		add("comment", "", "COMMENT ON DATABASE "+k.name+" IS "+quoteLiteral(p.Comment))
	}
	if p.ConnectionLimit >= 0 {
		add("connection limit", "", fmt.Sprintf("ALTER DATABASE %s CONNECTION LIMIT %d", k.name, p.ConnectionLimit))
	}
	if p.Template && k.live {
		add("mark as a template", "", "ALTER DATABASE "+k.name+" IS_TEMPLATE true")
	}
	k.grants(p, add)
	return out
}

func (k *keeper) setting(s DatabaseSetting, add func(what, problem string, sql ...string)) {
	role := k.as(s.Role)
	what, target := "setting "+s.Name, "ALTER DATABASE "+k.name
	if s.Role != "" {
		if !k.acl {
			return
		}
		what, target = fmt.Sprintf("setting %s of role %q", s.Name, role), "ALTER ROLE "+QuoteName(role)+" IN DATABASE "+k.name
	}
	problem := ""
	of, known := k.contexts[s.Name]
	switch {
	case s.Role != "" && k.missing(role) != "":
		problem = k.missing(role)
	case !known && !strings.Contains(s.Name, "."):
		problem = "this server does not know it"
	case s.Value == nil:
		problem = "its value may be a secret, so it is not in the manifest: set it again, ALTER DATABASE … SET"
	case !k.live && (known && of != "user" || s.Name == "local_preload_libraries" || s.Name == "role" || s.Name == "session_authorization"):
		problem = "settings that need a superuser are not taken from a backup"
	case known && !k.superuser && !k.may[s.Name]:
		problem = "it needs a superuser"
	}
	value := ""
	if s.Value != nil {
		value = *s.Value
	}
	add(what, problem, target+" SET "+quoteSettingName(s.Name)+" TO "+settingText(s.Name, value))
}

// grants gives the privileges on the database itself. What everybody may do needs no role: it is kept always, so that
// a database which was closed to PUBLIC does not come back open.
func (k *keeper) grants(p *Properties, add func(what, problem string, sql ...string)) {
	if !p.GrantsSet {
		return
	}
	add("grants to everybody", "", "REVOKE ALL ON DATABASE "+k.name+" FROM PUBLIC")
	if k.acl && k.owner && k.missing(k.as(p.Owner)) == "" {
		add("grants of the owner", "", "REVOKE ALL ON DATABASE "+k.name+" FROM "+QuoteName(k.as(p.Owner)))
	}
	list := slices.Clone(p.Grants)
	slices.SortStableFunc(list, func(a, b Grant) int { // who grants on needs to have been granted
		rank := func(g Grant) int {
			if g.Grantor == p.Owner {
				return 0
			}
			return 1
		}
		return rank(a) - rank(b)
	})
	for _, g := range list {
		to, problem := "PUBLIC", ""
		if g.Grantee != "" {
			if !k.acl || !k.owner && g.Grantee == p.Owner {
				continue
			}
			to, problem = QuoteName(k.as(g.Grantee)), k.missing(k.as(g.Grantee))
		}
		sql := []string{"GRANT " + g.Privilege + " ON DATABASE " + k.name + " TO " + to}
		if g.Option {
			sql[0] += " WITH GRANT OPTION"
		}
		if g.Grantor != p.Owner && k.acl {
			sql = []string{"SET LOCAL ROLE " + QuoteName(k.as(g.Grantor)), sql[0], "RESET ROLE"}
			if problem == "" {
				problem = k.missing(k.as(g.Grantor))
			}
		}
		add("grant of "+g.Privilege+" to "+strings.Trim(to, `"`), problem, sql...)
	}
}

// fulfil gives a database its properties in one transaction and returns what could not be kept. One that fails costs
// itself and not the restore: after hours of loading the operator can still grant by hand.
func fulfil(ctx context.Context, e *endpoint, conn *pgx.Conn, changes []propertyChange) ([]string, error) {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return nil, e.classify(ctx, "set properties of the database", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	var lost []string
	for _, w := range changes {
		if w.problem != "" {
			lost = append(lost, w.what+": "+w.problem)
			continue
		}
		err := pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error {
			for _, sql := range w.sql {
				if _, err := tx.Exec(ctx, sql); err != nil {
					return err
				}
			}
			return nil
		})
		var pg *pgconn.PgError
		switch {
		case err == nil:
		case errors.As(err, &pg) && ctx.Err() == nil:
			lost = append(lost, w.what+": "+pg.Message)
		default:
			return nil, e.classify(ctx, "set "+w.what, err)
		}
	}
	return lost, e.classify(ctx, "set properties of the database", tx.Commit(ctx))
}

// foreseen is what fulfil is known to leave out before anything was done.
func foreseen(changes []propertyChange) []string {
	var out []string
	for _, w := range changes {
		if w.problem != "" {
			out = append(out, w.what+": "+w.problem)
		}
	}
	return out
}

// QuoteName writes a name as SQL takes it.
func QuoteName(name string) string { return pgx.Identifier{name}.Sanitize() }

// quoteSettingName quotes each part of a name such as app.tenant.
func quoteSettingName(name string) string { return pgx.Identifier(strings.Split(name, ".")).Sanitize() }
