package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"filippo.io/age"

	"github.com/axisor/axisor/pkg/backup/toc"
)

// RoleUse is a role that the archive names, and the one that takes its place.
type RoleUse struct{ Name, As string }

// MissingRolesError names the roles that a restore needs and the server does not have.
type MissingRolesError struct {
	Roles  []RoleUse
	Wanted bool // not by the backup: it was to own everything
}

// Error names them.
func (e *MissingRolesError) Error() string {
	var names []string
	for _, r := range e.Roles {
		names = append(names, strconv.Quote(r.As))
	}
	slices.Sort(names)
	return "the restore needs roles that the server does not have: " + strings.Join(slices.Compact(names), ", ")
}

// Unwrap gives ErrRoleMissing.
func (e *MissingRolesError) Unwrap() error { return ErrRoleMissing }

// RightsError names the roles that a restore has to act as and the login cannot.
type RightsError struct {
	Login    string
	Roles    []string // on this server, in order
	Owner    bool     // they would own what is restored; else only default privileges or grants are theirs
	Wanted   bool     // they are not of the backup: one was to own everything
	Sessions bool     // only a superuser can grant in their name
	Powerful bool     // one of them is a superuser, as whom nobody else should act
}

// Error names login and roles.
func (e *RightsError) Error() string {
	var names []string
	for _, name := range e.Roles {
		names = append(names, strconv.Quote(name))
	}
	list := strings.Join(names, ", ")
	switch {
	case e.Sessions:
		return fmt.Sprintf("the backup has grants that were made by %s, and login %q is no superuser, so that it cannot grant in their name", list, e.Login)
	case e.Owner:
		return fmt.Sprintf("login %q cannot act as %s, to whom the restore would give what it makes", e.Login, list)
	}
	return fmt.Sprintf("login %q cannot act as %s, whose default privileges are in the backup", e.Login, list)
}

// Unwrap gives ErrDenied.
func (e *RightsError) Unwrap() error { return ErrDenied }

// actsAs is the SQL that says whether a role can act as another: become it, to give it things, and use its rights
// without becoming it, to read back what it owns. Before version 16 every member can become the role.
func actsAs(version int, who, oid string) string {
	become := "MEMBER"
	if versionFromNumber(version).Major >= 16 {
		become = "SET"
	}
	return fmt.Sprintf("(pg_has_role(%[1]s, %[2]s, '%[3]s') AND pg_has_role(%[1]s, %[2]s, 'USAGE'))", who, oid, become)
}

// roles finds out, before anything is made, which roles the restore will ask the server for.
func (p *restoring) roles(ctx context.Context) ([]RoleUse, error) {
	if err := p.mayOwn(ctx); err != nil {
		return nil, err
	}
	o := p.o
	c, err := p.repo.contents(ctx, p.e, p.identities)
	if errors.Is(err, toc.ErrUnknownFormat) && len(o.MapRoles) == 0 {
		return nil, nil // pg_restore will say what it lacks
	}
	if err != nil {
		return nil, err
	}
	named := c.Roles()
	for _, old := range slices.Sorted(maps.Keys(o.MapRoles)) {
		if all := named.All(); !slices.Contains(all, old) {
			return nil, &InputError{Field: "role", Value: old, Rule: "is not in the backup, which names " + strings.Join(all, ", ")}
		}
	}
	// Policies come back with their roles, whatever is said about owners and grants.
	needed := slices.Clone(named.Policies)
	if o.KeepOwner {
		needed = append(needed, named.Owners...)
	}
	if o.KeepACL {
		needed = append(needed, named.Granted...)
	}
	slices.Sort(needed)
	var uses []RoleUse
	var as []string
	for _, name := range slices.Compact(needed) {
		u := RoleUse{Name: name, As: name}
		if to, ok := o.MapRoles[name]; ok {
			u.As = to
		}
		uses, as = append(uses, u), append(as, u.As)
	}
	missing, err := rowsIntoText(ctx, p.admin, p.conn, "SELECT n FROM unnest($1::text[]) n WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = n) ORDER BY 1", as)
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		return nil, &MissingRolesError{Roles: slices.DeleteFunc(uses, func(u RoleUse) bool { return !slices.Contains(missing, u.As) })}
	}
	return uses, p.mayActAs(ctx, named)
}

// mayOwn checks the role that shall own everything: it exists, and the login can act as it.
func (p *restoring) mayOwn(ctx context.Context) error {
	role := p.o.Role
	if role == "" {
		return nil
	}
	if err := checkRoleNames(map[string]string{role: role}); err != nil {
		return err
	}
	var login string
	var may *bool
	err := p.conn.QueryRow(ctx, "SELECT current_user, (SELECT "+actsAs(p.server.VersionNumber, "current_user", "oid")+" FROM pg_roles WHERE rolname = $1)", role).Scan(&login, &may)
	switch {
	case err != nil:
		return p.admin.classify(ctx, "look for roles", err)
	case may == nil:
		return &MissingRolesError{Roles: []RoleUse{{Name: role, As: role}}, Wanted: true}
	case !*may:
		return p.outOfReach(ctx, &RightsError{Login: login, Roles: []string{role}, Owner: true, Wanted: true})
	}
	return nil
}

// outOfReach adds to an error what decides how to mend it.
func (p *restoring) outOfReach(ctx context.Context, e *RightsError) error {
	err := p.conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolsuper AND rolname = ANY($1))", e.Roles).Scan(&e.Powerful)
	if err != nil {
		return p.admin.classify(ctx, "look for roles", err)
	}
	return e
}

// mayActAs refuses what the server would refuse in the middle of the restore: to give an object to a role that the
// login, or the role that it takes on, cannot act as.
func (p *restoring) mayActAs(ctx context.Context, named toc.Roles) error {
	var login string
	var superuser bool
	err := p.conn.QueryRow(ctx, "SELECT session_user, rolsuper FROM pg_roles WHERE rolname = session_user").Scan(&login, &superuser)
	if err != nil {
		return p.admin.classify(ctx, "read own role", err)
	}
	acting := login
	if p.o.Role != "" {
		acting = p.o.Role
	}
	for _, need := range []struct {
		is    bool
		owner bool
		roles []string
	}{{p.o.KeepOwner, true, named.Given}, {p.o.KeepACL, false, named.Default}} {
		if !need.is {
			continue
		}
		closed, err := rowsIntoText(ctx, p.admin, p.conn, "SELECT rolname FROM pg_roles WHERE rolname = ANY($1) AND NOT "+
			actsAs(p.server.VersionNumber, "$2::name", "oid")+" ORDER BY 1", p.renamed(need.roles), acting)
		if err != nil {
			return err
		}
		if len(closed) > 0 {
			return p.outOfReach(ctx, &RightsError{Login: acting, Roles: closed, Owner: need.owner})
		}
	}
	if p.o.KeepACL && !superuser && len(named.Sessions) > 0 {
		return &RightsError{Login: login, Roles: p.renamed(named.Sessions), Sessions: true}
	}
	return nil
}

// renamed gives roles of the archive the names that they have on this server.
func (p *restoring) renamed(roles []string) []string {
	out := []string{}
	for _, name := range roles {
		if to, ok := p.o.MapRoles[name]; ok {
			name = to
		}
		out = append(out, name)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// checkRoleNames refuses what is no role: PUBLIC stands for everybody, and whatever is given to everybody stays so.
func checkRoleNames(names map[string]string) error {
	for from, to := range names {
		for _, name := range []string{from, to} {
			switch strings.ToLower(name) {
			case "public", "none", "current_user", "session_user", "current_role":
				return &InputError{Field: "role", Value: name, Rule: "is not a role; grants to everybody (PUBLIC) are kept as they are"}
			}
		}
	}
	return nil
}

// errEnough ends the reading of an archive of which only the beginning was wanted.
var errEnough = errors.New("that is enough")

// contents reads an archive's table of contents.
func (r *Repository) contents(ctx context.Context, e Entry, identities []age.Identity) (*toc.Contents, error) {
	var c *toc.Contents
	w := &toc.Walker{Found: func(found *toc.Contents) error {
		c = found
		return errEnough
	}}
	err := feed(ctx, e, e.Manifest.Archive, identities, w)
	if err == nil {
		_, err = w.Close() // a short one is judged at its end
	}
	if errors.Is(err, errEnough) || errors.Is(err, ErrDamaged) || ctx.Err() != nil {
		if c != nil {
			return c, nil
		}
		return nil, err
	}
	return nil, fmt.Errorf("read table of contents: %w", err)
}

// feedRenamed is feed for an archive with other names for some roles.
func feedRenamed(ctx context.Context, e Entry, identities []age.Identity, names map[string]string, w io.Writer) error {
	if len(names) == 0 {
		return feed(ctx, e, e.Manifest.Archive, identities, w)
	}
	renamer := toc.NewRenamer(w, names)
	if err := feed(ctx, e, e.Manifest.Archive, identities, renamer); err != nil {
		return err
	}
	return renamer.Close()
}
