package migrate

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/axisor/axisor/pkg/pgdirect"
)

// LockKey is the key of the migration lock among the advisory locks of a database ("axisormi" in ASCII).
const LockKey int64 = 0x617869736f726d69

// secondSession bounds the wait for a second session: a pooler makes whoever comes wait when it has no more.
const secondSession = 10 * time.Second

// locker is goose's session lock. It polls: a session that waits inside pg_advisory_lock holds a
// snapshot, CREATE INDEX CONCURRENTLY waits for all snapshots, and the two would wait for each other.
// It also owns the session settings of the connection that migrates, and remembers that connection for
// the index files.
type locker struct {
	db       *sql.DB
	sessions bool // Options.Sessions
	timeout  time.Duration
	progress func(string)
	now      func() time.Time
	conn     *sql.Conn // set while the lock is held; goose serialises its users
	place    place     // of the database whose lock was taken last
}

// SessionLock takes the lock on conn, or returns an error that wraps ErrLocked.
func (l *locker) SessionLock(ctx context.Context, conn *sql.Conn) error {
	if err := l.direct(ctx, conn); err != nil {
		return err
	}
	deadline := l.now().Add(l.timeout)
	for reported := false; ; {
		var got bool
		if err := conn.QueryRowContext(ctx, `SELECT pg_try_advisory_lock($1)`, LockKey).Scan(&got); err != nil {
			return fmt.Errorf("take the migration lock: %w", err)
		}
		if got {
			break
		}
		if !l.now().Before(deadline) {
			return fmt.Errorf("%w: waited %s for %s", ErrLocked, l.timeout, holder(ctx, conn))
		}
		if !reported {
			l.progress("waiting for another migration: " + holder(ctx, conn))
			reported = true
		}
		if err := sleep(ctx, lockPoll); err != nil {
			return fmt.Errorf("wait for the migration lock: %w", err)
		}
	}
	var err error
	if l.place, err = placeOf(ctx, conn, connNames(conn)); err != nil {
		return errors.Join(err, l.SessionUnlock(context.WithoutCancel(ctx), conn))
	}
	// The search path: the migrations name the design's tables without a schema, and make them where they are, whatever
	// else stands in front.
	// UTC: the reference rows and CURRENT_TIMESTAMP land in columns without a time zone. No statement
	// timeout: building an index may take hours, and the operator can interrupt.
	for _, set := range []string{
		`SET lock_timeout = '` + statementLockTimeout + `'`,
		`SET statement_timeout = 0`,
		`SET idle_in_transaction_session_timeout = 0`,
		`SET timezone = 'UTC'`,
		l.place.path(),
	} {
		if _, err := conn.ExecContext(ctx, set); err != nil {
			return errors.Join(fmt.Errorf("prepare session: %w", err), l.SessionUnlock(context.WithoutCancel(ctx), conn))
		}
	}
	l.conn = conn
	return nil
}

// SessionUnlock gives the lock back and the session its own settings. A connection on which that fails
// is thrown away, which releases the lock on the server.
func (l *locker) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	l.conn = nil
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for _, q := range []string{
		`RESET lock_timeout`, `RESET statement_timeout`, `RESET idle_in_transaction_session_timeout`, `RESET timezone`, `RESET search_path`,
	} {
		if _, err := conn.ExecContext(ctx, q); err != nil {
			discard(conn)
			return nil
		}
	}
	var released bool
	if err := conn.QueryRowContext(ctx, `SELECT pg_advisory_unlock($1)`, LockKey).Scan(&released); err != nil || !released {
		discard(conn)
	}
	return nil
}

// direct refuses a connection on which the server process is not the one that the client was told of, unless the owner
// of the pooler in between says that it keeps sessions apart, and nothing speaks against that.
func (l *locker) direct(ctx context.Context, conn *sql.Conn) error {
	err := withPgx(conn, func(c *pgx.Conn) error { return pgdirect.Check(ctx, c) })
	var pooler *pgdirect.Error
	if !errors.As(err, &pooler) {
		return err
	}
	if pooler.Sessions = true; !l.sessions {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, secondSession)
	defer cancel()
	other, err := l.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("a second session from the pooler: %w", err)
	}
	defer other.Close()
	return withPgx(conn, func(a *pgx.Conn) error {
		return withPgx(other, func(b *pgx.Conn) error { return pgdirect.Apart(ctx, a, b) })
	})
}

func withPgx(conn *sql.Conn, do func(*pgx.Conn) error) error {
	return conn.Raw(func(driverConn any) error {
		c, ok := driverConn.(*stdlib.Conn)
		if !ok {
			return nil
		}
		return do(c.Conn())
	})
}

// discard makes the pool close conn instead of handing it out again.
func discard(conn *sql.Conn) {
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
}

// holder describes who has the lock, as far as this role may see.
func holder(ctx context.Context, conn *sql.Conn) string {
	var pid int
	var app, age string
	err := conn.QueryRowContext(ctx, `SELECT l.pid, COALESCE(a.application_name, ''),
			COALESCE(date_trunc('second', clock_timestamp() - a.backend_start)::text, '')
		FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
		WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
		AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
		AND ((l.classid::bigint << 32) | l.objid::bigint) = $1 LIMIT 1`, LockKey).Scan(&pid, &app, &age)
	if err != nil {
		return "a session that has just ended"
	}
	return fmt.Sprintf("server process %d (%q, connected for %s)", pid, app, age)
}
