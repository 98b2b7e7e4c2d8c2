// Package migrate holds the commands on the database schema: applying migrations, taking them back, and
// comparing a live schema with the expected one. It prints and asks; pkg/migrate does the work.
package migrate

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/pkg/migrate"
	"github.com/axisor/axisor/pkg/store"
)

// New builds `axisor migrate`.
func New(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "migrate",
		Short: "The database schema: apply, take back, verify",
		Long: `Applies the schema migrations that are part of this program, takes them back, and compares a live
schema with the one this program expects. One run at a time: a lock in the database keeps others out.`,
		Example: `  axisor migrate up
  axisor migrate status --check
  axisor migrate verify`,
	}
	flags.Mark(c, flags.NoRowsKey, "true")
	c.AddCommand(newUp(a), newDown(a), newStatus(a), newVersion(a), newVerify(a),
		newBaseline(a), newPrisma(a), newRedo(a), newCreate(a), newLint(a))
	return c
}

// session is a database together with its migrator.
type session struct {
	db *store.DB
	m  *migrate.Migrator
}

// connect opens the database and asks it for a sign of life, so that a server that is down is reported in
// the words every command uses for it.
func connect(ctx context.Context, a *app.App, lockTimeout time.Duration) (*session, error) {
	return open(ctx, a, migrate.Options{LockTimeout: lockTimeout})
}

func open(ctx context.Context, a *app.App, o migrate.Options) (*session, error) {
	db, err := a.RawDB()
	if err != nil {
		return nil, err
	}
	if err := db.Ping(ctx); err != nil {
		return nil, err
	}
	p, err := a.Printer()
	if err != nil {
		return nil, err
	}
	o.Sessions = db.Target().Sessions
	o.Logger, o.Now, o.Progress = a.Log(), a.Now, func(s string) { p.Notice("%s", s) }
	m, err := migrate.New(db.SQL(), o)
	if err != nil {
		return nil, err
	}
	return &session{db: db, m: m}, nil
}

// failure sorts what only migrations can fail with; the rest is sorted where all errors are.
func (s *session) failure(ctx context.Context, err error) error {
	var failed *migrate.FailedError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, migrate.ErrPoolTooSmall), errors.Is(err, migrate.ErrPooler):
		return err
	case errors.Is(err, migrate.ErrUnadopted):
		return clierr.New(clierr.Conflict, "schema_not_adopted", err.Error()+"; nothing was changed", unadoptedHint(err)...).WithCause(err)
	case errors.Is(err, migrate.ErrOutOfOrder):
		return clierr.New(clierr.Conflict, "out_of_order", err.Error(),
			"read them (axisor migrate up --allow-out-of-order --dry-run): do they fit a schema that has the newer ones already? then axisor migrate up --allow-out-of-order").WithCause(err)
	case errors.Is(err, migrate.ErrViolations):
		return clierr.New(clierr.CheckFailed, "rows_break_rules", err.Error(), "correct these rows, then run the command again").WithCause(err)
	case ctx.Err() != nil:
		return err
	}
	if lost := s.db.Ping(ctx); lost != nil {
		return lost
	}
	if !errors.As(err, &failed) {
		return err
	}
	kind, code, hint := clierr.Failure, "migration_failed", "what came before it stays applied; correct the cause, then: axisor migrate up"
	switch failed.SQLState() {
	case "42501":
		kind, code, hint = clierr.Denied, "migration_denied", "the database role lacks a right; connect as the owner of the schema"
	case "25006":
		kind, code, hint = clierr.Denied, "database_read_only", "a standby takes no writes: connect to the primary (or the role or database is set read-only: SHOW default_transaction_read_only)"
	case "55P03", "57014", "40P01":
		kind, code, hint = clierr.Locked, "table_busy", "a long transaction holds the table; run the command again, or raise --lock-timeout"
	case "23514", "23505":
		hint = "existing rows break a rule of the schema; correct them, then: axisor migrate up"
	}
	return clierr.New(kind, code, failed.Error(), hint).WithCause(err).WithDetails(map[string]any{
		"version": failed.Version, "file": failed.File, "line": failed.Line, "column": failed.Column, "sqlstate": failed.SQLState(),
	})
}

// unadoptedHint says what to do with tables that somebody else made.
func unadoptedHint(err error) []string {
	hints := []string{
		"axisor migrate baseline --dry-run says what adopting them would do; then axisor migrate baseline",
		"is this the right database? axisor config show --origins",
	}
	var e *migrate.UnadoptedError
	if errors.As(err, &e) && e.Application {
		hints[0] = "axisor migrate baseline adopts the design's naming alone; axisor migrate verify --against app lists how this one differs"
	}
	return hints
}

// lockTimeoutFlag adds the flag that up and down share.
func lockTimeoutFlag(c *cobra.Command, d *time.Duration) {
	c.Flags().DurationVar(d, "lock-timeout", time.Minute, "how long to wait for another run, and for busy tables")
}
