package store

import (
	"context"
	"time"
)

// ReserveGuardSlots takes the next n moments of a limit that processes share,
// every apart, and returns how long it is until the first of them. The server's
// clock is the only one that counts, so the machines' clocks may differ.
func (d *DB) ReserveGuardSlots(ctx context.Context, bucket string, n int, every time.Duration) (time.Duration, error) {
	var wait float64
	// clock_timestamp, not now: the row lock may have made this wait.
	err := d.Gorm(ctx).Raw(`
		INSERT INTO guard_rate AS r (bucket, next_at)
		VALUES (@bucket, clock_timestamp() + make_interval(secs => @block))
		ON CONFLICT (bucket) DO UPDATE
		SET next_at = GREATEST(r.next_at, clock_timestamp()) + make_interval(secs => @block)
		RETURNING EXTRACT(EPOCH FROM r.next_at - clock_timestamp())::float8 - @block`,
		map[string]any{"bucket": bucket, "block": float64(n) * every.Seconds()}).Scan(&wait).Error
	return max(time.Duration(wait*float64(time.Second)), 0), err
}
