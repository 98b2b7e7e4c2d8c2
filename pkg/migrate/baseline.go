package migrate

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/axisor/axisor/pkg/exactjson"
)

// BaselineVersion is the last migration that a baseline records instead of running: up to here they make the
// design's tables, which Prisma made already. What comes after inserts rows and creates tables of axisor's own,
// and is applied as always.
const BaselineVersion = 11

// roleVersion is the migration that makes the role of the policies; a baseline runs its statements.
const roleVersion = 10

// baselineJSON is the catalog after BaselineVersion. Those migrations never change, so neither does this.
//
//go:embed baseline.json
var baselineJSON []byte

// What a baseline can be refused for, for errors.Is.
var (
	// ErrNothingToAdopt says that none of the design's tables are there.
	ErrNothingToAdopt = errors.New("there is no schema to adopt: the design's tables are missing")
	// ErrOwnSchema says that axisor's own migrations are at work in this database.
	ErrOwnSchema = errors.New("the schema is axisor's own already")
	// ErrApplicationNames says that the tables have the names of the web application's own schema.
	ErrApplicationNames = errors.New("the tables have the web application's names and not the design's")
	// ErrAdopted says that the migrations to take back made nothing: the tables were there before, and are somebody else's.
	ErrAdopted = fmt.Errorf("the design's tables were there before axisor and are not its own to drop: it takes back what it made beside them, down to %d", BaselineVersion)
	// ErrCannotAdopt says that something is there whose meaning is not the design's.
	ErrCannotAdopt = errors.New("the schema differs from the design in ways that no safe statement repairs")
	// ErrViolations says that rows break rules that the design has and the database lacks.
	ErrViolations = errors.New("existing rows break rules of the design")
)

// PrismaHistory is what the table _prisma_migrations says.
type PrismaHistory struct {
	Present                bool
	Applied, Failed, Taken int // Taken: rolled back
}

// Adoption is what a baseline did, or would do.
type Adoption struct {
	Steps      []Finding // what was missing, in the order it was added
	Kept       []Finding // what differs and is left as it is
	Blocking   []Finding // what no statement repairs safely; nothing is done when there is any
	Violations []Violation
	Prisma     PrismaHistory
	Applied    []Applied // the migrations that came after
	Pending    []Item    // with a dry run: those that would come after
}

func baselineCatalog() (*Catalog, error) {
	var c Catalog
	if err := exactjson.Unmarshal(baselineJSON, &c); err != nil {
		return nil, fmt.Errorf("read the schema of the design: %w", err)
	}
	return &c, nil
}

// Baseline adopts a database whose tables Prisma made: it adds what the design has on top of its models,
// without writing a table anew, records the migrations that are thereby fulfilled, and applies the rest. With
// dryRun it only tells. A run that was interrupted is completed by the next one.
func (m *Migrator) Baseline(ctx context.Context, dryRun bool) (*Adoption, error) {
	if m.db.Stats().MaxOpenConnections == 1 {
		return nil, ErrPoolTooSmall
	}
	current, _, err := m.Version(ctx)
	if err != nil {
		return nil, err
	}
	if current >= BaselineVersion {
		return m.adopted(ctx, dryRun)
	}
	if current > 0 {
		return nil, ErrOwnSchema
	}
	if dryRun {
		return m.planBaseline(ctx)
	}
	conn, err := m.db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	defer conn.Close()
	if err := m.locker.SessionLock(ctx, conn); err != nil {
		return nil, err
	}
	a, err := m.adopt(ctx, conn)
	if err = errors.Join(err, m.locker.SessionUnlock(context.WithoutCancel(ctx), conn)); err != nil {
		return a, err
	}
	a.Applied, err = m.Up(ctx)
	return a, err
}

// Reversible returns ErrAdopted when the design's tables were there before axisor and would be dropped on the way down to a
// version. A baseline records all of their migrations at one moment, and no two migrations that ran have the same.
func (m *Migrator) Reversible(ctx context.Context, to int64) error {
	if to >= BaselineVersion {
		return nil
	}
	var adopted bool
	err := m.readHistory(ctx, fmt.Sprintf(`SELECT count(*) > 1 AND count(DISTINCT tstamp) = 1 FROM %%s WHERE is_applied AND version_id BETWEEN 1 AND %d`, BaselineVersion),
		func(r *sql.Rows) error { return r.Scan(&adopted) })
	if err != nil {
		return fmt.Errorf("read the schema version: %w", err)
	}
	if adopted {
		return ErrAdopted
	}
	return nil
}

// adopted answers for a database that has the design's part of the history.
func (m *Migrator) adopted(ctx context.Context, dryRun bool) (*Adoption, error) {
	a := &Adoption{}
	var err error
	if a.Prisma, err = prismaHistory(ctx, m.db); err != nil {
		return nil, err
	}
	if dryRun {
		a.Pending, err = m.Pending(ctx, m.head)
		return a, err
	}
	a.Applied, err = m.Up(ctx)
	return a, err
}

// planBaseline sorts what is different into what can be added, what stays, and what forbids everything.
func (m *Migrator) planBaseline(ctx context.Context) (*Adoption, error) {
	want, err := baselineCatalog()
	if err != nil {
		return nil, err
	}
	live, err := ReadCatalog(ctx, m.db)
	if err != nil {
		return nil, err
	}
	if err := recognise(want, live); err != nil {
		return nil, err
	}
	if len(live.renamed) > 0 && !m.o.ApplicationNames {
		var names []string
		for _, f := range live.renamed {
			names = append(names, f.Actual)
		}
		return nil, fmt.Errorf("%w: %s", ErrApplicationNames, strings.Join(names, ", "))
	}
	a := &Adoption{}
	if a.Prisma, err = prismaHistory(ctx, m.db); err != nil {
		return nil, err
	}
	different := Compare(want, live)
	askRenamed(different, live)
	for _, f := range different {
		f, list := sortFinding(a, want, f)
		*list = append(*list, f)
	}
	for _, s := range a.Steps {
		v, err := m.violations(ctx, want, s)
		if err != nil {
			return a, err
		}
		if v != nil {
			a.Violations = append(a.Violations, *v)
		}
	}
	for version := range m.names {
		if version > BaselineVersion {
			a.Pending = append(a.Pending, Item{Version: version, Name: m.names[version], State: StatePending})
		}
	}
	slices.SortFunc(a.Pending, func(x, y Item) int { return int(x.Version - y.Version) })
	switch {
	case len(a.Blocking) > 0:
		return a, ErrCannotAdopt
	case len(a.Violations) > 0:
		return a, ErrViolations
	}
	return a, nil
}

// recognise tells a database of the design by its structure: names and the columns that carry everything else.
func recognise(want, live *Catalog) error {
	found := 0
	for name := range want.Tables {
		if live.Tables[name] != nil {
			found++
		}
	}
	// A table "User" alone can be anybody's. These four with the columns that link them are the design's.
	for table, columns := range map[string][]string{
		"User": {"id", "email", "username", "plan_type"}, "Automation": {"id", "user_id", "config"},
		"TradeLog": {"id", "user_id", "executed_at"}, "UserExchangeAccounts": {"id", "user_id", "credentials"},
	} {
		t := live.Tables[table]
		if t == nil {
			return fmt.Errorf("%w (%d of %d exist, %q does not)", ErrNothingToAdopt, found, len(want.Tables), table)
		}
		for _, c := range columns {
			if !slices.ContainsFunc(t.Columns, func(have Column) bool { return have.Name == c }) {
				return fmt.Errorf("%w: table %q has no column %q", ErrNothingToAdopt, table, c)
			}
		}
	}
	return nil
}

// sortFinding decides what becomes of one difference, and gives the statements that need no rewrite.
func sortFinding(a *Adoption, want *Catalog, f Finding) (Finding, *[]Finding) {
	table, column, _ := strings.Cut(f.Object, ".")
	switch {
	case f.Problem == Extra:
		return f, &a.Kept
	case f.Kind == "column" && f.Problem == Missing:
		c := want.Tables[table].column(column)
		if c.Default != "" && strings.Contains(c.Default, "gen_random_uuid") {
			f.FixSQL = "" // a different value per row writes the table anew
		}
		if c.NotNull && c.Default == "" {
			f.FixSQL = ""
		}
	case f.Kind == "index" && f.Problem == Invalid && f.Expected == "": // not one of ours
		return f, &a.Kept
	case f.Kind == "constraint" && f.Problem == Different, f.Kind == "index" && f.Problem == Different:
		// Other actions of a key, or another index under the name: the application may count on them.
		return f, &a.Kept
	}
	if f.FixSQL == "" {
		return f, &a.Blocking
	}
	return f, &a.Steps
}

func (t *Table) column(name string) Column {
	for _, c := range t.Columns {
		if c.Name == name {
			return c
		}
	}
	return Column{}
}

// notNullCheck is the check that proves a column to have no NULL, for a moment.
func notNullCheck(c Column) string { return "axisor_" + c.Name + "_not_null" }

// safeAlter is alterColumn, with NOT NULL proven by a check first: SET NOT NULL alone reads the whole table
// under a lock that stops everybody.
func safeAlter(table string, want, got Column) string {
	fix := alterColumn(table, want, got)
	if !want.NotNull || got.NotNull || fix == "" {
		return fix
	}
	name := notNullCheck(want)
	set := fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s SET NOT NULL;", relation(table), quoted(want.Name))
	return strings.Replace(fix, set, strings.Join([]string{
		dropIfThere(table, name),
		fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s CHECK (%s IS NOT NULL) NOT VALID;", relation(table), quoted(name), quoted(want.Name)),
		validateConstraint(table, name), set, dropConstraint(table, name),
	}, "\n"), 1)
}

// prismaHistory reads the table _prisma_migrations. One that is somebody else's, by its columns, is none.
func prismaHistory(ctx context.Context, db *sql.DB) (PrismaHistory, error) {
	var h PrismaHistory
	err := db.QueryRowContext(ctx, `SELECT count(*) FILTER (WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL),
		count(*) FILTER (WHERE finished_at IS NULL AND rolled_back_at IS NULL), count(*) FILTER (WHERE rolled_back_at IS NOT NULL)
		FROM _prisma_migrations`).Scan(&h.Applied, &h.Failed, &h.Taken)
	if state := sqlState(err); isUndefinedTable(err) || state == "42703" || state == "42501" {
		return h, nil
	}
	if err != nil {
		return h, fmt.Errorf("read Prisma's history: %w", err)
	}
	h.Present = true
	return h, nil
}
