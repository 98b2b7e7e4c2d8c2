package migrate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/axisor/axisor/pkg/namespace"
)

// ErrUnadopted says that the design's tables are there and that axisor has not made or adopted them.
var ErrUnadopted = errors.New("the tables exist, and axisor has neither made nor adopted them")

// UnadoptedError names tables that somebody else made, Prisma or the web application. It is an ErrUnadopted and an
// ErrNoSchema.
type UnadoptedError struct {
	Schema string
	Tables []string // some of them
	// Application is true when they have the names of the web application's own schema, which is not the design's.
	Application bool
	Head        int64
}

func (e *UnadoptedError) Error() string {
	const some = 5
	list := strings.Join(e.Tables[:min(some, len(e.Tables))], ", ")
	if more := len(e.Tables) - some; more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	naming := ""
	if e.Application {
		naming = ", in the web application's own naming"
	}
	return fmt.Sprintf("%s: schema %s has %s%s", ErrUnadopted, e.Schema, list, naming)
}

// Unwrap gives the sentinel and the state of the schema.
func (e *UnadoptedError) Unwrap() []error { return []error{ErrUnadopted, &VersionError{Head: e.Head}} }

// unadopted returns an *UnadoptedError when the shared schema of a database without a history has tables of the design.
func (m *Migrator) unadopted(ctx context.Context) error {
	want, err := baselineCatalog()
	if err != nil {
		return err
	}
	p, err := m.place(ctx)
	if err != nil {
		return err
	}
	design := slices.Sorted(maps.Keys(want.Tables))
	mapped := map[string]bool{}
	all := slices.Clone(design)
	for _, name := range design {
		if other := namespace.AppName(name); other != name {
			mapped[other] = true
			all = append(all, other)
		}
	}
	rows, err := m.db.QueryContext(ctx, `SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname = ANY ($2) ORDER BY 1`, p.shared, pgtype.FlatArray[string](all))
	if err != nil {
		return fmt.Errorf("look for the design's tables: %w", err)
	}
	defer rows.Close()
	e := &UnadoptedError{Schema: p.shared, Head: m.head}
	ours, theirs := false, 0
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return fmt.Errorf("look for the design's tables: %w", err)
		}
		e.Tables = append(e.Tables, name)
		if mapped[name] {
			theirs++
		} else {
			ours = true
		}
	}
	// A few tables with names as common as plans are anybody's, and in nobody's way.
	e.Application = theirs >= 3
	if err := cmp.Or(rows.Err(), rows.Close()); err != nil || !ours && !e.Application {
		return err
	}
	// Another run may have made them since the history was read.
	if current, _, err := m.Version(ctx); err != nil || current > 0 {
		return err
	}
	return e
}
