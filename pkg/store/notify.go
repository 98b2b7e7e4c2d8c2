package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/axisor/axisor/pkg/pgdirect"
)

// NotifyChannel is where the server tells that there are new trade logs, when it was asked to: InstallNotify.
const NotifyChannel = "axisor_trade"

const notifyTrigger = "axisor_notify"

// Notifies tells whether the server says when trade logs are inserted.
func (d *DB) Notifies(ctx context.Context) (bool, error) {
	var there bool
	err := d.Gorm(ctx).Raw(`SELECT EXISTS (SELECT 1 FROM pg_trigger
		WHERE tgrelid = '"TradeLog"'::regclass AND tgname = ? AND tgenabled IN ('O', 'A'))`, notifyTrigger).Scan(&there).Error
	if err != nil {
		return false, fmt.Errorf("look for the trigger: %w", err)
	}
	return there, nil
}

// InstallNotify makes the server say when trade logs are inserted. It is once for a statement, however many rows that
// inserts, so an import does not feel it.
func (d *DB) InstallNotify(ctx context.Context) error {
	return d.notifyDDL(ctx,
		`CREATE OR REPLACE FUNCTION `+notifyTrigger+`() RETURNS trigger LANGUAGE plpgsql AS $$
			BEGIN PERFORM pg_notify('`+NotifyChannel+`', ''); RETURN NULL; END $$`,
		`CREATE OR REPLACE TRIGGER `+notifyTrigger+` AFTER INSERT ON "TradeLog" FOR EACH STATEMENT EXECUTE FUNCTION `+notifyTrigger+`()`)
}

// RemoveNotify is the reverse of InstallNotify.
func (d *DB) RemoveNotify(ctx context.Context) error {
	return d.notifyDDL(ctx, `DROP TRIGGER IF EXISTS `+notifyTrigger+` ON "TradeLog"`, `DROP FUNCTION IF EXISTS `+notifyTrigger+`()`)
}

// notifyDDL waits only briefly for the lock, because writers wait behind it.
func (d *DB) notifyDDL(ctx context.Context, commands ...string) error {
	for _, sql := range append([]string{"SET LOCAL lock_timeout = '3s'"}, commands...) {
		if err := d.Gorm(ctx).Exec(sql).Error; err != nil {
			return fmt.Errorf("change the trigger: %w", err)
		}
	}
	return nil
}

// ErrNoListening is returned where notifications cannot come through.
var ErrNoListening = errors.New("a pooler hands no notifications on")

// ListenTrades calls wake when trade logs were inserted, and once when it has begun to listen: what came before that
// is for the caller to look up. It ends with the connection or the context. A notification says nothing of the rows.
func (d *DB) ListenTrades(ctx context.Context, wake func()) error {
	if d.inTx { // it hears nothing before its end
		return ErrNoListening
	}
	conn, giveBack, err := d.session(ctx)
	if errors.Is(err, pgdirect.ErrPooler) {
		return fmt.Errorf("%w: %w", ErrNoListening, err)
	}
	if err != nil {
		return err
	}
	defer giveBack()
	return d.raw(ctx, conn, func(c *pgx.Conn) error {
		// The session must not go on listening for whoever has the connection next. A dead one does not.
		defer func() {
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			_, _ = c.Exec(last, "UNLISTEN *")
		}()
		if _, err := c.Exec(ctx, "LISTEN "+NotifyChannel); err != nil {
			return fmt.Errorf("listen: %w", err)
		}
		for {
			wake()
			if _, err := c.WaitForNotification(ctx); err != nil {
				return fmt.Errorf("listen: %w", err)
			}
		}
	})
}
