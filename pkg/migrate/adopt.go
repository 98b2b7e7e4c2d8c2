package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// prismaLockKey is the advisory lock of Prisma's own migrator.
const prismaLockKey = 72707369

// adopt brings the design's tables to what the migrations up to BaselineVersion make, and records those. It
// works on the connection that holds the migration lock. Every step is taken from what is there, so a run
// that ends in the middle is continued by the next.
func (m *Migrator) adopt(ctx context.Context, conn *sql.Conn) (*Adoption, error) {
	a, err := m.planBaseline(ctx)
	if err != nil {
		return a, err
	}
	if a.Prisma.Present {
		var got bool
		if err := conn.QueryRowContext(ctx, `SELECT pg_try_advisory_lock($1)`, prismaLockKey).Scan(&got); err != nil {
			return a, fmt.Errorf("take Prisma's lock: %w", err)
		}
		if !got {
			return a, fmt.Errorf("%w: Prisma holds its migration lock", ErrLocked)
		}
		defer func() {
			_, _ = conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, prismaLockKey)
		}()
	}
	if err := m.ensureRole(ctx, conn); err != nil {
		return a, err
	}
	for _, s := range a.Steps {
		if err := m.step(ctx, conn, s); err != nil {
			return a, fmt.Errorf("add %s %s: %w", s.Kind, s.Object, err)
		}
		m.o.Progress(fmt.Sprintf("%s %s: added", s.Kind, s.Object))
	}
	return a, m.recordBaseline(ctx, conn)
}

// ensureRole runs the statements of the migration that makes the role of the policies.
func (m *Migrator) ensureRole(ctx context.Context, conn *sql.Conn) error {
	f, err := readFile(m.files, m.names[roleVersion])
	if err != nil {
		return err
	}
	return inTransaction(ctx, conn, f.up)
}

// step runs the statements of one finding. Reading a whole table to validate a rule is a transaction of its
// own, so that the strong lock of adding the rule is not held for it.
func (m *Migrator) step(ctx context.Context, conn *sql.Conn, f Finding) error {
	if f.Kind == "policy" {
		ok, err := roleExists(ctx, conn)
		if err != nil || !ok {
			return err // what the migration itself does on a server that grants no roles; verify reports it
		}
	}
	statements := Split(m.locker.place.names.Rename(f.FixSQL))
	if f.Kind == "index" {
		return m.indexStep(ctx, conn, statements)
	}
	if len(statements) == 1 && strings.HasPrefix(statements[0].SQL, "REINDEX ") {
		return m.unhurried(ctx, conn, func() error {
			_, err := conn.ExecContext(ctx, statements[0].SQL)
			return err
		})
	}
	for i, script := range scripts(statements) {
		if locks := keyLocks(script); len(locks) > 0 {
			script = takeLocks(locks) + "\n" + script
		}
		err := m.patiently(ctx, func() error { return inTransaction(ctx, conn, script) })
		if err != nil && i > 0 && f.undoSQL != "" {
			return errors.Join(err, m.patiently(context.WithoutCancel(ctx), func() error {
				return inTransaction(context.WithoutCancel(ctx), conn, m.locker.place.names.Rename(f.undoSQL))
			}))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// scripts puts statements together that belong into one transaction.
func scripts(statements []Statement) []string {
	var found, together []string
	flush := func() {
		if len(together) > 0 {
			found = append(found, strings.Join(together, ";\n"))
		}
		together = nil
	}
	for _, s := range statements {
		alone := strings.Contains(s.SQL, " VALIDATE CONSTRAINT ") || strings.Contains(s.SQL, " ADD VALUE ")
		if alone {
			flush()
		}
		if together = append(together, s.SQL); alone {
			flush()
		}
	}
	flush()
	return found
}

func (m *Migrator) indexStep(ctx context.Context, conn *sql.Conn, statements []Statement) error {
	for _, s := range statements {
		var err error
		if i, ok := parseIndex(createPattern(), s.SQL); ok {
			err = m.buildOrLeave(ctx, conn, i)
		} else if i, ok := parseIndex(dropPattern(), s.SQL); ok {
			err = m.buildIndex(ctx, conn, i, dropIndex)
		} else {
			_, err = conn.ExecContext(ctx, s.SQL)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func roleExists(ctx context.Context, conn *sql.Conn) (ok bool, err error) {
	err = conn.QueryRowContext(ctx, `SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'authenticated')`).Scan(&ok)
	return ok, err
}

// buildIndex creates or drops an index without a lock timeout, and reports how far it is.
func (m *Migrator) buildIndex(
	ctx context.Context, conn *sql.Conn, s indexStatement, do func(context.Context, *sql.Conn, indexStatement) error,
) error {
	s = s.in(m.locker.place.names)
	return m.unhurried(ctx, conn, func() error {
		stop := m.reportBuild(ctx, conn, s.index)
		defer stop()
		return do(ctx, conn, s)
	})
}

// buildOrLeave creates an index, or leaves no unfinished one behind.
func (m *Migrator) buildOrLeave(ctx context.Context, conn *sql.Conn, s indexStatement) error {
	err := m.buildIndex(ctx, conn, s, createIndex)
	if err == nil || ctx.Err() != nil {
		return err
	}
	if there, valid, look := indexState(ctx, conn, s.in(m.locker.place.names)); look == nil && there && !valid {
		return errors.Join(err, m.buildIndex(ctx, conn, s, dropIndex))
	}
	return err
}

// unhurried runs what blocks nobody while it waits, without a lock timeout.
func (m *Migrator) unhurried(ctx context.Context, conn *sql.Conn, do func() error) error {
	if _, err := conn.ExecContext(ctx, `SET lock_timeout = 0`); err != nil {
		return err
	}
	err := do()
	_, reset := conn.ExecContext(context.WithoutCancel(ctx), `SET lock_timeout = '`+statementLockTimeout+`'`)
	return errors.Join(err, reset)
}

// patiently repeats what a busy table keeps out, as a run of migrations does.
func (m *Migrator) patiently(ctx context.Context, do func() error) error {
	deadline := m.o.Now().Add(m.o.LockTimeout)
	for wait := firstRetry; ; wait = min(2*wait, 5*time.Second) {
		err := do()
		if !isBusy(err) || m.o.Now().After(deadline) {
			return err
		}
		m.o.Progress("a table is busy, trying again" + m.blocker(ctx))
		jitter := rand.N(wait) //nolint:gosec // spreads retries; nobody gains by guessing it
		if sleep(ctx, wait/2+jitter) != nil {
			return err
		}
	}
}

// inTransaction runs statements without parameters, all or none.
func inTransaction(ctx context.Context, conn *sql.Conn, statements string) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, statements); err != nil {
		return err
	}
	return tx.Commit()
}

// recordBaseline writes the history that the migrations would have left. It looks once more: what a busy hour
// added in between must not be recorded as there when it is not.
func (m *Migrator) recordBaseline(ctx context.Context, conn *sql.Conn) error {
	a, err := m.planBaseline(ctx)
	if err != nil {
		return err
	}
	for _, s := range a.Steps {
		if s.Kind != "policy" {
			return fmt.Errorf("%s %s is %s again: someone else is changing the schema", s.Kind, s.Object, s.Problem)
		}
	}
	var script strings.Builder
	script.WriteString(createVersionTable)
	for version := range m.names {
		if version <= BaselineVersion {
			fmt.Fprintf(&script, "\nINSERT INTO %s (version_id, is_applied) VALUES (%d, true);", VersionTable, version)
		}
	}
	if err := inTransaction(ctx, conn, script.String()); err != nil {
		return fmt.Errorf("record the baseline: %w", err)
	}
	return nil
}
