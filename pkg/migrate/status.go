package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/axisor/axisor/pkg/pgdirect"
)

// What can be wrong with a schema or a request, for errors.Is.
var (
	// ErrLocked says that another migrator held the lock for the whole LockTimeout.
	ErrLocked = errors.New("another migration is running")
	// ErrBusy says that somebody's lock, or a limit of the server, kept everything out for the whole LockTimeout.
	ErrBusy = errors.New("the tables of the migrations are busy")
	// ErrNoSchema says that the database has no axisor schema at all.
	ErrNoSchema = errors.New("the database has no axisor schema")
	// ErrSchemaOld says that migrations are pending.
	ErrSchemaOld = errors.New("the database schema is older than this axisor")
	// ErrSchemaNew says that the database was migrated by a newer binary.
	ErrSchemaNew = errors.New("the database schema is newer than this axisor")
	// ErrOutOfOrder says that migrations are missing that are older than the newest applied one.
	ErrOutOfOrder = errors.New("migrations are missing below the newest one that is applied")
	// ErrUnknownVersion says that there is no migration of that number.
	ErrUnknownVersion = errors.New("no such migration")
	// ErrPoolTooSmall says that the pool has one connection where two are needed: one holds the lock.
	ErrPoolTooSmall = errors.New("migrations need a pool of at least two connections")
	// ErrPooler says that a transaction pooler is between us and the server: session locks and
	// settings would end up in other people's sessions.
	ErrPooler = pgdirect.ErrPooler
)

// VersionError tells how far a database is from this binary. It is an ErrNoSchema, ErrSchemaOld or
// ErrSchemaNew.
type VersionError struct {
	Current, Head int64
	Pending       int // how many of this binary's migrations the database lacks
}

func (e *VersionError) Error() string {
	if e.Current == 0 {
		return ErrNoSchema.Error()
	}
	if e.Pending > 0 && e.Current == e.Head {
		return fmt.Sprintf("%s: it has version %d, and lacks %d older migrations", ErrSchemaOld, e.Current, e.Pending)
	}
	return fmt.Sprintf("%s: it has version %d, this binary expects %d", e.Unwrap(), e.Current, e.Head)
}

// Unwrap gives the sentinel.
func (e *VersionError) Unwrap() error {
	switch {
	case e.Current == 0:
		return ErrNoSchema
	case e.Current > e.Head:
		return ErrSchemaNew
	default:
		return ErrSchemaOld
	}
}

// State says where a migration stands in a database.
type State string

// The states. Unknown ones were applied by another binary.
const (
	StateApplied State = "applied"
	StatePending State = "pending"
	StateUnknown State = "unknown"
)

// Item is one migration and its state in the database.
type Item struct {
	Version   int64
	Name      string
	State     State
	AppliedAt *time.Time // UTC; nil unless applied
}

// Version reports the newest applied version (0: none) and the newest one this binary has. It writes
// nothing, not even the version table.
func (m *Migrator) Version(ctx context.Context) (current, head int64, err error) {
	err = m.readHistory(ctx, `SELECT COALESCE(max(version_id), 0) FROM %s WHERE is_applied`, func(r *sql.Rows) error { return r.Scan(&current) })
	if err != nil {
		return 0, m.head, fmt.Errorf("read the schema version: %w", err)
	}
	return current, m.head, nil
}

// Check returns nil when the schema is the one this binary was made for and a session sees its tables. Otherwise it is a
// *VersionError, an *UnadoptedError or a *HiddenError.
func (m *Migrator) Check(ctx context.Context) error {
	applied, err := m.history(ctx)
	if err != nil {
		return err
	}
	e := &VersionError{Head: m.head}
	for version := range applied {
		e.Current = max(e.Current, version)
	}
	for version := range m.names {
		if _, ok := applied[version]; !ok {
			e.Pending++
		}
	}
	if e.Current == 0 {
		if err := m.unadopted(ctx); err != nil {
			return err
		}
	}
	if e.Current != e.Head || e.Pending > 0 {
		return e
	}
	p, err := m.place(ctx)
	if err != nil {
		return err
	}
	hidden, err := m.hidden(ctx, p)
	if err == nil && hidden != nil {
		err = hidden
	}
	return err
}

// Versions lists the migrations of this binary, in order.
func (m *Migrator) Versions() []int64 { return slices.Sorted(maps.Keys(m.names)) }

// Status lists every migration of this binary and of the database, by version. Of a database that somebody else made the
// tables of it is an *UnadoptedError.
func (m *Migrator) Status(ctx context.Context) ([]Item, error) {
	applied, err := m.history(ctx)
	if err == nil && len(applied) == 0 {
		err = m.unadopted(ctx)
	}
	if err != nil {
		return nil, err
	}
	var items []Item
	for version, name := range m.names {
		item := Item{Version: version, Name: name, State: StatePending}
		if at, ok := applied[version]; ok {
			item.State, item.AppliedAt = StateApplied, &at
		}
		items = append(items, item)
	}
	for version, at := range applied {
		if _, known := m.names[version]; !known {
			items = append(items, Item{Version: version, State: StateUnknown, AppliedAt: &at})
		}
	}
	slices.SortFunc(items, func(a, b Item) int { return int(a.Version - b.Version) })
	return items, nil
}

// Pending lists what UpTo would apply, in order, and fails where UpTo would refuse.
func (m *Migrator) Pending(ctx context.Context, to int64) ([]Item, error) {
	if err := m.readyUp(ctx, to); err != nil {
		return nil, err
	}
	items, err := m.Status(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(items, func(i Item) bool { return i.State != StatePending || i.Version > to }), nil
}

func (m *Migrator) history(ctx context.Context) (map[int64]time.Time, error) {
	applied := map[int64]time.Time{}
	err := m.readHistory(ctx, `SELECT version_id, tstamp FROM %s WHERE is_applied AND version_id > 0`, func(r *sql.Rows) error {
		var version int64
		var at time.Time
		err := r.Scan(&version, &at)
		applied[version] = at.UTC()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the migration history: %w", err)
	}
	return applied, nil
}

func sqlState(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// isUndefinedTable also takes a missing schema for a missing table: the search path may name one that
// nobody has created yet.
func isUndefinedTable(err error) bool {
	state := sqlState(err)
	return state == "42P01" || state == "3F000"
}

// isBusy tells whether a statement ended because others were in its way or it took longer than the server's limit: the
// same statement may pass a moment later.
func isBusy(err error) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	switch pg.Code {
	case "55P03", "40P01":
		return true
	case "57014": // also what a cancelled statement says
		return strings.Contains(pg.Message, "timeout")
	}
	return false
}
