package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/gorm"
)

// ErrInTransaction is returned where a connection of one's own is needed inside
// a transaction.
var ErrInTransaction = errors.New("not possible inside a transaction")

// Transaction runs fn in a transaction, which is committed when fn returns nil
// and rolled back otherwise. Inside another transaction it is a savepoint, so a
// failure undoes only its own part and the outer one can go on.
func (d *DB) Transaction(ctx context.Context, fn func(tx *DB) error) error {
	if d.inTx {
		return d.savepoint(ctx, fn)
	}
	// What fn returns is fn's own: it may have nothing to do with the database.
	var inner error
	err := d.slot(ctx, func() error {
		return d.savepoint(ctx, func(tx *DB) error {
			inner = fn(tx)
			return inner
		})
	})
	if inner != nil && errors.Is(err, inner) {
		return err
	}
	return d.translate(ctx, err)
}

func (d *DB) savepoint(ctx context.Context, fn func(tx *DB) error) error {
	return d.g.WithContext(ctx).Transaction(func(g *gorm.DB) error {
		tx := &DB{core: d.core, g: g, inTx: true, pinned: d.pinned}
		if !d.inTx {
			for _, command := range d.local {
				if err := g.Exec(command).Error; err != nil {
					return err
				}
			}
		}
		return fn(tx)
	})
}

// LockKey takes a lock named by the key until the transaction ends. Two
// transactions with the same key run one after the other, also when the rows
// they would collide on do not exist yet.
func (d *DB) LockKey(ctx context.Context, key string) error {
	if !d.inTx {
		return errors.New("lock key: only inside a transaction")
	}
	return d.Gorm(ctx).Exec("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", key).Error
}

// withConn hands out one connection of the pool for COPY and whatever else database/sql cannot express, in this package's
// names of tables.
func (d *DB) withConn(ctx context.Context, fn func(*Conn) error) error {
	return d.WithPgx(ctx, func(c *pgx.Conn) error {
		names, err := d.settle(func(query string, args ...any) scanner { return c.QueryRow(ctx, query, args...) })
		if err != nil {
			return err
		}
		return fn(&Conn{c, names})
	})
}

// WithPgx hands out one connection of the pool as pgx knows it. The tables in its statements are where the search path
// says.
func (d *DB) WithPgx(ctx context.Context, fn func(*pgx.Conn) error) error {
	if d.fenced {
		fn = d.within(ctx, fn)
	}
	if d.pinned != nil {
		return d.raw(ctx, d.pinned, fn)
	}
	if d.inTx {
		return ErrInTransaction
	}
	return d.slot(ctx, func() error {
		conn, err := d.pool.Conn(ctx)
		if err != nil {
			return d.translate(ctx, err)
		}
		defer conn.Close() // gives the connection back
		return d.raw(ctx, conn, fn)
	})
}

func (d *DB) raw(ctx context.Context, conn *sql.Conn, fn func(*pgx.Conn) error) error {
	return conn.Raw(func(driver any) error {
		c := driver.(*stdlib.Conn).Conn()
		err := fn(c)
		// fn may fail for reasons of its own, such as an input file that
		// ends too early; only a dead connection makes that our business.
		if errors.As(err, new(*pgconn.PgError)) || c.IsClosed() {
			return d.translate(ctx, err)
		}
		return err
	})
}
