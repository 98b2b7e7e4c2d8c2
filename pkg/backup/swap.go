package backup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// maxName is the longest name the server keeps.
const maxName = 63

// besideName is a name near another one, never longer than the server allows.
func besideName(name, suffix string) string {
	if extra := len(name) + 1 + len(suffix) - maxName; extra > 0 {
		name = name[:len(name)-extra]
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

// swap puts the copy in the place of the database in use. Both renames are one transaction:
// at no moment is there no database of that name, or half of one. Sessions in the old database
// are ended, for the server renames none that is in use.
func (r *Repository) swap(ctx context.Context, o Restore, fresh, previous string) error {
	e, conn, err := r.besides(ctx, o)
	if err != nil {
		return err
	}
	defer e.close(ctx, conn)
	quoted := func(s string) string { return pgx.Identifier{s}.Sanitize() }
	rename := fmt.Sprintf("BEGIN; ALTER DATABASE %s RENAME TO %s; ALTER DATABASE %s RENAME TO %s; COMMIT",
		quoted(o.Database), quoted(previous), quoted(fresh), quoted(o.Database))
	for attempt := 1; ; attempt++ {
		_, err := conn.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN ($1, $2) AND pid <> pg_backend_pid()", o.Database, fresh)
		if err != nil {
			return e.classify(ctx, "end sessions of "+o.Database, err)
		}
		_, err = conn.Exec(ctx, rename)
		if err == nil {
			return nil
		}
		if _, rerr := conn.Exec(ctx, "ROLLBACK"); rerr != nil {
			return e.classify(ctx, "swap database "+o.Database, err)
		}
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || pg.Code != "55006" || attempt == swapAttempts { // in use: somebody was faster
			return e.classify(ctx, "swap database "+o.Database, err)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (r *Repository) dropOld(ctx context.Context, o Restore, previous string) error {
	e, conn, err := r.besides(ctx, o)
	if err != nil {
		return err
	}
	defer e.close(ctx, conn)
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
