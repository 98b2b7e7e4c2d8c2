package marginguard

import (
	"context"
	"time"
)

// Observation is what a look at an account found out beside decisions. Everything in
// it is told once, whoever finds it out.
type Observation struct {
	UserID, AccountID string
	At                time.Time
	Ended             []Ending
	// Returned are positions that were missed, or taken for gone, and are running.
	Returned []string
	Near     []Approach
	// Recovered are positions that are not near their trigger any more.
	Recovered []string
}

func (o Observation) empty() bool {
	return len(o.Ended)+len(o.Returned)+len(o.Near)+len(o.Recovered) == 0
}

// Journal keeps observations.
type Journal interface {
	// Note stores an observation with the notices about it, in one transaction.
	Note(ctx context.Context, o Observation) error
}

// observe looks at what became of positions since the last look, and writes it down.
// It comes last: nothing that it asks delays an addition, and positions that ended
// during this look are among those that are missing.
func (w *userRun) observe(ctx context.Context, verdicts []Verdict) (err error) {
	if w.s.o.Journal == nil {
		return nil
	}
	o := Observation{UserID: w.t.UserID, AccountID: w.t.AccountID, At: w.s.o.Now().UTC()}
	o.Near, o.Recovered = w.approaches(verdicts)
	o.Returned = w.returned()
	o.Ended, err = within(ctx, w.s.o.UserTimeout, func(ctx context.Context) ([]Ending, error) { return w.endings(ctx), nil })
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	case o.empty() || w.s.req.DryRun:
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	return w.s.o.Journal.Note(ctx, o)
}
