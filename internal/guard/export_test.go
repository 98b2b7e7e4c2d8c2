package guard

import (
	"context"

	"github.com/axisor/axisor/pkg/lnmarkets"
	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/store"
)

// NewShared is a shared limiter of private calls.
func NewShared(db *store.DB, address string, rps float64) func(context.Context) error {
	s := newShared(db, address, rps, rps)
	return func(ctx context.Context) error { return s.Wait(ctx, lnmarkets.Private) }
}

// RunBesideOthers is a run of everybody that keeps no other run out.
func RunBesideOthers(ctx context.Context, o Options) error {
	g, err := New(o)
	if err != nil {
		return err
	}
	runner, err := g.assemble(parts{lock: &workerLock{g: g}})
	if err != nil {
		return err
	}
	_, err = runner.Run(ctx, marginguard.Request{})
	return err
}
