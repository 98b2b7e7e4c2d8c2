package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/gorm"
)

const (
	// slotKey marks a statement that holds a slot.
	slotKey = "axisor:slot"
	// narrowKey marks the statements of a role that may not read secrets.
	narrowKey = "axisor:narrow"
	// connectedKey is when a connection was made.
	connectedKey = "axisor:connected"
)

// connected prepares a connection that was just made.
func connected(now func() time.Time) func(context.Context, *pgx.Conn) error {
	return func(ctx context.Context, c *pgx.Conn) error {
		c.PgConn().CustomData()[connectedKey] = now()
		return registerUTC(ctx, c)
	}
}

// idle tells whether a connection was unused for long enough that the server may have gone meanwhile, and should be asked
// before the next statement. The driver's own rule takes a new connection for one that idled since the year 1: the second
// statement of every run would cost a round trip more.
func idle(now func() time.Time) func(context.Context, stdlib.ShouldPingParams) bool {
	const long = time.Second
	return func(_ context.Context, p stdlib.ShouldPingParams) bool {
		at, known := p.Conn.PgConn().CustomData()[connectedKey].(time.Time)
		return p.IdleDuration > long && (!known || now().Sub(at) > long)
	}
}

// acquire waits for one of the pool's connections to be free. database/sql
// itself would wait for as long as the caller's context lives.
func (c *core) acquire(ctx context.Context) error {
	select {
	case c.slots <- struct{}{}:
		return nil
	default:
	}
	timer := time.NewTimer(c.poolTimeout)
	defer timer.Stop()
	select {
	case c.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for a database connection: %w", ctx.Err())
	case <-timer.C:
		return &Error{
			Kind: ErrPoolExhausted, Target: c.target.String(),
			Message: fmt.Sprintf("all %d connections are in use for %s", cap(c.slots), c.poolTimeout),
		}
	}
}

func (c *core) release() { <-c.slots }

// slot runs fn while holding one of the pool's connections.
func (c *core) slot(ctx context.Context, fn func() error) error {
	if err := c.acquire(ctx); err != nil {
		return err
	}
	defer c.release()
	return fn()
}

// hook makes every statement that gorm runs outside of a transaction wait for a
// free connection with a limit, and every error come out in our words, so that
// no query of this package can forget either.
func (c *core) hook(g *gorm.DB) error {
	before := func(tx *gorm.DB) {
		if tx.Statement.ConnPool != c.conns || tx.DryRun || tx.Error != nil {
			return // inside a transaction, which holds its connection already
		}
		if err := c.acquire(tx.Statement.Context); err != nil {
			tx.Error = err
			return
		}
		tx.Statement.Settings.Store(slotKey, true)
	}
	after := func(tx *gorm.DB) {
		if _, held := tx.Statement.Settings.LoadAndDelete(slotKey); held {
			c.release()
		}
		tx.Error = c.translate(tx.Statement.Context, tx.Error)
	}
	narrow := func(tx *gorm.DB) {
		if _, marked := tx.Get(narrowKey); marked || c.narrow {
			withoutSecrets(tx)
		}
	}
	cb := g.Callback()
	for _, err := range []error{
		cb.Query().Before("gorm:query").Register("axisor:narrow", narrow), cb.Row().Before("gorm:row").Register("axisor:narrow", narrow),
		cb.Create().Before("*").Register("axisor:before", before), cb.Create().After("*").Register("axisor:after", after),
		cb.Query().Before("*").Register("axisor:before", before), cb.Query().After("*").Register("axisor:after", after),
		cb.Update().Before("*").Register("axisor:before", before), cb.Update().After("*").Register("axisor:after", after),
		cb.Delete().Before("*").Register("axisor:before", before), cb.Delete().After("*").Register("axisor:after", after),
		cb.Raw().Before("*").Register("axisor:before", before), cb.Raw().After("*").Register("axisor:after", after),
		// Row leaves its rows open when the callback ends, so it takes no slot.
		cb.Row().After("*").Register("axisor:after", after),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}
