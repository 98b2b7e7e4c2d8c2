package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

// buildPoll is how often a build is asked how far it is: often enough to see it move, and half a minute of
// silence at most in a log.
const buildPoll = 2 * time.Second

// reportBuild reports on the index that conn is about to build, from another connection, until the returned
// function is called. A pool without a free connection means no report and no harm.
func (m *Migrator) reportBuild(ctx context.Context, conn *sql.Conn, index string) (stop func()) {
	var pid int
	if conn.QueryRowContext(ctx, `SELECT pg_backend_pid()`).Scan(&pid) != nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		for last := ""; sleep(ctx, buildPoll) == nil; {
			if now := m.buildState(ctx, pid); now != "" && now != last {
				m.o.Progress(fmt.Sprintf("index %q: %s", index, now))
				last = now
			}
		}
	})
	return func() {
		cancel()
		wg.Wait()
	}
}

// buildState describes the build of a server process in words, "" when there is none.
func (m *Migrator) buildState(ctx context.Context, pid int) string {
	var phase string
	var done, total, waited, waiters, blocker int64
	err := m.db.QueryRowContext(ctx, `SELECT phase, GREATEST(blocks_done, tuples_done), GREATEST(blocks_total, tuples_total),
			lockers_done, lockers_total, COALESCE(current_locker_pid, 0)
		FROM pg_catalog.pg_stat_progress_create_index WHERE pid = $1`, pid).Scan(&phase, &done, &total, &waited, &waiters, &blocker)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return m.waiting(ctx, pid)
	case err != nil:
		return ""
	case blocker > 0 || waiters > waited:
		return fmt.Sprintf("%s, %d of %d, now server process %d", phase, waited, waiters, blocker)
	case total > 0:
		return fmt.Sprintf("%s, %d%%", phase, 100*done/total)
	}
	return phase
}

// waiting describes what keeps a server process that builds nothing, as one that drops an index concurrently.
func (m *Migrator) waiting(ctx context.Context, pid int) string {
	var blocker int
	if m.db.QueryRowContext(ctx, `SELECT (pg_blocking_pids($1))[1]`, pid).Scan(&blocker) != nil {
		return "" // nothing does, or we may not know
	}
	return fmt.Sprintf("waiting for the transaction of server process %d", blocker)
}
