package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// OldTrades is what is older than a time.
type OldTrades struct {
	Rows   int64
	Oldest *time.Time // executed
	Newest *time.Time // executed
	// Written is when the last of them came in, as far as the rows themselves say.
	Written *time.Time
}

// CountTradesBefore counts the trade logs executed before a time.
func (d *DB) CountTradesBefore(ctx context.Context, before time.Time) (OldTrades, error) {
	var n OldTrades
	err := d.Gorm(ctx).Raw(`SELECT count(*) AS rows, min(executed_at) AS oldest, max(executed_at) AS newest,
		max(greatest(created_at, executed_at)) AS written FROM "TradeLog" WHERE executed_at < ?`, before.UTC()).Scan(&n).Error
	if err != nil {
		return n, fmt.Errorf("count old trades: %w", err)
	}
	return n, nil
}

// LastTradeImport is when the last import of trade logs ended, nil when there was none. Imported rows say themselves
// when they were created, which may be long before they came here.
func (d *DB) LastTradeImport(ctx context.Context) (*time.Time, error) {
	var last struct{ At *time.Time }
	err := d.Gorm(ctx).Raw(`SELECT max(COALESCE((new_values->>'ended_at')::timestamptz AT TIME ZONE 'UTC', created_at)) AS at
		FROM "AuditLog" WHERE action = 'trade.import'`).Scan(&last).Error
	if err != nil {
		return nil, fmt.Errorf("look for imports of trades: %w", err)
	}
	return last.At, nil
}

// TradeBatch says which trade logs to delete.
type TradeBatch struct {
	Before  time.Time  // executed before
	Created *time.Time // created before, when given
	From    time.Time  // where the batch before ended: dead rows in front of it are not walked through again
	Limit   int
}

// DeleteTrades deletes one batch of old trade logs inside a transaction, the oldest first, and says how many they were
// and where the next begins. Whoever holds one of the rows is waited for only so long.
func (d *DB) DeleteTrades(ctx context.Context, b TradeBatch, lockTimeout time.Duration) (int64, time.Time, error) {
	err := d.Gorm(ctx).Exec(fmt.Sprintf("SET LOCAL lock_timeout = %d", lockTimeout.Milliseconds())).Error
	if err != nil {
		return 0, b.From, fmt.Errorf("delete old trades: %w", err)
	}
	where, args := "executed_at >= ? AND executed_at < ?", []any{b.From.UTC(), b.Before.UTC()}
	if b.Created != nil {
		where, args = where+" AND created_at < ?", append(args, b.Created.UTC())
	}
	var gone struct {
		Rows int64
		Last *time.Time
	}
	err = d.Gorm(ctx).Raw(`WITH old AS (SELECT id FROM "TradeLog" WHERE `+where+` ORDER BY executed_at LIMIT ? FOR UPDATE),
		gone AS (DELETE FROM "TradeLog" t USING old WHERE t.id = old.id RETURNING t.executed_at)
		SELECT count(*) AS rows, max(executed_at) AS last FROM gone`, append(args, b.Limit)...).Scan(&gone).Error
	if err != nil {
		return 0, b.From, fmt.Errorf("delete old trades: %w", err)
	}
	if gone.Last == nil {
		return 0, b.From, nil
	}
	return gone.Rows, *gone.Last, nil
}

// SystemIdentifier is the number that PostgreSQL gave the cluster when it was made, "" where the server does not tell.
func (d *DB) SystemIdentifier(ctx context.Context) (string, error) {
	var id string
	err := d.Gorm(ctx).Raw(`SELECT system_identifier::text FROM pg_control_system()`).Scan(&id).Error
	if err != nil && !errors.Is(err, ErrDenied) { // some managed servers forbid the function
		return "", fmt.Errorf("read the system identifier: %w", err)
	}
	return id, nil
}
