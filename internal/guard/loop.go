package guard

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/pgdirect"
	"github.com/axisor/axisor/pkg/store"
)

// retryFailed is how soon a user whose positions could not be read is looked at
// again by a watcher.
const retryFailed = time.Minute

// storeBudget bounds what is stored after a round, also after an interrupted one.
const storeBudget = 10 * time.Second

// Loop says how a guard works that runs all the time.
type Loop struct {
	// Interval is the time from the start of one round to the start of the next.
	Interval time.Duration
	// Refresh is how long a watcher trusts what it knows of a user's positions.
	Refresh time.Duration
	// MaxSats caps what one round adds; zero means no cap.
	MaxSats    int64
	AllowSurge bool
	DryRun     bool
	// Rounds ends the loop after so many, with the error of the last; zero means never.
	Rounds int
	// Told hears of each round, when not nil.
	Told func(Round)
	// Wait waits between rounds; nil means really waiting.
	Wait func(ctx context.Context, d time.Duration) error
}

// Round is one round of a loop.
type Round struct {
	// Users is how many users had to be looked at; with none of them there is
	// no run, and Result is empty.
	Users  int
	Result marginguard.Result
	Err    error
	// Standby is a round that somebody else makes.
	Standby bool
	// Unfinished is a sign of life without a look at anybody.
	Unfinished bool
}

// Idle reports whether the round has nothing to tell.
func (r Round) Idle() bool { return r.Err == nil && (r.Users == 0 || r.Standby) }

// loop makes rounds until ctx ends, with a heartbeat after each. Only what no
// later round can mend ends it with an error.
func (g *Guard) loop(ctx context.Context, kind string, l Loop, round func(ctx context.Context, worker string) Round) error {
	wait := l.Wait
	if wait == nil {
		wait = pause
	}
	defer g.follow(ctx)()
	id := ""
	if !l.DryRun {
		if err := g.o.DB.Direct(ctx); errors.Is(err, pgdirect.ErrPooler) {
			return err // before a row says that somebody guards
		}
		now := g.o.Now().UTC()
		row, err := g.o.DB.StartGuardWorker(ctx, models.GuardWorker{
			Kind: kind, Host: g.o.Host, PID: int32(g.o.PID), Version: &g.o.Version,
			IntervalMs: l.Interval.Milliseconds(), StartedAt: now, BeatAt: now,
		})
		if err != nil {
			return err
		}
		id = row.ID
		defer g.brief(ctx, func(ctx context.Context) error { return g.o.DB.StopGuardWorker(ctx, id, g.o.Now().UTC()) })
	}
	for n := 1; ; n++ {
		began := g.o.Now()
		r := round(ctx, id)
		if stopped(ctx, r.Err) {
			r.Err, r.Unfinished = nil, true // what was under way has ended; nothing has failed
		}
		if ctx.Err() != nil && r.Users == 0 {
			return nil
		}
		if l.Told != nil {
			l.Told(r)
		}
		if !l.DryRun && !r.Standby {
			g.brief(ctx, func(ctx context.Context) error {
				return g.o.DB.BeatGuardWorker(ctx, id, r.Users, r.Err, !r.Unfinished, g.o.Now().UTC())
			})
		}
		if errors.Is(r.Err, pgdirect.ErrPooler) {
			return r.Err
		}
		if ctx.Err() != nil {
			return nil
		}
		if n == l.Rounds {
			return r.Err // no later round will mend it
		}
		if wait(ctx, max(l.Interval-g.o.Now().Sub(began), 0)) != nil {
			return nil
		}
	}
}

// brief stores something that must be stored although ctx may have ended.
func (g *Guard) brief(ctx context.Context, store func(ctx context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeBudget)
	defer cancel()
	if err := store(ctx); err != nil {
		g.o.Log.WarnContext(ctx, "state of the guard not stored", "error", err.Error())
	}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// stopped reports whether a round ended because the process was told to stop.
func stopped(ctx context.Context, err error) bool {
	return errors.Is(ctx.Err(), context.Canceled) && errors.Is(err, context.Canceled)
}

// standby turns a lock held by somebody else into a round that they make.
func standby(users int, result marginguard.Result, err error) Round {
	if errors.Is(err, store.ErrLocked) {
		return Round{Users: users, Standby: true}
	}
	return Round{Users: users, Result: result, Err: err}
}

// looks collects what a round saw, for the index.
type looks struct {
	mu   sync.Mutex
	seen map[string]store.GuardLook // by account
}

// Saw implements marginguard.Observer.
func (l *looks) Saw(t marginguard.Target, r marginguard.Reading, positions []marginguard.Position, at time.Time) {
	look := store.GuardLook{UserID: t.UserID, AccountID: t.AccountID, At: at.UTC()}
	for _, w := range marginguard.IndexEntries(t.Config, r, positions) {
		look.Rows = append(look.Rows, models.GuardWatch{
			AccountID: t.AccountID, TradeID: w.TradeID, UserID: t.UserID, Side: string(w.Side), TriggerPrice: w.Trigger,
			RefreshedAt: look.At,
		})
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen == nil {
		l.seen = map[string]store.GuardLook{}
	}
	l.seen[t.AccountID] = look
}

// flush stores what was seen, and when the users of a round that came to its end
// are due again.
func (l *looks) flush(ctx context.Context, g *Guard, users []string, r Round, refresh time.Duration) {
	l.mu.Lock()
	all := make([]store.GuardLook, 0, len(l.seen))
	known := map[string]bool{}
	for _, look := range l.seen {
		all = append(all, look)
		known[look.UserID] = true
	}
	l.seen = nil
	l.mu.Unlock()
	if r.Err == nil && !r.Standby {
		now := g.o.Now().UTC()
		failed := map[string]bool{}
		for _, i := range r.Result.Items {
			// Whose key is put aside is looked at soon again, too: that asks nobody
			// until it is time, and sees when the price comes near a position.
			failed[i.UserID] = failed[i.UserID] || i.Status == marginguard.StatusFailed || i.Decision == marginguard.Breaker
		}
		for _, u := range users {
			at := now
			if failed[u] && refresh > retryFailed {
				at = now.Add(retryFailed - refresh)
			}
			if !known[u] {
				all = append(all, store.GuardLook{UserID: u, At: at})
			}
		}
	}
	if len(all) > 0 {
		g.brief(ctx, func(ctx context.Context) error { return g.o.DB.StoreGuardLooks(ctx, all) })
	}
}

// label names a process to those who wait for its lock.
func (g *Guard) label(what string) string {
	return fmt.Sprintf("axisor guard %s %d@%s", what, g.o.PID, g.o.Host)
}
