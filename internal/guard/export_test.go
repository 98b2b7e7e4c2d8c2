package guard

import (
	"context"

	"github.com/axisor/axisor/pkg/lnmarkets"
	"github.com/axisor/axisor/pkg/store"
)

// NewShared is a shared limiter of private calls.
func NewShared(db *store.DB, address string, rps float64) func(context.Context) error {
	s := newShared(db, address, rps, rps)
	return func(ctx context.Context) error { return s.Wait(ctx, lnmarkets.Private) }
}
