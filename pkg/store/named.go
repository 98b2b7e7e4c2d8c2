package store

import (
	"context"
	"database/sql"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"

	"github.com/axisor/axisor/pkg/namespace"
)

// OurSchemas are those of the design's tables and of our own, for a condition on pg_class.relnamespace.
const OurSchemas = `(` + namespace.SharedSchema + `, to_regnamespace('axisor'))`

// Names are the schemas of this installation's own tables.
func (d *DB) Names() namespace.Names { return d.names }

// Named gives a statement that goes around gorm the names of this installation: our own tables' (axisor.guard_run) and,
// once any statement has asked for them, the shared ones'.
func (d *DB) Named(sql string) string {
	if found := d.place.Load(); found != nil {
		return found.Rename(sql)
	}
	return d.names.Rename(sql)
}

// Queries is the pool for statements on our tables that gorm cannot make. SQL is the one for everything else.
func (d *DB) Queries() Queries { return d.conns }

// Queries runs statements that name tables as the statements of this package do.
type Queries interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// settle finds the schema of the shared tables, once for a pool: where they are does not depend on the connection. As
// long as there are none, it looks again for every statement.
func (c *core) settle(find func(query string, args ...any) scanner) (namespace.Names, error) {
	if settled := c.place.Load(); settled != nil {
		return *settled, nil
	}
	found, err := namespace.ReadFound(find(namespace.FindShared, namespace.Identifier(c.names.Own)))
	if err != nil {
		return c.names, err
	}
	names := c.names.In(found.Schema, found.App && found.Home)
	if found.There {
		c.place.Store(&names)
	}
	return names, nil
}

// scanner is a row of database/sql or of pgx.
type scanner interface{ Scan(into ...any) error }

// named is what gorm runs its statements on: a pool, connection or transaction that gives the tables in every statement
// their schemas, so that no query of this package can forget it and no search path decides what it reads.
func (c *core) named(conns gorm.ConnPool) gorm.ConnPool {
	r := renaming{conns, c}
	if _, ok := conns.(gorm.TxCommitter); ok {
		return &renamingTx{r}
	}
	return &renamingPool{r}
}

// renaming gives statements the names of the installation.
type renaming struct {
	gorm.ConnPool
	c *core
}

func (r renaming) settle(ctx context.Context) (namespace.Names, error) {
	return r.c.settle(func(query string, args ...any) scanner { return r.ConnPool.QueryRowContext(ctx, query, args...) })
}

func (r renaming) rename(ctx context.Context, query string) (string, error) {
	if !strings.Contains(query, `"`) { // it names none of the shared tables
		return r.c.names.Rename(query), nil
	}
	names, err := r.settle(ctx)
	if err != nil {
		return "", err
	}
	return names.Rename(query), nil
}

// PrepareContext implements gorm.ConnPool.
func (r renaming) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	query, err := r.rename(ctx, query)
	if err != nil {
		return nil, err
	}
	return r.ConnPool.PrepareContext(ctx, query)
}

// ExecContext implements gorm.ConnPool.
func (r renaming) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	query, err := r.rename(ctx, query)
	if err != nil {
		return nil, err
	}
	return r.ConnPool.ExecContext(ctx, query, args...)
}

// QueryContext implements gorm.ConnPool.
func (r renaming) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	query, err := r.rename(ctx, query)
	if err != nil {
		return nil, err
	}
	return r.ConnPool.QueryContext(ctx, query, args...)
}

// QueryRowContext implements gorm.ConnPool.
func (r renaming) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	named, err := r.rename(ctx, query)
	if err != nil { // what kept us from looking says so again
		named = query
	}
	return r.ConnPool.QueryRowContext(ctx, named, args...)
}

// Conn is a connection as pgx knows it, which gives the tables in statements their schemas. What goes around it, through
// Conn.Conn or PgConn, names tables by DB.Named.
type Conn struct {
	*pgx.Conn
	names namespace.Names
}

// Exec is pgx's.
func (c *Conn) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return c.Conn.Exec(ctx, c.names.Rename(sql), args...)
}

// Query is pgx's.
func (c *Conn) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return c.Conn.Query(ctx, c.names.Rename(sql), args...)
}

// QueryRow is pgx's.
func (c *Conn) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return c.Conn.QueryRow(ctx, c.names.Rename(sql), args...)
}

// renamingPool is a renaming pool or connection, on which transactions begin.
type renamingPool struct{ renaming }

// BeginTx implements gorm.ConnPoolBeginner.
func (r *renamingPool) BeginTx(ctx context.Context, o *sql.TxOptions) (gorm.ConnPool, error) {
	if _, err := r.settle(ctx); err != nil { // not inside: a failure there would end the transaction
		return nil, err
	}
	tx, err := r.ConnPool.(gorm.TxBeginner).BeginTx(ctx, o)
	if err != nil {
		return nil, err
	}
	return &renamingTx{renaming{tx, r.c}}, nil
}

// renamingTx is a renaming transaction.
type renamingTx struct{ renaming }

// Commit implements gorm.TxCommitter.
func (r *renamingTx) Commit() error { return r.ConnPool.(gorm.TxCommitter).Commit() }

// Rollback implements gorm.TxCommitter.
func (r *renamingTx) Rollback() error { return r.ConnPool.(gorm.TxCommitter).Rollback() }
