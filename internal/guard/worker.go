package guard

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/models"
)

// shard is how many users a worker takes at a time: few enough that a worker
// which dies delays few, many enough that taking them costs nothing.
const shard = 200

// Work guards all the time beside any number of other workers, on any number of
// machines: each takes users who are due, a shard at a time. A worker that is
// killed loses its shard until it is due again. What keeps two of them from
// adding twice are the intents, not the leases.
func (g *Guard) Work(ctx context.Context, l Loop) error {
	if l.DryRun {
		return g.loop(ctx, models.WorkerShard, l, g.dryRound(l))
	}
	seen := &looks{}
	return g.loop(ctx, models.WorkerShard, l, func(ctx context.Context, id string) Round {
		began := g.o.Now().UTC()
		taken := &claims{g: g, worker: id, began: began, before: began.Add(-max(l.Interval-l.Interval/10, time.Millisecond))}
		runner, err := g.assemble(taken, worker{g}, seen)
		if err != nil {
			return Round{Err: err}
		}
		// Nobody due means another worker was faster: no run for nothing.
		if err := taken.claim(ctx); err != nil {
			return Round{Err: err}
		}
		if len(taken.users) == 0 {
			g.report(ctx, marginguard.Result{StartedAt: began, FinishedAt: g.o.Now().UTC()}, nil)
			return Round{}
		}
		result, err := g.run(ctx, runner, Request{Request: marginguard.Request{MaxSats: l.MaxSats}, AllowSurge: l.AllowSurge})
		round := standby(len(taken.users), result, err)
		seen.flush(ctx, g, taken.users, round, 0)
		return round
	})
}

// worker is the lock of a worker: it keeps runs out, and no other worker.
type worker struct{ *Guard }

// Lock implements marginguard.Locker.
func (w worker) Lock(ctx context.Context) (func(), error) {
	release, err := w.o.DB.ShareGuardRun(ctx, w.label("worker"))
	if err == nil {
		w.started(ctx)
	}
	return release, err
}

// claims is a source of users that nobody else works on in this round.
type claims struct {
	g             *Guard
	worker        string
	began, before time.Time

	mu    sync.Mutex
	users []string
	done  bool
}

// claim takes the next shard.
func (c *claims) claim(ctx context.Context) error {
	ids, err := c.g.o.DB.ClaimGuardUsers(ctx, c.worker, c.began, c.before, shard)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.users, c.done = append(c.users, ids...), len(ids) < shard
	return nil
}

// Targets implements marginguard.Source: shard after shard until nobody is due.
// A second pass over the same round gets the same users.
func (c *claims) Targets(ctx context.Context, q marginguard.Query) iter.Seq2[marginguard.Target, error] {
	from := source{db: c.g.o.DB, now: c.g.o.Now}
	return func(yield func(marginguard.Target, error) bool) {
		for at := 0; ; {
			part, done := c.after(at)
			if len(part) == 0 && done {
				return
			}
			if len(part) == 0 {
				if err := c.claim(ctx); err != nil {
					yield(marginguard.Target{}, err)
					return
				}
				continue
			}
			at += len(part)
			q.Users = part
			for t, err := range from.Targets(ctx, q) {
				if !yield(t, err) || err != nil {
					return
				}
			}
		}
	}
}

func (c *claims) after(at int) ([]string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.users[at:min(at+shard, len(c.users))], c.done
}
