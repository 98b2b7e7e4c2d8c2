package backup

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

// maxName is the longest name the server keeps.
const maxName = 63

// besideName is a name near another one, never longer than the server allows, and no letter cut in two.
func besideName(name, suffix string) string {
	if room := maxName - 1 - len(suffix); len(name) > room {
		name = name[:room]
		for len(name) > 0 && !utf8.ValidString(name) {
			name = name[:len(name)-1]
		}
	}
	return name + "_" + suffix
}

// besides logs in to a database that is not the one to be renamed.
func (r *Repository) besides(ctx context.Context, o Restore) (*endpoint, *pgx.Conn, error) {
	var last error
	for _, name := range []string{"postgres", "template1"} {
		if name == o.Database {
			continue
		}
		e, err := newEndpoint(o.Server, name, r.o.Environ)
		if err != nil {
			return nil, nil, err
		}
		conn, err := e.connect(ctx)
		if err == nil {
			return e, conn, nil
		}
		last = err
	}
	return nil, nil, last
}

const swapAttempts = 50

// takeName gives the finished copy its final name. When a database has that name, it is renamed away in the same
// transaction: at no moment is there no database of that name, or half of one. Sessions in both are ended, for the
// server renames none that is in use.
func (r *Repository) takeName(ctx context.Context, o Restore, fresh, previous string) error {
	e, conn, err := r.besides(ctx, o)
	if err != nil {
		return err
	}
	defer e.close(ctx, conn)
	rename := fmt.Sprintf("ALTER DATABASE %s RENAME TO %s; COMMIT", QuoteName(fresh), QuoteName(o.Database))
	if previous != "" {
		rename = fmt.Sprintf("ALTER DATABASE %s RENAME TO %s; ", QuoteName(o.Database), QuoteName(previous)) + rename
	}
	for attempt := 1; ; attempt++ {
		_, err := conn.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY($1) AND pid <> pg_backend_pid()", inUse(o.Database, fresh, previous))
		if err != nil {
			return e.classify(ctx, "end sessions of "+o.Database, err)
		}
		_, err = conn.Exec(ctx, "BEGIN; "+rename)
		if err == nil {
			return nil
		}
		if _, rerr := conn.Exec(ctx, "ROLLBACK"); rerr != nil {
			return e.classify(ctx, "rename to "+o.Database, err)
		}
		if hasState(err, "42P04") && previous == "" {
			return fmt.Errorf("somebody made database %q meanwhile: %w", o.Database, ErrTargetNotEmpty)
		}
		if !hasState(err, "55006") || attempt == swapAttempts { // in use: somebody was faster
			return e.classify(ctx, "rename to "+o.Database, err)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// inUse are the databases whose sessions stand in the way.
func inUse(final, fresh, previous string) []string {
	if previous == "" {
		return []string{fresh}
	}
	return []string{final, fresh}
}

func (r *Repository) dropOld(ctx context.Context, o Restore, previous string) error {
	e, conn, err := r.besides(ctx, o)
	if err != nil {
		return err
	}
	defer e.close(ctx, conn)
	// A template cannot be dropped.
	if _, err := conn.Exec(ctx, "ALTER DATABASE "+QuoteName(previous)+" IS_TEMPLATE false"); err != nil {
		return e.classify(ctx, "drop database "+previous, err)
	}
	return dropDatabase(ctx, e, conn, previous)
}

// compareChosen counts the tables whose rows were restored; the others must be empty.
func compareChosen(ctx context.Context, e Entry, restored *endpoint, chosen []TableRows, schemaOnly bool) error {
	if !e.Manifest.RowsCounted {
		return nil
	}
	conn, err := restored.connect(ctx)
	if err != nil {
		return err
	}
	defer restored.close(ctx, conn)
	got, err := countTables(ctx, restored, conn, false)
	if err != nil {
		return err
	}
	want := make([]TableRows, 0, len(e.Manifest.Tables))
	for _, t := range e.Manifest.Tables {
		rows := int64(0)
		for _, c := range chosen {
			if !schemaOnly && c.Schema == t.Schema && c.Name == t.Name {
				rows = t.Rows
			}
		}
		want = append(want, TableRows{Schema: t.Schema, Name: t.Name, Rows: rows})
	}
	if err := compareTables(want, got); err != nil {
		return &DamagedError{ID: e.ID, File: e.Manifest.Archive.Name, Level: LevelDeep, Problem: err.Error(), Cause: err}
	}
	return nil
}
