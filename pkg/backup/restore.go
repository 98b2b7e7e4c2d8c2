package backup

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/axisor/axisor/pkg/secret"
)

// Restore says where a backup goes.
type Restore struct {
	Server     secret.Secret // URL on the server; its database is only used to log in
	Database   string        // the database to restore into; made when it does not exist
	Identities Identities
	KeepOwner  bool              // keep the owners stored in the archive; their roles must exist
	KeepACL    bool              // keep the grants stored in the archive; their roles must exist
	Role       string            // owner of everything that is restored; empty is the login
	MapRoles   map[string]string // other names for roles of the archive; keeps owners and grants
	Jobs       int               // parallel workers; more than one gives up the single transaction
	Tables     []string          // rows of these tables only: name or schema.name; empty is all
	SchemaOnly bool              // no rows at all
	Existing   ExistingWay       // what happens to a database that is there and not empty
	DryRun     bool              // check everything, change nothing
	Progress   Counter
}

// ExistingWay is what happens to a database that is there and not empty.
type ExistingWay int

// The ways. Swap and Replace restore beside it first: until the copy is complete and compared,
// the database in use is not touched.
const (
	Refuse  ExistingWay = iota // the default
	Swap                       // rename it away and put the copy in its place
	Replace                    // the same, and then drop it
)

// Restored is what a restore did.
type Restored struct {
	ID       string
	Database string
	Created  bool
	Previous string // the name that a swapped database has now
	Dropped  bool   // it was dropped
	Tables   int
	Rows     int64
	Target   secret.Secret // URL of the restored database
	Roles    []RoleUse     // that the restore needs, when it keeps owners or grants
}

// RestoreTo loads a backup into a database. The archive's digest is checked before, the row
// counts after. On a failure an existing database is as it was, and one that was made here is
// dropped again.
func (r *Repository) RestoreTo(ctx context.Context, e Entry, o Restore) (_ Restored, err error) {
	if o.Database == "" || strings.ContainsRune(o.Database, 0) {
		return Restored{}, &InputError{Field: "database", Value: o.Database, Rule: "must be the name of the database to restore into"}
	}
	if err := r.verify(ctx, e, Check{Level: LevelDigest, Progress: o.Progress}); err != nil {
		return Restored{}, err
	}
	chosen, err := chooseTables(e.Manifest, o.Tables)
	if err != nil {
		return Restored{}, err
	}
	if len(o.MapRoles) > 0 {
		o.KeepOwner, o.KeepACL = true, true
	}
	identities, err := openIdentities(e, o.Identities)
	if err != nil {
		return Restored{}, err
	}
	admin, conn, err := r.login(ctx, o.Server)
	if err != nil {
		return Restored{}, err
	}
	defer admin.close(ctx, conn)
	server, _, err := serverFacts(ctx, admin, conn)
	if err != nil {
		return Restored{}, err
	}
	tools, err := r.o.Tools.Find(ctx, max(r.archiveMajor(e), versionFromNumber(server.VersionNumber).Major))
	if err != nil {
		return Restored{}, err
	}
	final, err := newEndpoint(o.Server, o.Database, r.o.Environ)
	if err != nil {
		return Restored{}, err
	}
	there, err := checkTarget(ctx, admin, conn, final)
	full := errors.Is(err, ErrTargetNotEmpty)
	if err != nil && (!full || o.Existing == Refuse) {
		return Restored{}, err
	}
	done := Restored{ID: e.ID, Database: o.Database, Created: !there, Target: r.urlOf(o.Server, o.Database)}
	if done.Roles, err = r.roles(ctx, e, o, admin, conn, identities); err != nil {
		return Restored{}, err
	}
	done.Tables, done.Rows = len(e.Manifest.Tables), rowsOf(e.Manifest, chosen, o.SchemaOnly)
	into := final
	if full || there && o.Jobs > 1 {
		// Beside the old one, which stays untouched until the new one is complete.
		if into, err = newEndpoint(o.Server, besideName(o.Database, e.ID), r.o.Environ); err != nil {
			return Restored{}, err
		}
		// With milliseconds: two exchanges in one second must not want the same name.
		stamp := strings.ReplaceAll(r.o.Now().UTC().Format(stampLayout+".000"), ".", "_")
		done.Previous = besideName(o.Database, "before_"+stamp)
		done.Dropped = o.Existing == Replace || !full
	}
	if o.DryRun {
		return done, nil
	}
	fresh := !there || into != final
	if fresh {
		if into != final {
			if err := dropDatabase(ctx, admin, conn, into.config.Database); err != nil { // of a run that died
				return Restored{}, err
			}
		}
		if err := createDatabase(ctx, admin, conn, into.config.Database, e.Manifest.Database); err != nil {
			return Restored{}, err
		}
	}
	kept := false
	defer func() {
		if err == nil || !fresh || kept {
			return
		}
		clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
		defer cancel()
		if derr := dropDatabase(clean, admin, conn, into.config.Database); derr != nil {
			err = errors.Join(err, fmt.Errorf("drop unfinished database: %w", derr))
		}
	}()
	how := loading{jobs: o.Jobs, chosen: chosen, schemaOnly: o.SchemaOnly, owner: o.KeepOwner, acl: o.KeepACL, role: o.Role, names: o.MapRoles}
	if err := r.load(ctx, e, tools, into, how, identities); err != nil {
		return Restored{}, r.blame(ctx, e, identities, err)
	}
	if chosen == nil && !o.SchemaOnly {
		if err := compareWith(ctx, e, into, false); err != nil {
			return Restored{}, err
		}
	} else if err := compareChosen(ctx, e, into, chosen, o.SchemaOnly); err != nil {
		return Restored{}, err
	}
	if err := analyze(ctx, into); err != nil {
		return Restored{}, err
	}
	if into == final {
		return done, nil
	}
	if err := r.swap(ctx, o, into.config.Database, done.Previous); err != nil {
		return Restored{}, err
	}
	kept = true
	if done.Dropped {
		if err := r.dropOld(ctx, o, done.Previous); err != nil {
			return done, fmt.Errorf("database %s is restored, but the old one is still there: %w", o.Database, err)
		}
	}
	return done, nil
}

// checkTarget reports whether the database exists; one that does must hold nothing.
func checkTarget(ctx context.Context, admin *endpoint, conn *pgx.Conn, target *endpoint) (bool, error) {
	name := target.config.Database
	var there bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&there); err != nil {
		return false, admin.classify(ctx, "look for database "+name, err)
	}
	if !there {
		return false, nil
	}
	inside, err := target.connect(ctx)
	if err != nil {
		return false, err
	}
	defer target.close(ctx, inside)
	// Anything a user can make counts, not only tables: a lone function or type may be
	// what somebody else relies on.
	var objects int64
	err = inside.QueryRow(ctx, `WITH own AS (
		SELECT oid FROM pg_namespace WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg\_%')
		SELECT (SELECT count(*) FROM pg_class WHERE relnamespace IN (SELECT oid FROM own))
		     + (SELECT count(*) FROM pg_proc WHERE pronamespace IN (SELECT oid FROM own))
		     + (SELECT count(*) FROM pg_type WHERE typnamespace IN (SELECT oid FROM own))
		     + (SELECT count(*) FROM pg_namespace WHERE oid IN (SELECT oid FROM own) AND nspname <> 'public')
		     + (SELECT count(*) FROM pg_extension WHERE extname <> 'plpgsql')
		     + (SELECT count(*) FROM pg_largeobject_metadata)`).Scan(&objects)
	if err != nil {
		return false, target.classify(ctx, "look into database "+name, err)
	}
	if objects > 0 {
		return true, fmt.Errorf("database %q holds %d objects: %w", name, objects, ErrTargetNotEmpty)
	}
	return true, nil
}

// analyze gives the planner its statistics, which an archive does not carry.
func analyze(ctx context.Context, e *endpoint) error {
	conn, err := e.connect(ctx)
	if err != nil {
		return err
	}
	defer e.close(ctx, conn)
	if _, err := conn.Exec(ctx, "ANALYZE"); err != nil {
		return e.classify(ctx, "analyze", err)
	}
	return nil
}
