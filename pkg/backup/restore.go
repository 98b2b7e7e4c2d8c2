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
	KeepOwner  bool // keep the owners stored in the archive; their roles must exist
	KeepACL    bool // keep the grants stored in the archive; their roles must exist
	DryRun     bool // check everything, change nothing
	Progress   Counter
}

// Restored is what a restore did.
type Restored struct {
	ID       string
	Database string
	Created  bool
	Tables   int
	Rows     int64
}

// RestoreTo loads a backup into a new or empty database. The archive's digest is checked
// before, the row counts after. It is one transaction: on a failure an existing database is
// as it was, and one that was made here is dropped again.
func (r *Repository) RestoreTo(ctx context.Context, e Entry, o Restore) (_ Restored, err error) {
	if o.Database == "" || strings.ContainsRune(o.Database, 0) {
		return Restored{}, &InputError{Field: "database", Value: o.Database, Rule: "must be the name of the database to restore into"}
	}
	if err := r.verify(ctx, e, Check{Level: LevelDigest, Progress: o.Progress}); err != nil {
		return Restored{}, err
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
	target, err := newEndpoint(o.Server, o.Database, r.o.Environ)
	if err != nil {
		return Restored{}, err
	}
	there, err := checkTarget(ctx, admin, conn, target)
	if err != nil {
		return Restored{}, err
	}
	done := Restored{
		ID: e.ID, Database: o.Database, Created: !there, Tables: len(e.Manifest.Tables), Rows: e.Manifest.Rows(),
	}
	if o.DryRun {
		return done, nil
	}
	if !there {
		if err := createDatabase(ctx, admin, conn, o.Database, e.Manifest.Database); err != nil {
			return Restored{}, err
		}
	}
	defer func() {
		if err == nil || there {
			return
		}
		clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
		defer cancel()
		if derr := dropDatabase(clean, admin, conn, o.Database); derr != nil {
			err = errors.Join(err, fmt.Errorf("drop unfinished database: %w", derr))
		}
	}()
	var flags []string
	if !o.KeepOwner {
		flags = append(flags, "--no-owner")
	}
	if !o.KeepACL {
		flags = append(flags, "--no-acl")
	}
	if err := r.load(ctx, e, tools, target, flags, identities); err != nil {
		return Restored{}, r.blame(ctx, e, identities, err)
	}
	if err := compareWith(ctx, e, target); err != nil {
		return Restored{}, err
	}
	if err := analyze(ctx, target); err != nil {
		return Restored{}, err
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
