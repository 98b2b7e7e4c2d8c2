package guard

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/axisor/axisor/pkg/lnmarkets"
	"github.com/axisor/axisor/pkg/store"
)

// blockOf is how much time one reservation covers, and blockMax how many
// requests at most: one statement for several requests, while another process
// never waits long for its turn.
const (
	blockOf  = time.Second
	blockMax = 256
)

// slack is how late a moment of a fast limit may be used: at most the requests
// of so long a time come at once.
const slack = 50 * time.Millisecond

// shared paces requests over all processes that use the same database: each
// reserves a block of moments at a time. A moment that passed unused is lost, so
// that requests never come closer together than the limit allows.
type shared struct {
	db              *store.DB
	private, public *reserved
}

// reserved are the moments of one bucket that this process holds.
type reserved struct {
	mu    sync.Mutex
	name  string
	every time.Duration
	block int
	next  time.Time
	left  int
}

func newShared(db *store.DB, address string, privateRPS, publicRPS float64) *shared {
	bucket := func(kind string, rps float64) *reserved {
		if rps <= 0 {
			return nil
		}
		every := time.Duration(float64(time.Second) / rps)
		return &reserved{name: kind + " " + address, every: every, block: min(max(int(blockOf/every), 1), blockMax)}
	}
	return &shared{db: db, private: bucket("private", privateRPS), public: bucket("public", publicRPS)}
}

// Wait implements lnmarkets.Limiter.
func (s *shared) Wait(ctx context.Context, bucket lnmarkets.Bucket) error {
	r := s.public
	if bucket == lnmarkets.Private {
		r = s.private
	}
	if r == nil {
		return ctx.Err()
	}
	at, err := r.take(ctx, s.db)
	if err != nil {
		return err
	}
	if end, limited := ctx.Deadline(); limited && at.After(end) {
		return fmt.Errorf("%w: the rate limit allows the next request in %s", context.DeadlineExceeded, time.Until(at).Round(time.Millisecond))
	}
	t := time.NewTimer(time.Until(at))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// take returns the moment at which the next request may go out. Real time is
// right here: moments are spaced on the server's clock and only carried over.
func (r *reserved) take(ctx context.Context, db *store.DB) (time.Time, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now() //nolint:forbidigo // moments are carried over from the server; a frozen clock would never let one come
	for r.left > 0 && r.next.Add(max(r.every, slack)).Before(now) {
		r.next, r.left = r.next.Add(r.every), r.left-1
	}
	if r.left == 0 {
		wait, err := db.ReserveGuardSlots(ctx, r.name, r.block, r.every)
		if err != nil {
			return time.Time{}, fmt.Errorf("reserve requests under the rate limit: %w", err)
		}
		// The answer's way back only makes it later, which is safe.
		r.next, r.left = now.Add(time.Since(now)+wait), r.block
	}
	at := r.next
	r.next, r.left = at.Add(r.every), r.left-1
	return at, nil
}
