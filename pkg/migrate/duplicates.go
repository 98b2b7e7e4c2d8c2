package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// chosenMark is the comment on the version table of a database whose operator did without the redundant indexes. It
// lies beside the history, so a dump and a copy of the database take it along.
const chosenMark = "axisor: redundant indexes are dropped on purpose"

// Redundant is an index that the design names and another index of the design does the work of: it has the same
// columns, or begins with them. It costs every write and helps no query.
type Redundant struct {
	Table, Name, CoveredBy string
}

// RedundantIndexes lists those that this binary expects, by table and name.
func RedundantIndexes() ([]Redundant, error) {
	expected, err := Expected()
	if err != nil {
		return nil, err
	}
	var all []Redundant
	for _, table := range slices.Sorted(maps.Keys(expected.Tables)) {
		all = append(all, redundant(table, expected.Tables[table].Indexes)...)
	}
	return all, nil
}

func redundant(table string, indexes map[string]Index) []Redundant {
	// No condition, no expression, no other access method or order: then columns are all there is to compare.
	plain := regexp.MustCompile(`^CREATE (UNIQUE )?INDEX ON \S+ USING btree \(([\w", ]+)\)$`)
	columns, unique := map[string]string{}, map[string]bool{}
	for name, i := range indexes {
		if m := plain.FindStringSubmatch(i.Definition); m != nil {
			columns[name], unique[name] = m[2], m[1] != ""
		}
	}
	var found []Redundant
	names := slices.Sorted(maps.Keys(columns))
	for _, name := range names {
		if unique[name] {
			continue
		}
		for _, other := range names {
			same := columns[other] == columns[name] && other != name && (unique[other] || other < name)
			if same || strings.HasPrefix(columns[other], columns[name]+", ") {
				found = append(found, Redundant{Table: table, Name: name, CoveredBy: other})
				break
			}
		}
	}
	return found
}

// WithoutRedundant tells whether somebody chose to do without the redundant indexes of a database.
func (m *Migrator) WithoutRedundant(ctx context.Context) (bool, error) {
	names, err := namesOf(ctx, m.db)
	if err != nil {
		return false, err
	}
	var comment sql.NullString
	both := versionTables(names)
	err = m.db.QueryRowContext(ctx, `SELECT obj_description(COALESCE(to_regclass($1), to_regclass($2)), 'pg_class')`, both[0], both[1]).Scan(&comment)
	if err != nil {
		return false, fmt.Errorf("read the comment of %s: %w", VersionTable, err)
	}
	return comment.String == chosenMark, nil
}

// forgive leaves out what was chosen: redundant indexes that are missing while another does their work.
func (m *Migrator) forgive(ctx context.Context, findings []Finding, live *Catalog) ([]Finding, error) {
	if !slices.ContainsFunc(findings, func(f Finding) bool { return f.Kind == "index" && f.Problem == Missing }) {
		return findings, nil
	}
	chosen, err := m.WithoutRedundant(ctx)
	if err != nil || !chosen {
		return findings, err
	}
	all, err := RedundantIndexes()
	if err != nil {
		return findings, err
	}
	return slices.DeleteFunc(findings, func(f Finding) bool {
		return f.Kind == "index" && f.Problem == Missing && slices.ContainsFunc(all, func(r Redundant) bool {
			return f.Object == r.Table+": "+r.Name && does(live, r)
		})
	}), nil
}

// does tells whether a live index does the work of a redundant one, itself or one that does the work of it.
func does(live *Catalog, r Redundant) bool {
	t := live.Tables[r.Table]
	if t == nil {
		return false
	}
	expected, err := Expected()
	if err != nil {
		return false
	}
	want := expected.Tables[r.Table].Indexes
	for name, i := range t.Indexes {
		if name == r.Name || i.Invalid {
			continue
		}
		pair := map[string]Index{r.Name: want[r.Name], "~" + name: i} // sorts behind every name of ours
		for _, one := range redundant(r.Table, pair) {
			if one.Name == r.Name {
				return true
			}
		}
		if i.Definition == want[r.Name].Definition {
			return true
		}
	}
	return false
}

// DropRedundant drops the redundant indexes, concurrently, and remembers that this was chosen, so that Verify does not
// miss them. It returns those it dropped; with dryRun those it would. An index is dropped only while another does its
// work. Interrupted, it goes on when called again.
func (m *Migrator) DropRedundant(ctx context.Context, dryRun bool) (done []Redundant, err error) {
	return m.withRedundant(ctx, dryRun, func(conn *sql.Conn, live *Catalog, all []Redundant) ([]Redundant, error) {
		if !dryRun {
			if _, err := conn.ExecContext(ctx, m.locker.place.names.Rename(`COMMENT ON TABLE axisor.`+VersionTable+` IS '`)+chosenMark+`'`); err != nil {
				return nil, fmt.Errorf("remember the choice: %w", err)
			}
		}
		var done []Redundant
		for _, r := range all {
			t := live.Tables[r.Table]
			if t == nil || t.Indexes[r.Name].Definition == "" || !does(live, r) {
				continue
			}
			if !dryRun {
				s := indexStatement{index: r.Name, schema: schemaOf(r.Table), sql: dropIndexSQL(r.Table, r.Name)}
				if err := m.buildIndex(ctx, conn, s, dropIndex); err != nil {
					return done, fmt.Errorf("drop index %s: %w", r.Name, err)
				}
				m.o.Progress(fmt.Sprintf("index %q: dropped, %q does its work", r.Name, r.CoveredBy))
			}
			delete(t.Indexes, r.Name) // it does nobody's work any more
			done = append(done, r)
		}
		return done, nil
	})
}

// RestoreRedundant builds the redundant indexes again, concurrently, and forgets the choice.
func (m *Migrator) RestoreRedundant(ctx context.Context, dryRun bool) (done []Redundant, err error) {
	expected, err := Expected()
	if err != nil {
		return nil, err
	}
	return m.withRedundant(ctx, dryRun, func(conn *sql.Conn, live *Catalog, all []Redundant) ([]Redundant, error) {
		var done []Redundant
		for _, r := range all {
			t := live.Tables[r.Table]
			if t == nil || t.Indexes[r.Name].Definition != "" && !t.Indexes[r.Name].Invalid {
				continue
			}
			if !dryRun {
				s := indexStatement{index: r.Name, schema: schemaOf(r.Table), sql: strings.TrimSuffix(createIndexSQL(r.Name, expected.Tables[r.Table].Indexes[r.Name]), ";")}
				if err := m.buildIndex(ctx, conn, s, createIndex); err != nil {
					return done, fmt.Errorf("build index %s: %w", r.Name, err)
				}
				m.o.Progress(fmt.Sprintf("index %q: built", r.Name))
			}
			done = append(done, r)
		}
		if dryRun {
			return done, nil
		}
		_, err := conn.ExecContext(ctx, m.locker.place.names.Rename(`COMMENT ON TABLE axisor.`+VersionTable+` IS NULL`))
		return done, err
	})
}

// withRedundant hands out the connection that holds the migration lock, and what is there.
func (m *Migrator) withRedundant(
	ctx context.Context, dryRun bool, do func(*sql.Conn, *Catalog, []Redundant) ([]Redundant, error),
) (done []Redundant, err error) {
	if m.db.Stats().MaxOpenConnections == 1 {
		return nil, ErrPoolTooSmall
	}
	if err := m.Check(ctx); err != nil {
		return nil, err
	}
	all, err := RedundantIndexes()
	if err != nil {
		return nil, err
	}
	conn, err := m.db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	defer conn.Close()
	if !dryRun {
		if err := m.locker.SessionLock(ctx, conn); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, m.locker.SessionUnlock(context.WithoutCancel(ctx), conn)) }()
	}
	live, err := ReadCatalog(ctx, m.db)
	if err != nil {
		return nil, err
	}
	return do(conn, live, all)
}
