package guard

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/axisor/axisor/internal/monitor"
	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/store"
)

// reportBudget is how long telling others about a run may take.
const reportBudget = 45 * time.Second

// Request says what one run is for.
type Request struct {
	marginguard.Request
	// AllowSurge lets the run add far more than runs used to.
	AllowSurge bool
}

// Run looks at every target once; see marginguard.Runner. A run is held back by
// open breakers (*BreakerError), and everybody who is to be told of it is told:
// monitor, metrics and receiver of alerts. Trouble with telling them is logged
// and does not change the result. A dry run tells nobody; it shows everything and
// ends with the error that a breaker would end the run with, unless it was asked
// for everything, as by those who want to see what a breaker holds back.
func (g *Guard) Run(ctx context.Context, r Request) (marginguard.Result, error) {
	if r.DryRun {
		return g.run(ctx, g.runner, r)
	}
	// What it saw stays known: where triggers are when a key is refused later.
	seen := &looks{}
	runner, err := g.assemble(parts{observer: seen})
	if err != nil {
		return marginguard.Result{}, err
	}
	result, err := g.run(ctx, runner, r)
	seen.flush(ctx, g, nil, Round{Err: err}, 0)
	return result, err
}

func (g *Guard) run(ctx context.Context, runner *marginguard.Runner, r Request) (marginguard.Result, error) {
	if r.DryRun {
		return g.foresee(ctx, runner, r)
	}
	result, err := g.attempt(ctx, runner, r, g.usual)
	if !errors.Is(err, store.ErrLocked) { // the other run reports for itself
		g.report(ctx, result, err)
	}
	return result, err
}

// foresee is a dry run. It ends with the error with which breakers would end the
// run, unless everything was asked for.
func (g *Guard) foresee(ctx context.Context, runner *marginguard.Runner, r Request) (marginguard.Result, error) {
	var err error
	if !r.Everything && g.o.SurgeStops && !r.AllowSurge {
		if r.SurgeSats, err = g.usual(ctx, g.o.Now().UTC()); err != nil {
			return marginguard.Result{}, err
		}
	}
	result, err := runner.Run(ctx, r.Request)
	var surge *marginguard.SurgeError
	if !r.Everything && (err == nil || errors.As(err, &surge)) {
		if held := g.held(ctx, r.AllowSurge); held != nil {
			err = held
		}
	}
	return result, err
}

// surgeFunc tells the sats that a run, or a round of workers, may add before that
// is a surge, after what those that began before a moment added; zero when too
// little is known.
type surgeFunc func(ctx context.Context, before time.Time) (int64, error)

// attempt is a run that open breakers hold back, and that may open some.
func (g *Guard) attempt(ctx context.Context, runner *marginguard.Runner, r Request, limit surgeFunc) (marginguard.Result, error) {
	var result marginguard.Result
	err := g.held(ctx, r.AllowSurge)
	if err == nil && g.o.SurgeStops && !r.AllowSurge {
		r.SurgeSats, err = limit(ctx, g.o.Now().UTC())
	}
	if err == nil {
		result, err = runner.Run(ctx, r.Request)
	}
	brief, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeBudget)
	defer cancel()
	if e := g.remember(brief, result); e != nil {
		g.o.Log.WarnContext(ctx, "outcomes of users not stored", "error", e.Error())
	}
	if e := g.judge(brief, result, err); e != nil {
		g.o.Log.WarnContext(ctx, "breaker not stored", "error", e.Error())
	}
	if e := g.noteSurge(brief, r, result, limit); e != nil {
		g.o.Log.WarnContext(ctx, "surge not stored", "error", e.Error())
	}
	return result, err
}

// reportRound tells everybody about a round of a loop. One that was cut off because the process was told to stop has
// neither failed nor come to its end: nobody is told.
func (g *Guard) reportRound(ctx context.Context, r marginguard.Result, failure error) {
	if !stopped(ctx, failure) {
		g.report(ctx, r, failure)
	}
}

// report tells everybody about a run, also when the run was interrupted.
func (g *Guard) report(ctx context.Context, r marginguard.Result, failure error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reportBudget)
	defer cancel()
	complain := func(what string, err error) {
		if err != nil {
			g.o.Log.WarnContext(ctx, what, "error", err.Error())
		}
	}
	var others sync.WaitGroup
	others.Go(func() { g.writeMetrics(ctx, r, failure) })
	others.Go(func() { complain("alerts not delivered", g.deliver(ctx)) })
	others.Go(func() {
		g.starting.Wait()
		if failure != nil {
			g.monitor().Ping(ctx, monitor.Fail, failure.Error())
			return
		}
		if r.Unserved() {
			g.monitor().Ping(ctx, monitor.Fail, Summary(r))
			return
		}
		g.monitor().Ping(ctx, monitor.Done, Summary(r))
	})
	others.Wait()
}

// started tells the monitor that a run has the lock, without waiting for it.
func (g *Guard) started(ctx context.Context) {
	if g.o.Alerts.PingURL == "" {
		return
	}
	g.starting.Go(func() { g.monitor().Ping(context.WithoutCancel(ctx), monitor.Start, "") })
}
