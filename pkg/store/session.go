package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/axisor/axisor/pkg/pgdirect"
)

// ThroughPooler tells whether a pooler hands out the server's sessions in turn, whatever the address says.
func (d *DB) ThroughPooler(ctx context.Context) (bool, error) {
	err := d.WithPgx(ctx, func(c *pgx.Conn) error { return pgdirect.Check(ctx, c) })
	if errors.Is(err, pgdirect.ErrPooler) {
		return true, nil
	}
	return false, err
}

// Direct returns a *pgdirect.Error when what is left on a session would be left on somebody else's: the address says that
// it is a pooler's, or it is one.
func (d *DB) Direct(ctx context.Context) error {
	_, giveBack, err := d.session(ctx)
	if err == nil {
		giveBack()
	}
	return err
}

// DirectOrNamed is Direct for work that leaves nothing behind its transactions, but many of them: a pooler is no trouble
// when the address says so. Otherwise prepared statements and the limits of time of our sessions meet other people's.
func (d *DB) DirectOrNamed(ctx context.Context) error {
	if d.target.Pooler {
		return nil
	}
	return nameable(d.Direct(ctx))
}

func nameable(err error) error {
	var pooler *pgdirect.Error
	if errors.As(err, &pooler) {
		pooler.Nameable = true
	}
	return err
}

// session hands out a connection whose session is certainly one of the server's, for state that outlives a transaction.
// There is no other way in this package to get one for that.
func (d *DB) session(ctx context.Context) (conn *sql.Conn, giveBack func(), err error) {
	switch {
	case d.inTx:
		return nil, nil, ErrInTransaction
	case d.target.Pooler:
		return nil, nil, &pgdirect.Error{Named: true}
	}
	if err := d.acquire(ctx); err != nil {
		return nil, nil, d.translate(ctx, err)
	}
	conn, err = d.pool.Conn(ctx)
	if err != nil {
		d.core.release()
		return nil, nil, d.translate(ctx, err)
	}
	giveBack = func() {
		_ = conn.Close()
		d.core.release()
	}
	if err := d.checked(ctx, conn); err != nil {
		giveBack()
		return nil, nil, err
	}
	return conn, giveBack, nil
}

func (d *DB) checked(ctx context.Context, conn *sql.Conn) error {
	return d.raw(ctx, conn, func(c *pgx.Conn) error { return pgdirect.Check(ctx, c) })
}
