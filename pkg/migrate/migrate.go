// Package migrate applies the embedded SQL migrations, tells which ones a database has, and compares a
// live database with the schema this binary expects. It owns the table axisor_migrations and the
// migration lock. It works on a plain *sql.DB of the pgx driver and knows nothing of models, queries or
// commands.
//
// goose does the bookkeeping. This package adds what goose leaves out: a lock that is polled, so that
// CREATE INDEX CONCURRENTLY never waits for another migrator; index files that can be resumed; a retry
// when a busy table refuses a lock; and errors that name the file and the line.
package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"path"
	"strings"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/axisor/axisor/migrations"
	"github.com/axisor/axisor/pkg/namespace"
)

// VersionTable is the name of the table that records the applied migrations.
const VersionTable = namespace.VersionTable

const (
	defaultLockTimeout = 60 * time.Second
	lockPoll           = 250 * time.Millisecond
	// firstRetry is more than twice as long as a try may keep others waiting: what has piled up behind it meanwhile is
	// worked off before the next.
	firstRetry = time.Second
	// statementLockTimeout bounds how long a statement queues for a lock where the locks of its transaction are not
	// known before. It counts instead of what the files say.
	statementLockTimeout = "400ms"
)

// Options configure a Migrator. The zero value is usable.
type Options struct {
	// Logger receives one debug record per statement. Nil discards.
	Logger *slog.Logger
	// LockTimeout is how long to wait for another migrator, and how long to go on retrying a
	// migration that a busy table keeps out. 0 means a minute.
	LockTimeout time.Duration
	// Progress receives sentences for the operator: waiting for a lock, a file applied. Nil discards.
	Progress func(string)
	// Now is the clock of the waits. Nil means time.Now.
	Now func() time.Time
	// Sessions says that a pooler in between gives each connection a session of the server until it is closed, as its
	// owner knows. Without it every pooler is refused.
	Sessions bool
	// OutOfOrder lets Up apply migrations that are older than the newest applied one. Without it they are refused.
	OutOfOrder bool
	// ApplicationNames lets a baseline adopt tables that have the web application's names. Without it they are refused:
	// values that axisor writes do not mean the same to that application yet.
	ApplicationNames bool
}

// Applied is one migration that a run applied or took back.
type Applied struct {
	Version  int64
	Name     string
	Duration time.Duration
}

// Migrator applies migrations to one database.
type Migrator struct {
	db       *sql.DB
	files    fs.FS
	names    map[int64]string // version → file name
	head     int64
	provider *goose.Provider
	locker   *locker
	recorder *recorder
	waits    bool // a LockTimeout was given
	o        Options
}

// New prepares a Migrator over the embedded migrations. It does not connect.
func New(db *sql.DB, o Options) (*Migrator, error) {
	locks, err := releasedLocks()
	if err != nil {
		return nil, err
	}
	return newMigrator(db, migrations.Files, locks, o)
}

func newMigrator(db *sql.DB, files fs.FS, locks map[string]fileLocks, o Options) (*Migrator, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	waits := o.LockTimeout > 0
	if !waits {
		o.LockTimeout = defaultLockTimeout
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	if o.Now == nil {
		o.Now = time.Now //nolint:forbidigo // the default of the option that passes the clock in
	}
	m := &Migrator{db: db, waits: waits, names: map[int64]string{}, o: o}
	m.locker = &locker{db: db, sessions: o.Sessions, timeout: o.LockTimeout, progress: o.Progress, now: o.Now, place: place{names: namespace.Default()}}
	files = brief{files, m.locker, locks}
	m.files = files
	m.recorder = &recorder{next: o.Logger}

	indexFiles, err := readIndexFiles(files)
	if err != nil {
		return nil, err
	}
	options := []goose.ProviderOption{
		goose.WithStore(ordered{history{func() namespace.Names { return m.locker.place.names }}}),
		goose.WithAllowOutofOrder(true), // Up refuses what may not be
		goose.WithSessionLocker(m.locker),
		goose.WithDisableGlobalRegistry(true),
		goose.WithVerbose(true),
		goose.WithSlog(slog.New(m.recorder)),
	}
	var excluded []string
	for _, f := range indexFiles {
		m.names[f.version] = f.name
		excluded = append(excluded, f.name)
		options = append(options, goose.WithGoMigrations(m.indexMigration(f)))
	}
	options = append(options, goose.WithExcludeNames(excluded))
	if m.provider, err = goose.NewProvider(goose.DialectCustom, db, files, options...); err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	for _, s := range m.provider.ListSources() {
		if s.Path != "" {
			m.names[s.Version] = path.Base(s.Path)
		}
		m.head = max(m.head, s.Version)
	}
	return m, nil
}

// Head is the newest version this binary knows.
func (m *Migrator) Head() int64 { return m.head }

// Up applies everything that is pending. Nothing pending is an empty result and no error.
func (m *Migrator) Up(ctx context.Context) ([]Applied, error) { return m.UpTo(ctx, m.head) }

// UpTo applies what is pending up to and including version to. What was applied before a failure is in
// the result; the failure is a *FailedError when a migration caused it.
func (m *Migrator) UpTo(ctx context.Context, to int64) ([]Applied, error) {
	if err := m.readyUp(ctx, to); err != nil {
		return nil, err
	}
	if err := m.ensureTable(ctx); err != nil {
		return nil, err
	}
	done, err := m.run(ctx, "up", func() ([]*goose.MigrationResult, error) { return m.provider.UpTo(ctx, to) })
	if err == nil && len(done) > 0 {
		m.warnUnprotected(ctx)
	}
	return done, err
}

// Down takes back every migration above version to, newest first; 0 empties the schema.
func (m *Migrator) Down(ctx context.Context, to int64) ([]Applied, error) {
	if to < 0 {
		return nil, fmt.Errorf("migrate down to %d: %w", to, ErrUnknownVersion)
	}
	if to > 0 {
		if err := m.ready(ctx, to); err != nil {
			return nil, err
		}
	}
	current, _, err := m.Version(ctx)
	if err != nil || current <= to {
		return nil, err
	}
	if err := m.Reversible(ctx, to); err != nil {
		return nil, err
	}
	return m.run(ctx, "down", func() ([]*goose.MigrationResult, error) { return m.provider.DownTo(ctx, to) })
}

// ready refuses what cannot end well before anything is touched.
func (m *Migrator) ready(ctx context.Context, to int64) error {
	if _, ok := m.names[to]; !ok {
		return fmt.Errorf("migration %d: %w", to, ErrUnknownVersion)
	}
	if m.db.Stats().MaxOpenConnections == 1 {
		return ErrPoolTooSmall
	}
	current, head, err := m.Version(ctx)
	if err != nil {
		return err
	}
	if current > head {
		return &VersionError{Current: current, Head: head}
	}
	if current == 0 {
		return m.unadopted(ctx)
	}
	return nil
}

// run executes step and repeats it while a busy table refuses its lock. A file in a transaction leaves
// nothing behind when that happens, and an index file resumes, so repeating is safe.
func (m *Migrator) run(ctx context.Context, direction string, step func() ([]*goose.MigrationResult, error)) ([]Applied, error) {
	var done []Applied
	deadline := m.o.Now().Add(m.o.LockTimeout)
	for wait := firstRetry; ; wait = min(2*wait, 5*time.Second) {
		results, err := step()
		var partial *goose.PartialError
		if errors.As(err, &partial) {
			results = partial.Applied
		}
		if len(results) > 0 { // each file has the whole time: an index before it may have taken hours
			deadline, wait = m.o.Now().Add(m.o.LockTimeout), firstRetry
		}
		for _, r := range results {
			done = append(done, Applied{Version: r.Source.Version, Name: m.names[r.Source.Version], Duration: r.Duration})
		}
		if partial == nil {
			return done, err
		}
		failed := m.located(direction, partial)
		if !isBusy(partial.Err) || m.o.Now().After(deadline) || ctx.Err() != nil {
			return done, failed
		}
		m.o.Progress(fmt.Sprintf("%s: a table is busy, trying again%s", failed.File, m.blocker(ctx)))
		jitter := rand.N(wait) //nolint:gosec // spreads retries; nobody gains by guessing it
		if err := sleep(ctx, wait/2+jitter); err != nil {
			return done, failed
		}
	}
}

// inTime runs what the migrations begin with: whatever keeps it out, somebody's lock or the server's limits of time for
// our login, is waited for as long as LockTimeout says, and then an ErrBusy. Without a LockTimeout those limits count.
func (m *Migrator) inTime(ctx context.Context, do func(context.Context) error) error {
	if !m.waits {
		return do(ctx)
	}
	limited, cancel := context.WithTimeout(ctx, m.o.LockTimeout)
	defer cancel()
	err := m.patiently(limited, func() error { return do(limited) })
	if err != nil && ctx.Err() == nil && (isBusy(err) || limited.Err() != nil) && !errors.Is(err, ErrLocked) {
		return fmt.Errorf("%w: waited %s%s: %w", ErrBusy, m.o.LockTimeout, m.blocker(ctx), err)
	}
	return err
}

const createVersionTable = `DO $$
BEGIN
	IF to_regclass('` + VersionTable + `') IS NULL THEN
		CREATE TABLE ` + VersionTable + ` (
			id integer PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY,
			version_id bigint NOT NULL,
			is_applied boolean NOT NULL,
			tstamp timestamp(6) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')
		);
		INSERT INTO ` + VersionTable + ` (version_id, is_applied) VALUES (0, true);
	END IF;
END $$;`

// ensureTable creates the version table before goose would: goose does it outside the lock, where two
// migrators of a new database collide.
func (m *Migrator) ensureTable(ctx context.Context) error {
	conn, err := m.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer conn.Close()
	table, err := versionTable(ctx, conn, connNames(conn))
	if err != nil || table != "" {
		return err
	}
	if err := m.locker.SessionLock(ctx, conn); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, createVersionTable)
	if err != nil {
		err = fmt.Errorf("create table %s: %w", VersionTable, err)
	}
	return errors.Join(err, m.locker.SessionUnlock(context.WithoutCancel(ctx), conn))
}

// warnUnprotected names tables whose row security is on without a policy: the server had no role
// "authenticated" and did not let us make it, so everybody but the owner sees no rows.
func (m *Migrator) warnUnprotected(ctx context.Context) {
	p, err := m.place(ctx)
	if err != nil {
		return
	}
	//nolint:gosec // the names of the schemas are quoted
	rows, err := m.db.QueryContext(ctx, `SELECT c.relname FROM pg_catalog.pg_class c
		WHERE c.relnamespace IN `+p.schemas()+` AND c.relrowsecurity
		AND NOT EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid) ORDER BY 1`)
	if err != nil {
		return
	}
	defer rows.Close()
	var tables []string
	for rows.Next() {
		var table string
		if rows.Scan(&table) == nil {
			tables = append(tables, table)
		}
	}
	if rows.Err() == nil && len(tables) > 0 {
		m.o.Progress(fmt.Sprintf("warning: row security of %d tables has no policy, so only their owner sees rows (%s): the role \"authenticated\" is missing; "+
			"as an administrator CREATE ROLE authenticated NOLOGIN, then axisor migrate verify --fix --yes", len(tables), strings.Join(tables, ", ")))
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
