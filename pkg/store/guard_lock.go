package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"time"
)

// guardLock names the session lock that a guard run holds. Of two installations in one database each has its own: Named
// tells them apart.
const guardLock = "axisor.guard.run"

// unlockTimeout bounds the wait for a server that does not answer any more.
const unlockTimeout = 2 * time.Second

// GuardLockedError says who holds the lock of the guard run.
type GuardLockedError struct {
	PID         int
	Application string
	Address     string
	Since       time.Time
}

func (e *GuardLockedError) Error() string {
	if e.PID == 0 {
		return "another guard run is under way"
	}
	from := e.Application
	if e.Address != "" {
		from += " at " + e.Address
	}
	return fmt.Sprintf("another guard run is under way since %s (%s, server process %d)",
		e.Since.UTC().Format(time.RFC3339), from, e.PID)
}

// Unwrap makes errors.Is(err, ErrLocked) true.
func (e *GuardLockedError) Unwrap() error { return ErrLocked }

// LockGuardRun takes the lock of the guard run on a connection of its own and
// gives it up when release is called, or when this process or its connection
// ends, however that happens. It does not wait: a lock held by somebody else is
// a *GuardLockedError. The label is shown as the holder's application name.
func (d *DB) LockGuardRun(ctx context.Context, label string) (release func(), err error) {
	return d.lockGuard(ctx, label, "pg_try_advisory_lock")
}

// ShareGuardRun is LockGuardRun for a worker: any number of workers hold the
// lock at the same time, and no run does.
func (d *DB) ShareGuardRun(ctx context.Context, label string) (release func(), err error) {
	return d.lockGuard(ctx, label, "pg_try_advisory_lock_shared")
}

func (d *DB) lockGuard(ctx context.Context, label, function string) (release func(), err error) {
	conn, giveBack, err := d.session(ctx)
	if err != nil {
		return nil, err
	}
	end := func() {
		// Given up in so many words, so that it is free when this returns. Then
		// the session ends, which frees the lock even if that did not work, and
		// forgets the application name.
		brief, cancel := context.WithTimeout(context.WithoutCancel(ctx), unlockTimeout)
		defer cancel()
		_, _ = conn.ExecContext(brief, "SELECT pg_advisory_unlock_all()")
		_ = conn.Raw(func(any) error { return driver.ErrBadConn })
		giveBack()
	}
	var got bool
	_, err = conn.ExecContext(ctx, "SELECT set_config('application_name', $1, false)", label)
	if err == nil {
		err = conn.QueryRowContext(ctx, "SELECT "+function+"(hashtextextended($1, 0))", d.Named(guardLock)).Scan(&got)
	}
	switch {
	case err != nil:
		end()
		return nil, d.translate(ctx, err)
	case !got:
		end()
		return nil, d.guardHolder(ctx)
	}
	return end, nil
}

// heldLocks are the granted locks of guard runs and workers.
const heldLocks = `
	FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
	WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
	  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
	  AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended(?, 0)`

// guardDead reports whether a run that was read as under way has died with its
// process: nobody holds the lock of runs, and before and after that was seen the run
// had not come to its end.
func (d *DB) guardDead(ctx context.Context, runID string) (bool, error) {
	var held, still bool
	if err := d.Gorm(ctx).Raw(`SELECT EXISTS (SELECT 1 `+heldLocks+`)`, d.Named(guardLock)).Scan(&held).Error; err != nil || held {
		return false, err
	}
	err := d.Gorm(ctx).Raw(`SELECT EXISTS (SELECT 1 FROM axisor.guard_run WHERE id = ? AND state = 'running')`, runID).Scan(&still).Error
	return still, err
}

// guardHolder finds out who holds the lock; it may have been given up since.
func (d *DB) guardHolder(ctx context.Context) error {
	var rows []struct {
		PID         int `gorm:"column:pid"`
		Application string
		Address     string
		Since       time.Time
	}
	err := d.Gorm(ctx).Raw(`
		SELECT a.pid, a.application_name AS application, COALESCE(host(a.client_addr), '') AS address,
		       (a.backend_start AT TIME ZONE 'UTC') AS since`+heldLocks, d.Named(guardLock)).Scan(&rows).Error
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return &GuardLockedError{}
	}
	return &GuardLockedError{
		PID: rows[0].PID, Application: rows[0].Application, Address: rows[0].Address, Since: rows[0].Since,
	}
}
