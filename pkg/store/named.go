package store

import (
	"context"
	"database/sql"

	"gorm.io/gorm"

	"github.com/axisor/axisor/pkg/namespace"
)

// Catalog conditions of statements.
const (
	// SharedSchema is the schema of the design's tables: where "User" is, and in a database without it where a new table
	// would be. An empty schema that stands before it in the search path is not it.
	SharedSchema = `COALESCE((SELECT relnamespace::regnamespace FROM pg_catalog.pg_class WHERE oid = to_regclass('"User"')), current_schema()::regnamespace)`
	// ourTables are the tables of the design and those of our own; c is pg_class.
	ourTables = `c.relnamespace IN (` + SharedSchema + `, to_regnamespace('axisor'))`
)

// Names are the schemas of this installation's own tables.
func (d *DB) Names() namespace.Names { return d.names }

// Named gives a statement that goes around gorm, and names our tables literally (axisor.guard_run), the names of this
// installation.
func (d *DB) Named(sql string) string { return d.names.Rename(sql) }

// named is what gorm runs its statements on: the pool or transaction itself where our tables have their usual names, and
// otherwise one that renames them in every statement, so that no query of this package can forget it.
func (c *core) named(conns gorm.ConnPool) gorm.ConnPool {
	if c.names == namespace.Default() {
		return conns
	}
	r := renaming{conns, c.names}
	if _, ok := conns.(gorm.TxCommitter); ok {
		return &renamingTx{r}
	}
	return &renamingPool{r}
}

// renaming renames our schemas in statements.
type renaming struct {
	gorm.ConnPool
	names namespace.Names
}

// PrepareContext implements gorm.ConnPool.
func (r renaming) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return r.ConnPool.PrepareContext(ctx, r.names.Rename(query))
}

// ExecContext implements gorm.ConnPool.
func (r renaming) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return r.ConnPool.ExecContext(ctx, r.names.Rename(query), args...)
}

// QueryContext implements gorm.ConnPool.
func (r renaming) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return r.ConnPool.QueryContext(ctx, r.names.Rename(query), args...)
}

// QueryRowContext implements gorm.ConnPool.
func (r renaming) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return r.ConnPool.QueryRowContext(ctx, r.names.Rename(query), args...)
}

// renamingPool is a renaming pool or connection, on which transactions begin.
type renamingPool struct{ renaming }

// BeginTx implements gorm.ConnPoolBeginner.
func (r *renamingPool) BeginTx(ctx context.Context, o *sql.TxOptions) (gorm.ConnPool, error) {
	tx, err := r.ConnPool.(gorm.TxBeginner).BeginTx(ctx, o)
	if err != nil {
		return nil, err
	}
	return &renamingTx{renaming{tx, r.names}}, nil
}

// renamingTx is a renaming transaction.
type renamingTx struct{ renaming }

// Commit implements gorm.TxCommitter.
func (r *renamingTx) Commit() error { return r.ConnPool.(gorm.TxCommitter).Commit() }

// Rollback implements gorm.TxCommitter.
func (r *renamingTx) Rollback() error { return r.ConnPool.(gorm.TxCommitter).Rollback() }
