package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"

	"github.com/axisor/axisor/pkg/namespace"
)

// place is where the tables of an installation are.
type place struct {
	shared string // the schema of the design's tables, "" when there is none
	names  namespace.Names
}

// querier is a pool, a connection or a transaction.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// placeOf finds the tables that q sees.
func placeOf(ctx context.Context, q querier, names namespace.Names) (place, error) {
	found, err := namespace.ReadFound(q.QueryRowContext(ctx, namespace.FindShared, namespace.Identifier(names.Own)))
	if err != nil {
		return place{names: names}, fmt.Errorf("look for the schema of the shared tables: %w", err)
	}
	return place{shared: found.Schema, names: names.In(found.Schema, found.App)}, nil
}

// namesOf gives the names that the address of a pool's connections says. It asks the server nothing.
func namesOf(ctx context.Context, db *sql.DB) (namespace.Names, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return namespace.Default(), fmt.Errorf("connect: %w", err)
	}
	defer conn.Close()
	return connNames(conn), nil
}

func connNames(conn *sql.Conn) namespace.Names {
	names := namespace.Default()
	_ = conn.Raw(func(driverConn any) error {
		if c, ok := driverConn.(*stdlib.Conn); ok {
			names = namespace.Of(c.Conn().Config().RuntimeParams["search_path"])
		}
		return nil
	})
	return names
}

// place finds where the tables are.
func (m *Migrator) place(ctx context.Context) (place, error) {
	names, err := namesOf(ctx, m.db)
	if err != nil {
		return place{names: names}, err
	}
	return placeOf(ctx, m.db, names)
}

// path sets the search path of a session to the shared tables alone. A database that lets us make tables nowhere keeps
// its own, and says so when a table is made.
func (p place) path() string {
	if p.shared == "" {
		return "RESET search_path"
	}
	return "SET search_path = " + namespace.Identifier(p.shared)
}

// schemas lists all of them for a condition on pg_class.relnamespace.
func (p place) schemas() string {
	return fmt.Sprintf("(to_regnamespace(%s), to_regnamespace(%s), to_regnamespace(%s))", literal(namespace.Identifier(p.shared)),
		literal(namespace.Identifier(p.names.Own)), literal(namespace.Identifier(p.names.Queue)))
}

// ownSchemas lists those that are axisor's alone.
func (p place) ownSchemas() string {
	return fmt.Sprintf("(to_regnamespace(%s), to_regnamespace(%s))",
		literal(namespace.Identifier(p.names.Own)), literal(namespace.Identifier(p.names.Queue)))
}

// table is an expression for the name under which a catalog lists a table, of its row c in pg_class.
func (p place) table() string { return p.prefix("c.relnamespace") + " || c.relname" }

// prefix is an expression for what a catalog puts before the names of a schema: nothing before shared ones.
func (p place) prefix(schema string) string {
	return fmt.Sprintf("CASE %s WHEN to_regnamespace(%s) THEN '%s.' WHEN to_regnamespace(%s) THEN '%s.' ELSE '' END", schema,
		literal(namespace.Identifier(p.names.Own)), namespace.Own, literal(namespace.Identifier(p.names.Queue)), namespace.Queue)
}

// versionTables are the names of the version table: where it is, and where it is before the migration that gives our
// own tables a schema of their own.
func versionTables(names namespace.Names) [2]string {
	return [2]string{namespace.Identifier(names.Own) + "." + VersionTable, VersionTable}
}

// readHistory runs a query on the version table, wherever it is; %s in it is the table. A database without one is
// nothing and no error.
func (m *Migrator) readHistory(ctx context.Context, query string, read func(*sql.Rows) error) error {
	names, err := namesOf(ctx, m.db)
	if err != nil {
		return err
	}
	for _, table := range versionTables(names) {
		err := m.inTime(ctx, func(ctx context.Context) error { return m.readRows(ctx, fmt.Sprintf(query, table), read) })
		if !isUndefinedTable(err) {
			return err
		}
	}
	return nil
}

func (m *Migrator) readRows(ctx context.Context, query string, read func(*sql.Rows) error) error {
	rows, err := m.db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := read(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// versionTable gives the name of the version table as q sees it at this moment, "" when there is none.
func versionTable(ctx context.Context, q querier, names namespace.Names) (string, error) {
	both := versionTables(names)
	for _, table := range both {
		var there bool
		if err := q.QueryRowContext(ctx, `SELECT to_regclass($1) IS NOT NULL`, table).Scan(&there); err != nil {
			return "", fmt.Errorf("look for table %s: %w", VersionTable, err)
		}
		if there {
			return table, nil
		}
	}
	return "", nil
}

// history is goose's store. It finds the version table anew for every statement, because a migration moves it: goose
// records that migration, in the same transaction, where the table is then.
type history struct{ names func() namespace.Names }

var _ database.Store = history{}

func (h history) at(ctx context.Context, db database.DBTxConn) (database.Store, error) {
	table, err := versionTable(ctx, db, h.names())
	if err == nil && table == "" {
		err = errors.New("the table " + VersionTable + " is gone")
	}
	if err != nil {
		return nil, err
	}
	return database.NewStore(goose.DialectPostgres, table)
}

// Tablename implements database.Store.
func (history) Tablename() string { return VersionTable }

// CreateVersionTable implements database.Store. Migrator.ensureTable has made it.
func (history) CreateVersionTable(context.Context, database.DBTxConn) error {
	return errors.New("the table " + VersionTable + " is gone")
}

// Insert implements database.Store.
func (h history) Insert(ctx context.Context, db database.DBTxConn, r database.InsertRequest) error {
	s, err := h.at(ctx, db)
	if err != nil {
		return err
	}
	return s.Insert(ctx, db, r)
}

// Delete implements database.Store.
func (h history) Delete(ctx context.Context, db database.DBTxConn, version int64) error {
	s, err := h.at(ctx, db)
	if err != nil {
		return err
	}
	return s.Delete(ctx, db, version)
}

// GetMigration implements database.Store.
func (h history) GetMigration(ctx context.Context, db database.DBTxConn, version int64) (*database.GetMigrationResult, error) {
	s, err := h.at(ctx, db)
	if err != nil {
		return nil, err
	}
	return s.GetMigration(ctx, db, version)
}

// GetLatestVersion implements database.Store.
func (h history) GetLatestVersion(ctx context.Context, db database.DBTxConn) (int64, error) {
	s, err := h.at(ctx, db)
	if err != nil {
		return 0, err
	}
	return s.GetLatestVersion(ctx, db)
}

// ListMigrations implements database.Store.
func (h history) ListMigrations(ctx context.Context, db database.DBTxConn) ([]*database.ListMigrationsResult, error) {
	s, err := h.at(ctx, db)
	if err != nil {
		return nil, err
	}
	return s.ListMigrations(ctx, db)
}

// schemaOf is the schema of a catalog's table as statements write it, "" for that of the shared tables.
func schemaOf(table string) string {
	for _, schema := range []string{namespace.Own, namespace.Queue} {
		if strings.HasPrefix(table, schema+".") {
			return schema
		}
	}
	return ""
}

// qualified writes a name in a schema for a statement.
func qualified(schema, name string) string {
	if schema == "" {
		return quoted(name)
	}
	return schema + "." + quoted(name)
}

// relation writes the name of a catalog's table for a statement.
func relation(table string) string {
	return relationIn(table, strings.TrimPrefix(table, schemaOf(table)+"."))
}

// relationIn writes the name of something that is in the schema of a table, as an index is.
func relationIn(table, name string) string { return qualified(schemaOf(table), name) }
