package guard

import (
	"context"
	"log/slog"

	"github.com/axisor/axisor/pkg/lnmarkets"
	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/store"
)

// NewShared is a shared limiter of private calls.
func NewShared(db *store.DB, address string, rps float64) func(context.Context) error {
	s := NewSharedLimiter(db, address, rps)
	return func(ctx context.Context) error { return s.Wait(ctx, lnmarkets.Private) }
}

// NewSharedLimiter is a limiter that processes share.
func NewSharedLimiter(db *store.DB, address string, rps float64) interface {
	lnmarkets.Limiter
	lnmarkets.Pauser
} {
	return newShared(db, slog.New(slog.DiscardHandler), address, rps, rps)
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
