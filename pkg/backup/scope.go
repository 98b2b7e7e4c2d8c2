package backup

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/axisor/axisor/pkg/secret"
)

// Identity names one database of one cluster. System is the cluster's system identifier, or "" where the server does
// not tell it.
type Identity struct{ System, Database string }

// String is the form in which an operator names it.
func (i Identity) String() string {
	if i.System == "" {
		return i.Database
	}
	return i.System + "/" + i.Database
}

// Scope says whose backups a repository shows. A cluster's base backups and log belong to each of its databases.
type Scope struct {
	Identity

	AnyCluster bool // the name alone decides: the server could not be asked
}

// Covers reports whether a backup belongs to the scope. One whose manifest cannot be read may be anybody's: damage
// must not make a backup vanish.
func (s Scope) Covers(e Entry) bool {
	if e.Manifest == nil {
		return true
	}
	id := e.Identity()
	return (s.AnyCluster || s.System == id.System) && (e.IsBase() || s.Database == id.Database)
}

// Identity says whose backup it is.
func (e Entry) Identity() Identity {
	if e.Manifest == nil {
		return Identity{}
	}
	return Identity{System: e.Manifest.Server.SystemIdentifier, Database: e.Manifest.Database.Name}
}

// For gives the same repository, where latest, lists, status and retention are about one database only.
func (r *Repository) For(s Scope) *Repository {
	out := *r
	out.scope = &s
	return &out
}

// ForAll gives the same repository, where latest is the newest good backup of whichever database.
func (r *Repository) ForAll() *Repository {
	out := *r
	out.scope, out.anybodys = nil, true
	return &out
}

// Like gives the same repository, about what another one is about.
func (r *Repository) Like(other *Repository) *Repository {
	out := *r
	out.scope, out.anybodys = other.scope, other.anybodys
	return &out
}

// Certain reports whether it is known exactly whose backups the repository is about.
func (r *Repository) Certain() bool { return r.anybodys || r.scope != nil && !r.scope.AnyCluster }

// covers reports whether a backup belongs to what the repository is about.
func (r *Repository) covers(e Entry) bool { return r.scope == nil || r.scope.Covers(e) }

// coversSystem reports the same of a cluster's log.
func (r *Repository) coversSystem(system string) bool {
	return r.scope == nil || r.scope.AnyCluster || r.scope.System == system
}

// narrow leaves out what belongs to others.
func (r *Repository) narrow(list []Entry) []Entry {
	return slices.DeleteFunc(list, func(e Entry) bool { return !r.covers(e) })
}

// Identities lists the databases that have backups here, whatever the repository is about.
func (r *Repository) Identities() ([]Identity, error) {
	list, err := r.all()
	if err != nil {
		return nil, err
	}
	return identities(list), nil
}

// IdentitiesOf lists the databases that a list of backups has any of.
func IdentitiesOf(list []Entry) []Identity { return identities(list) }

func identities(list []Entry) []Identity {
	var out []Identity
	for _, e := range list {
		if id := e.Identity(); e.Manifest != nil && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	slices.SortFunc(out, func(a, b Identity) int {
		return cmp.Or(strings.Compare(a.Database, b.Database), strings.Compare(a.System, b.System))
	})
	return out
}

// Named finds the scope that an operator names: NAME, or SYSTEM/NAME. A name alone is the one of the cluster that own
// tells, if there is one. Otherwise, and unless strict, it is the only one of this name here.
func (r *Repository) Named(text string, own *Scope, strict bool) (Scope, error) {
	if system, name, ok := strings.Cut(text, "/"); ok && name != "" && system != "" && strings.Trim(system, "0123456789") == "" {
		return Scope{Identity: Identity{System: system, Database: name}}, nil
	}
	all, err := r.Identities()
	if err != nil {
		return Scope{}, err
	}
	var known []string
	var found []Identity
	for _, id := range all {
		known = append(known, id.String())
		if id.Database == text {
			found = append(found, id)
		}
	}
	asked := own != nil && !own.AnyCluster
	if asked && (strict || slices.Contains(found, Identity{own.System, text})) {
		return Scope{Identity: Identity{own.System, text}}, nil
	}
	switch {
	case len(found) == 1 && !strict:
		return Scope{Identity: found[0]}, nil
	case len(found) == 0:
		return Scope{}, &NotFoundError{Ref: "latest", Database: text, Others: known}
	}
	return Scope{}, &InputError{Field: "database", Value: text, Rule: "does not say which cluster: name one of " + strings.Join(known, ", ")}
}

// Identify asks the server of a URL who it is. The database itself need not exist any more: then the name is the
// URL's, and another database of the server answers for it.
func Identify(ctx context.Context, raw secret.Secret, environ []string) (Identity, error) {
	var first error
	for _, database := range []string{"", "postgres", "template1"} {
		e, err := newEndpoint(raw, database, environ)
		if err != nil {
			return Identity{}, err
		}
		conn, err := e.connect(ctx)
		if err != nil {
			first = cmp.Or(first, err)
			if hasState(err, "3D000") {
				continue
			}
			return Identity{}, first
		}
		id, err := identityOf(ctx, e, conn)
		e.close(ctx, conn)
		if database != "" {
			id.Database, _ = DatabaseOf(raw)
		}
		return id, err
	}
	return Identity{}, first
}

func identityOf(ctx context.Context, e *endpoint, conn *pgx.Conn) (Identity, error) {
	var id Identity
	if err := conn.QueryRow(ctx, "SELECT current_database()").Scan(&id.Database); err != nil {
		return id, e.classify(ctx, "read database name", err)
	}
	// Some managed servers forbid the function; then the name has to do, in manifests too.
	err := conn.QueryRow(ctx, "SELECT system_identifier::text FROM pg_control_system()").Scan(&id.System)
	if err != nil && ctx.Err() != nil {
		return id, e.classify(ctx, "read system identifier", err)
	}
	return id, nil
}

// DatabaseOf is the name of the database that a URL leads to.
func DatabaseOf(raw secret.Secret) (string, error) {
	e, err := newEndpoint(raw, "", nil)
	if err != nil {
		return "", err
	}
	return e.config.Database, nil
}

// lockOf names the lock file of one database's runs, or of one cluster's.
func lockOf(system, database string) string {
	if database == "" {
		return fmt.Sprintf(".axisor_backup_%s.lock", system)
	}
	return fmt.Sprintf(".axisor_backup_%s_%s.lock", system, url.PathEscape(database))
}
