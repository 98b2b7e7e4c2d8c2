package migrate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pressly/goose/v3/database"
)

// OutOfOrderError names migrations that a database lacks although it has newer ones: two branches met. The older
// ones were not written for a schema that has the newer, so a person decides. It is an ErrOutOfOrder.
type OutOfOrderError struct {
	Missing []string // file names, in order
	Newest  int64    // the newest that the database has
}

func (e *OutOfOrderError) Error() string {
	return fmt.Sprintf("%s: %s; the database has %05d", ErrOutOfOrder, strings.Join(e.Missing, ", "), e.Newest)
}

// Unwrap gives the sentinel.
func (*OutOfOrderError) Unwrap() error { return ErrOutOfOrder }

// ordered is goose's store with the history by version. goose takes migrations back in the order of their rows and
// stops at the first that may stay, so an older migration that came later would keep newer ones in place.
type ordered struct{ database.Store }

// ListMigrations implements database.Store.
func (s ordered) ListMigrations(ctx context.Context, db database.DBTxConn) ([]*database.ListMigrationsResult, error) {
	all, err := s.Store.ListMigrations(ctx, db)
	slices.SortStableFunc(all, func(a, b *database.ListMigrationsResult) int { return int(b.Version - a.Version) })
	return all, err
}

// readyUp is ready for the way up: without Options.OutOfOrder it also refuses migrations up to version to that are
// missing below the newest applied one.
func (m *Migrator) readyUp(ctx context.Context, to int64) error {
	if err := m.ready(ctx, to); err != nil || m.o.OutOfOrder {
		return err
	}
	items, err := m.Status(ctx)
	if err != nil {
		return err
	}
	e := &OutOfOrderError{}
	for _, i := range items {
		if i.State != StatePending {
			e.Newest = i.Version
		}
	}
	for _, i := range items {
		if i.State == StatePending && i.Version < min(e.Newest, to+1) {
			e.Missing = append(e.Missing, i.Name)
		}
	}
	if len(e.Missing) == 0 {
		return nil
	}
	return e
}
