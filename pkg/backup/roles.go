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
	"github.com/jackc/pgx/v5"

	"github.com/axisor/axisor/pkg/backup/toc"
)

// RoleUse is a role that the archive names, and the one that takes its place.
type RoleUse struct{ Name, As string }

// MissingRolesError names the roles that a restore needs and the server does not have.
type MissingRolesError struct{ Roles []RoleUse }

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

// roles finds out, before anything is made, which roles the restore will ask the server for.
func (r *Repository) roles(ctx context.Context, e Entry, o Restore, admin *endpoint, conn *pgx.Conn, identities []age.Identity) ([]RoleUse, error) {
	c, err := r.contents(ctx, e, identities)
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
	rows, err := conn.Query(ctx, "SELECT n FROM unnest($1::text[]) n WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = n) ORDER BY 1", as)
	if err != nil {
		return nil, admin.classify(ctx, "look for roles", err)
	}
	missing, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, admin.classify(ctx, "look for roles", err)
	}
	if len(missing) > 0 {
		return nil, &MissingRolesError{Roles: slices.DeleteFunc(uses, func(u RoleUse) bool { return !slices.Contains(missing, u.As) })}
	}
	return uses, nil
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
