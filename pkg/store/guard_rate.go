package store

import (
	"context"
	"time"
)

// GuardSlots are moments of a limit that processes share.
type GuardSlots struct {
	// First is the first of them, Server the server's clock when it gave them, both in
	// seconds of Unix time on that clock.
	First, Server float64
}

// possible is the condition that a moment of a limit is one: none is further ahead than a pause lasts at most. Whatever
// wrote another one (or a clock that was set back since) holds nobody up.
const possible = `r.next_at < clock_timestamp() + interval '10 minutes'`

// ReserveGuardSlots takes the next n moments of a limit, every apart and not sooner than
// lead from now. The server's clock is the only one that counts, so the machines' clocks
// may differ. While the limit pauses for longer than patience nothing is taken.
func (d *DB) ReserveGuardSlots(ctx context.Context, bucket string, n int, every, lead, patience time.Duration) (GuardSlots, error) {
	var got GuardSlots
	// clock_timestamp, not now: the row lock may have made this wait.
	err := d.Gorm(ctx).Raw(`
		INSERT INTO axisor.guard_rate AS r (bucket, next_at)
		VALUES (@bucket, clock_timestamp() + make_interval(secs => @first))
		ON CONFLICT (bucket) DO UPDATE
		SET next_at = CASE WHEN `+possible+` AND r.next_at > clock_timestamp() + make_interval(secs => @patience) THEN r.next_at
			ELSE GREATEST(CASE WHEN `+possible+` THEN r.next_at END, clock_timestamp() + make_interval(secs => @lead)) + make_interval(secs => @block) END
		RETURNING EXTRACT(EPOCH FROM r.next_at)::float8 - @block AS first, EXTRACT(EPOCH FROM clock_timestamp())::float8 AS server`,
		map[string]any{
			"bucket": bucket, "block": float64(n) * every.Seconds(), "lead": lead.Seconds(),
			"first": lead.Seconds() + float64(n)*every.Seconds(), "patience": patience.Seconds(),
		}).Scan(&got).Error
	return got, err
}

// PauseGuardSlots lets the next moment of a limit come no sooner than in d, for every
// process. Pauses of single keys that are over are forgotten.
func (d *DB) PauseGuardSlots(ctx context.Context, bucket string, pause time.Duration) error {
	return d.Gorm(ctx).Exec(`
		WITH old AS (DELETE FROM axisor.guard_rate WHERE bucket LIKE 'key %' AND bucket <> @bucket AND next_at < clock_timestamp())
		INSERT INTO axisor.guard_rate AS r (bucket, next_at)
		VALUES (@bucket, clock_timestamp() + make_interval(secs => @pause))
		ON CONFLICT (bucket) DO UPDATE SET next_at = GREATEST(CASE WHEN `+possible+` THEN r.next_at END, EXCLUDED.next_at)`,
		map[string]any{"bucket": bucket, "pause": pause.Seconds()}).Error
}

// GuardPause is how long the limit of a single key pauses still.
type GuardPause struct {
	Bucket string
	// Left is in seconds.
	Left float64
}

// GuardKeyPauses are the limits of single keys that pause now.
func (d *DB) GuardKeyPauses(ctx context.Context) ([]GuardPause, error) {
	var rows []GuardPause
	err := d.Gorm(ctx).Raw(`
		SELECT bucket, EXTRACT(EPOCH FROM next_at - clock_timestamp())::float8 AS left
		FROM axisor.guard_rate r WHERE bucket LIKE 'key %' AND next_at > clock_timestamp() AND ` + possible).Scan(&rows).Error
	return rows, err
}
