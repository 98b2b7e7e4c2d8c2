package guard

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/rivertype"

	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/store"
)

// ShardKind is the kind of the jobs that guard a shard of users, and the name of
// their queue.
const ShardKind = "guard_shard"

// shardSize is how many users a job is for: few enough that a worker which dies
// delays few, many enough that the queue costs nothing.
const shardSize = 200

// How long a job may take. After jobBudget it begins with no further user, a user
// gets at most userBudget, and at jobTimeout the queue cuts it off; an addition
// under way is finished even then. A job that has not ended after lostAfter died
// with its worker.
const (
	jobBudget  = 7 * time.Second
	userBudget = 7 * time.Second
	jobTimeout = 15 * time.Second
	lostAfter  = 30 * time.Second
)

// How long the queue remembers jobs: the done ones at least as long as somebody
// could ask for the same again.
const (
	keepDone   = 15 * time.Minute
	keepFailed = time.Hour
)

// pollEvery is how often a worker asks for jobs; jobs come from the clock, so
// hearing of them a moment earlier is worth no connection that listens.
const pollEvery = 250 * time.Millisecond

// shardArgs are the work of one job. Shard, part and round make it unique: of
// any number of processes that ask for it, one makes it. The round is the period,
// counted on the asking machine's clock; a wrong clock costs a second look.
type shardArgs struct {
	Shard int `json:"shard" river:"unique"`
	// Part counts the jobs that a shard took because one had not time enough.
	Part int `json:"part" river:"unique"`
	// Round is when the round began, in milliseconds of Unix time.
	Round int64  `json:"round" river:"unique"`
	After string `json:"after"`
	Until string `json:"until"`
}

// Kind implements river.JobArgs.
func (shardArgs) Kind() string { return ShardKind }

// InsertOpts implements river.JobArgsWithInsertOpts. A job is never tried again:
// the next round is the retry, and reads everything anew.
func (shardArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{
		MaxAttempts: 1, Queue: ShardKind,
		UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: rivertype.JobStates()},
	}
}

// shardWorker hands a job to the crew.
type shardWorker struct {
	river.WorkerDefaults[shardArgs]
	crew *crew
}

// Work implements river.Worker.
func (w *shardWorker) Work(ctx context.Context, j *river.Job[shardArgs]) error {
	return w.crew.shard(ctx, j.Args)
}

// newClient makes the client of the queue. It shares the pool of the store and
// polls, so that it needs no connection of its own.
func (c *crew) newClient() (*river.Client[*sql.Tx], error) {
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, &shardWorker{crew: c}); err != nil {
		return nil, err
	}
	return river.NewClient(riverdatabasesql.New(c.g.o.DB.SQL()), &river.Config{
		Schema: c.g.o.DB.Names().Queue, PollOnly: true, FetchPollInterval: pollEvery, Logger: c.g.o.Log,
		Queues:  map[string]river.QueueConfig{ShardKind: {MaxWorkers: c.jobs()}},
		Workers: workers, MaxAttempts: 1, JobTimeout: jobTimeout, RescueStuckJobsAfter: lostAfter, FetchOnlyKnownKinds: true,
		CompletedJobRetentionPeriod: max(keepDone, 2*c.l.Interval), CancelledJobRetentionPeriod: keepFailed,
		DiscardedJobRetentionPeriod: max(keepFailed, 2*c.l.Interval),
	})
}

// plan asks for the jobs of a round. A shard whose last job has not ended gets
// none: a queue that grows faster than it is worked off serves its last ones never.
func (c *crew) plan(ctx context.Context, round time.Time) (shards int, err error) {
	parts, err := c.g.o.DB.GuardShards(ctx, c.g.o.ShardSize)
	if err != nil || len(parts) == 0 {
		return 0, err
	}
	if err := c.g.o.DB.DropGuardJobs(ctx, ShardKind); err != nil {
		return 0, err
	}
	open, err := c.g.o.DB.OpenGuardShards(ctx, ShardKind, lostAfter)
	if err != nil {
		return 0, err
	}
	var jobs []river.InsertManyParams
	for i, p := range parts {
		if slices.ContainsFunc(open, func(o store.GuardShardJob) bool { return o.Shard == i }) {
			continue
		}
		jobs = append(jobs, river.InsertManyParams{Args: shardArgs{Shard: i, Round: round.UnixMilli(), After: p.After, Until: p.Until}})
	}
	if len(jobs) > 0 {
		_, err = c.client.InsertMany(ctx, jobs)
	}
	return len(parts), err
}

// proceed asks for the rest of a shard.
func (c *crew) proceed(ctx context.Context, a shardArgs, last string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeBudget)
	defer cancel()
	a.Part, a.After = a.Part+1, last
	_, err := c.client.Insert(ctx, a, nil)
	return err
}

// errNoTime is a job that could not begin with a single user.
var errNoTime = errors.New("no user could be looked at in time")

// portion is the source of one job: the users of a shard, until time is up.
type portion struct {
	source
	shard store.GuardShard
	// enough ends when no further user may be begun with.
	enough context.Context //nolint:containedctx // the job's own measure of time, not a call's

	users []string
	cut   bool
	again bool
}

// Targets implements marginguard.Source. A second pass gets the users of the
// first, and is not cut again: it is for those in danger.
func (p *portion) Targets(ctx context.Context, q marginguard.Query) iter.Seq2[marginguard.Target, error] {
	return func(yield func(marginguard.Target, error) bool) {
		first := !p.again
		p.again = true
		q.After, q.Until = p.shard.After, p.shard.Until
		if !first {
			q.Until = p.last()
		}
		for t, err := range p.source.Targets(ctx, q) {
			if first && err == nil && t.UserID != p.last() {
				if p.enough.Err() != nil {
					p.cut = true
					return
				}
				p.users = append(p.users, t.UserID)
			}
			if !yield(t, err) || err != nil {
				return
			}
		}
	}
}

// last is the last user who was begun with.
func (p *portion) last() string {
	if len(p.users) == 0 {
		return ""
	}
	return p.users[len(p.users)-1]
}
