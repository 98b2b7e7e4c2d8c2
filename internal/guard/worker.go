package guard

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// How long a worker that is told to stop waits for its jobs, and how often one
// that makes a number of rounds looks whether the round is over.
const (
	stopBudget = 90 * time.Second
	watchEvery = 50 * time.Millisecond
)

// deadAfter is the age at which a run of a worker cannot be under way any more.
const deadAfter = 5 * time.Minute

// crew is one process of any number that guard together. In each round it asks
// for one job per shard of users; the queue keeps one of each, and whoever is
// free takes it. What keeps two jobs from adding twice are the intents.
type crew struct {
	g      *Guard
	l      Loop
	client *river.Client[*sql.Tx]
	lock   *workerLock
	// stopping ends when the process is told to stop.
	stopping context.Context //nolint:containedctx // jobs must hear of it and not be cut off by it

	telling sync.Mutex

	mu    sync.Mutex
	peers int
	// Since the last round of this process:
	sum     marginguard.Result
	ended   int
	failure error
}

// Work guards all the time beside any number of other workers, on any number of
// machines. A worker that is killed loses its jobs; the next round has them.
func (g *Guard) Work(ctx context.Context, l Loop) error {
	if l.DryRun {
		return g.loop(ctx, models.WorkerShard, l, g.dryRound(l))
	}
	c := &crew{g: g, l: l, lock: &workerLock{g: g}, stopping: ctx, peers: 1}
	var err error
	if c.client, err = c.newClient(); err != nil {
		return err
	}
	if err := c.client.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	beat := l
	beat.Told = nil // jobs tell for themselves
	if beat.Wait == nil {
		beat.Wait = func(ctx context.Context, _ time.Duration) error { return pause(ctx, c.untilNext()) }
	}
	err = g.loop(ctx, models.WorkerShard, beat, c.round)
	brief, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopBudget)
	defer cancel()
	return errors.Join(err, c.client.Stop(brief))
}

// untilNext is the time to the next round; rounds begin at the same moments everywhere.
func (c *crew) untilNext() time.Duration {
	now := c.g.o.Now()
	return now.Truncate(c.l.Interval).Add(c.l.Interval).Sub(now)
}

// jobs is how many jobs this process works on at a time: more than one when it
// may look at more users at a time than a job has.
func (c *crew) jobs() int { return (c.g.o.Concurrency + c.g.o.ShardSize - 1) / c.g.o.ShardSize }

// round plans a round and reports what was done since the last one.
func (c *crew) round(ctx context.Context, _ string) Round {
	now := c.g.o.Now().UTC()
	c.g.started(ctx)
	err := c.tidy(ctx)
	round := now.Truncate(c.l.Interval)
	shards := 0
	if err == nil {
		shards, err = c.plan(ctx, round)
	}
	if err == nil && c.l.Rounds > 0 {
		err = c.await(ctx, round)
	}
	if errors.Is(err, ctx.Err()) && ctx.Err() != nil {
		err = nil
	}
	if err != nil {
		c.tell(Round{Err: err})
	}
	r := c.take(now)
	r.Unfinished = shards > 0 && r.Unfinished
	if r.Err == nil {
		r.Err = err
	}
	c.g.reportRound(ctx, r.Result, r.Err)
	return r
}

// tidy looks who else is here, and closes the runs of workers that died. It takes
// the lock of a worker for a moment: while it is held, no run of everybody is
// under way, and runs that began long ago are dead.
func (c *crew) tidy(ctx context.Context) error {
	release, err := c.lock.Lock(ctx)
	switch {
	case errors.Is(err, store.ErrLocked):
		return nil
	case err != nil:
		return err
	}
	defer release()
	now := c.g.o.Now().UTC()
	if err := c.g.o.DB.CloseDeadGuardRuns(ctx, now.Add(-deadAfter), now); err != nil {
		return err
	}
	peers, err := c.g.o.DB.CountGuardWorkers(ctx, models.WorkerShard, now.Add(-3*c.l.Interval))
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.peers = max(peers, 1)
	return nil
}

// await waits until the jobs of a round have ended, whoever has them.
func (c *crew) await(ctx context.Context, round time.Time) error {
	for {
		open, err := c.g.o.DB.OpenGuardShards(ctx, ShardKind, lostAfter)
		if err != nil {
			return err
		}
		left := 0
		for _, o := range open {
			if o.Round == round.UnixMilli() {
				left++
			}
		}
		if left == 0 {
			return nil
		}
		if err := pause(ctx, watchEvery); err != nil {
			return err
		}
	}
}

// take returns what was done since it was last called.
func (c *crew) take(now time.Time) Round {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := Round{Users: c.sum.Users, Result: c.sum, Err: c.failure, Unfinished: c.ended == 0}
	if r.Result.StartedAt.IsZero() {
		r.Result.StartedAt = now
	}
	if r.Result.FinishedAt.IsZero() {
		r.Result.FinishedAt = r.Result.StartedAt
	}
	c.sum, c.ended, c.failure = marginguard.Result{}, 0, nil
	return r
}

// tell passes a round on, one at a time.
func (c *crew) tell(r Round) {
	if c.l.Told == nil {
		return
	}
	c.telling.Lock()
	defer c.telling.Unlock()
	c.l.Told(r)
}

// share is how many users a job has under way together. Workers behind one address
// divide what its rate limit can serve without making anybody wait too long.
func (c *crew) share() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(c.g.o.Concurrency, c.g.o.ShardSize)
	if c.g.o.limitedTogether() {
		n = int(math.Ceil(float64(n) / float64(c.peers)))
	}
	return n
}

// shard does one job.
func (c *crew) shard(ctx context.Context, a shardArgs) error {
	enough, cancel := context.WithTimeout(c.stopping, jobBudget)
	defer cancel()
	from := &portion{source: source{db: c.g.o.DB, now: c.g.o.Now}, shard: store.GuardShard{After: a.After, Until: a.Until}, enough: enough}
	seen := &looks{}
	late := &lateRun{recorder: recorder{c.g}, intents: intents{c.g.o}}
	runner, err := c.g.assemble(parts{
		source: from, recorder: late, intents: late, lock: c.lock, observer: seen, concurrency: c.share(),
		userTimeout: min(c.g.o.UserTimeout, userBudget),
	})
	if err != nil {
		return err
	}
	round := time.UnixMilli(a.Round).UTC()
	req := Request{Request: marginguard.Request{MaxSats: c.l.MaxSats, Round: round}, AllowSurge: c.l.AllowSurge}
	if req.MaxSats > 0 || c.g.o.SurgeStops {
		if req.Spent, err = c.g.o.DB.GuardAdded(ctx, round); err != nil {
			return err
		}
	}
	result, err := c.g.attempt(ctx, runner, req, c.usual(round))
	r := standby(len(from.users), result, err)
	seen.flush(ctx, c.g, from.users, r, 0)
	c.add(r)
	c.tell(r)
	switch {
	case r.Err != nil:
		return r.Err
	case from.cut && len(from.users) == 0 && c.stopping.Err() == nil:
		return errNoTime
	case from.cut:
		last := from.last()
		if last == "" {
			last = a.After
		}
		return c.proceed(ctx, a, last)
	}
	return nil
}

// usual is what this round may add before that is a surge, after the rounds before it.
func (c *crew) usual(round time.Time) surgeFunc {
	return func(ctx context.Context, _ time.Time) (int64, error) {
		usual, err := c.g.o.DB.GuardUsualRounds(ctx, round.Add(-surgeWeek), round, c.l.Interval)
		return c.g.surgeLimit(usual, round), err
	}
}

// add counts what a job did.
func (c *crew) add(r Round) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.Standby {
		return
	}
	if r.Err != nil {
		c.failure = r.Err
		return
	}
	c.ended++
	c.sum.Absorb(r.Result)
}

// workerLock keeps runs of everybody out, and no other worker. The jobs of a
// process hold it together, on one connection: jobs that held one each could
// take the whole pool and wait for the rest of their connections for ever.
type workerLock struct {
	g *Guard

	mu      sync.Mutex
	holders int
	release func()
}

// Lock implements marginguard.Locker.
func (w *workerLock) Lock(ctx context.Context) (func(), error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.holders == 0 {
		var err error
		if w.release, err = w.g.o.DB.ShareGuardRun(ctx, w.g.label("worker")); err != nil {
			return nil, err
		}
	}
	w.holders++
	return w.unlock, nil
}

func (w *workerLock) unlock() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.holders--
	if w.holders == 0 {
		w.release()
	}
}
