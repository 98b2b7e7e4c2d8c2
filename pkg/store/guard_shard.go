package store

import (
	"context"
	"time"
)

// GuardShard is a part of all users: the ids above After up to and including
// Until, which is empty for the last part.
type GuardShard struct{ After, Until string }

// GuardShards divides the users to look after, or with an open intent, into
// parts of size users.
func (d *DB) GuardShards(ctx context.Context, size int) ([]GuardShard, error) {
	var ends []string
	err := d.Gorm(ctx).Raw(`
		SELECT max(user_id) FROM (
			SELECT c.user_id, (row_number() OVER (ORDER BY c.user_id) - 1) / ? AS part
			FROM "MarginGuardConfig" c JOIN "User" u ON u.id = c.user_id
			WHERE (c.is_active AND u.is_active)
			   OR c.user_id IN (SELECT i.user_id FROM axisor.guard_intent i WHERE i.state IN `+openStates+`)) parts
		GROUP BY part ORDER BY part`, size).Scan(&ends).Error
	out := make([]GuardShard, len(ends))
	for i, end := range ends {
		if i > 0 {
			out[i].After = ends[i-1]
		}
		if i < len(ends)-1 {
			out[i].Until = end
		}
	}
	return out, err
}

// GuardQueue is what the job queue holds of one kind of job.
type GuardQueue struct {
	Waiting, Running int64
	// Oldest is how long the job has waited that waits longest.
	Oldest time.Duration
	// Failed are the jobs of the last hour that failed or were lost with their worker.
	Failed int64
}

// GuardQueue reads it.
func (d *DB) GuardQueue(ctx context.Context, kind string) (GuardQueue, error) {
	var got struct {
		Waiting, Running, Failed int64
		Oldest                   float64
	}
	err := d.Gorm(ctx).Raw(`
		SELECT count(*) FILTER (WHERE state = 'available') AS waiting, count(*) FILTER (WHERE state = 'running') AS running,
		       count(*) FILTER (WHERE state = 'discarded' AND finalized_at > now() - interval '1 hour') AS failed,
		       COALESCE(extract(epoch FROM max(now() - scheduled_at) FILTER (WHERE state = 'available' AND isfinite(scheduled_at))), 0)::float8 AS oldest
		FROM river.river_job WHERE kind = ?`, kind).Scan(&got).Error
	return GuardQueue{
		Waiting: got.Waiting, Running: got.Running, Failed: got.Failed, Oldest: time.Duration(got.Oldest * float64(time.Second)),
	}, err
}

// DropGuardJobs takes jobs out of the queue that its client cannot read: a single one would keep it from fetching any.
// The next round asks for what is missing.
func (d *DB) DropGuardJobs(ctx context.Context, kind string) error {
	return d.Gorm(ctx).Exec(`DELETE FROM river.river_job WHERE kind = ?
		AND NOT (isfinite(scheduled_at) AND isfinite(created_at) AND isfinite(COALESCE(attempted_at, now())) AND isfinite(COALESCE(finalized_at, now())))`, kind).Error
}

// GuardShardJob tells which shard of which round an unfinished job works on.
type GuardShardJob struct {
	Shard int
	Round int64
}

// OpenGuardShards returns the jobs that wait, and those that run. A job that has
// run longer than lost has died with its worker and is left out, so that its
// users are not left alone until the queue notices; so is what no worker would
// ever begin with or end, and what says no shard, whoever wrote it.
func (d *DB) OpenGuardShards(ctx context.Context, kind string, lost time.Duration) ([]GuardShardJob, error) {
	var jobs []GuardShardJob
	err := d.Gorm(ctx).Raw(`
		SELECT shard::int, round::bigint FROM (SELECT args->>'shard' AS shard, args->>'round' AS round FROM river.river_job
			WHERE kind = @kind AND (state = 'available' AND scheduled_at < now() + make_interval(secs => @lost)
			      OR state = 'running' AND attempted_at BETWEEN now() - make_interval(secs => @lost) AND now() + make_interval(secs => @lost))
			OFFSET 0) jobs
		WHERE shard ~ '^[0-9]{1,9}$' AND round ~ '^[0-9]{1,18}$'`, map[string]any{"kind": kind, "lost": lost.Seconds()}).Scan(&jobs).Error
	return jobs, err
}

// GuardAdded is what all processes have added or reserved since a moment.
func (d *DB) GuardAdded(ctx context.Context, since time.Time) (int64, error) {
	var sats int64
	err := d.Gorm(ctx).Raw(`SELECT LEAST(COALESCE(SUM(amount_sats), 0), `+allSats+`)::bigint FROM axisor.guard_intent
		WHERE planned_at >= ? AND state IN `+spentStates, since).Scan(&sats).Error
	return sats, err
}

// GuardUsualRounds is GuardUsual for a guard of many short runs: what all of
// them added in each round of the given length, from since until before.
func (d *DB) GuardUsualRounds(ctx context.Context, since, before time.Time, round time.Duration) (GuardUsual, error) {
	var got GuardUsual
	err := d.Gorm(ctx).Raw(`
		SELECT count(*) AS runs, COALESCE(max(sats), 0) AS most, min(first) AS first FROM (
			SELECT LEAST(SUM(amount_sats), `+allSats+`)::bigint AS sats, min(planned_at) AS first FROM axisor.guard_intent
			WHERE planned_at >= ? AND planned_at < ? AND state = 'applied'
			GROUP BY floor(extract(epoch FROM planned_at) / ?)) rounds`, since, before, round.Seconds()).Scan(&got).Error
	return got, err
}
