package backup

import (
	"context"
	"fmt"

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
	NoOwner    bool              // leave the owners out also where they would be kept by themselves
	NoACL      bool              // the same for grants
	GoOn       bool              // keep what can be restored after errors; see Restored.Failures
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
	Failures []Failure     // entries that could not be restored; with GoOn only
	Failed   int           // how many, when there were too many to keep
	NotKept  []string      // properties of the database that it lost, each with the reason
	Stay     []string      // what belongs to the old database and cannot be taken over: slots, subscriptions, labels
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
