package guard

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// lookahead is the share of the price by which a trigger may still be away for
// its position to be looked at: reading it takes time, too.
const lookahead = 0.001

// afterFunding is how long after a settlement margins have certainly moved.
const afterFunding = time.Minute

// coldShare is the part of a round's requests that goes to users who are due
// only because of their age: the ones near their trigger come first.
const coldShare = 0.5

// keyedRate is how many users a second are refreshed when every key has a limit
// of its own and none is known for the address.
const keyedRate = 10

// Watch guards all the time without asking for everybody's positions all the
// time. It keeps the trigger price of every position in an index; a round reads
// the price and looks only at the users with a position near its trigger, with
// an open intent, with something changed, or not looked at for a while. What it
// remembers says when to look, never what to do: positions are read again before
// every decision.
func (g *Guard) Watch(ctx context.Context, l Loop) error {
	if l.DryRun {
		return g.loop(ctx, models.WorkerWatch, l, g.dryRound(l))
	}
	seen := &looks{}
	runner, err := g.assemble(parts{observer: seen})
	if err != nil {
		return err
	}
	var next bounds
	if l.Wait == nil && g.market.stream != nil {
		l.Wait = func(ctx context.Context, d time.Duration) error { return g.crossed(ctx, d, next) }
	}
	return g.loop(ctx, models.WorkerWatch, l, func(ctx context.Context, _ string) Round {
		began := g.o.Now().UTC()
		users, price, near, err := g.due(ctx, l)
		next = near
		if stopped(ctx, err) {
			return Round{}
		}
		if err != nil {
			g.reportRound(ctx, marginguard.Result{StartedAt: began}, err)
			return Round{Err: err}
		}
		if len(users) == 0 {
			// Nobody is near: that is worth a sign of life, and alerts may wait.
			g.reportRound(ctx, marginguard.Result{StartedAt: began, FinishedAt: g.o.Now().UTC(), Price: price}, nil)
			return Round{}
		}
		result, err := g.attempt(ctx, runner, Request{
			Request: marginguard.Request{Users: users, MaxSats: l.MaxSats}, AllowSurge: l.AllowSurge,
		}, g.usual)
		if !errors.Is(err, store.ErrLocked) {
			g.reportRound(ctx, result, err)
		}
		round := standby(len(users), result, err)
		seen.flush(ctx, g, users, round, l.Refresh)
		return round
	})
}

// due finds the users to look at now, the price that says so, and how far it may
// go until somebody else is due.
func (g *Guard) due(ctx context.Context, l Loop) (users []string, price float64, next bounds, err error) {
	if err := g.market.checkClock(ctx); err != nil {
		return nil, 0, next, err
	}
	market, err := marginguard.ReadMarket(ctx, g.market, g.o.Now)
	if err != nil {
		return nil, 0, next, err
	}
	low, high := market.Extremes()
	near, err := g.o.DB.GuardCrossed(ctx, low*(1-lookahead), high*(1+lookahead))
	if err != nil {
		return nil, 0, next, err
	}
	if next.below, next.above, err = g.o.DB.GuardNearest(ctx, low*(1-lookahead), high*(1+lookahead)); err != nil {
		return nil, 0, next, err
	}
	now := g.o.Now().UTC()
	before := now.Add(-l.Refresh)
	if settled := marginguard.LastFunding(now.Add(-afterFunding)).Add(afterFunding); settled.After(before) {
		before = settled
	}
	cold, err := g.o.DB.GuardDue(ctx, before, g.coldLimit(l.Interval))
	if err != nil {
		return nil, 0, next, err
	}
	users = slices.Concat(near, cold)
	slices.Sort(users)
	return slices.Compact(users), market.LastPrice, next, nil
}

// coldLimit is how many users a round refreshes without a reason of the market.
func (g *Guard) coldLimit(interval time.Duration) int {
	rps := g.o.PrivateRPS * headroom * coldShare
	if g.o.LimitPerKey || rps <= 0 {
		rps = keyedRate * float64(max(g.o.Concurrency, 1))
	}
	return max(int(rps*interval.Seconds()), 1)
}

// dryRound looks at everybody and changes nothing.
func (g *Guard) dryRound(l Loop) func(context.Context, string) Round {
	return func(ctx context.Context, _ string) Round {
		result, err := g.Run(ctx, Request{Request: marginguard.Request{DryRun: true, MaxSats: l.MaxSats}})
		return Round{Users: result.Users, Result: result, Err: err}
	}
}
