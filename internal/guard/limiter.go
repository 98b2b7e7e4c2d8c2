package guard

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/axisor/axisor/pkg/lnmarkets"
	"github.com/axisor/axisor/pkg/store"
)

// blockOf is how much time one reservation covers, and blockMax how many requests at
// most: one statement for several requests of a fast limit, while a pause reaches every
// process after the moments that it holds already, which are few.
const (
	blockOf  = 100 * time.Millisecond
	blockMax = 256
)

// slack is how late a moment of a fast limit may be used: at most the requests
// of so long a time come at once.
const slack = 50 * time.Millisecond

// How slow a database may be that moments are reserved in: they are asked for leadMax
// ahead at most, and leadTries times when they are over on arrival.
const (
	leadMax   = 2 * time.Second
	leadTries = 4
)

// pauseBudget bounds what is stored of a pause.
const pauseBudget = 5 * time.Second

// shared paces requests over all processes that use the same database: each
// reserves a block of moments at a time. A moment that passed unused is lost, so
// that requests never come closer together than the limit allows.
type shared struct {
	db  *store.DB
	log *slog.Logger
	// local paces what has no limit, pauses apart.
	local           *lnmarkets.RateLimiter
	private, public *reserved
}

// reserved are the moments of one bucket that this process holds.
type reserved struct {
	name  string
	every time.Duration
	pause lnmarkets.Pause

	// turn is held from reserving a moment to its use: nothing is reserved far ahead,
	// where the pause that another process hears of would not reach it.
	turn  chan struct{}
	clock mapped
	next  time.Time
	left  int
	last  time.Time     // the moment that was used last
	lead  time.Duration // how long answers of the database took lately
}

func newShared(db *store.DB, log *slog.Logger, address string, privateRPS, publicRPS float64) *shared {
	bucket := func(kind string, rps float64) *reserved {
		if rps <= 0 {
			return nil
		}
		return &reserved{name: kind + " " + address, every: time.Duration(float64(time.Second) / rps), turn: make(chan struct{}, 1)}
	}
	return &shared{
		db: db, log: log, local: lnmarkets.NewRateLimiter(0, 0),
		private: bucket("private", privateRPS), public: bucket("public", publicRPS),
	}
}

func (s *shared) bucket(b lnmarkets.Bucket) *reserved {
	if b == lnmarkets.Private {
		return s.private
	}
	return s.public
}

// Wait implements lnmarkets.Limiter.
func (s *shared) Wait(ctx context.Context, bucket lnmarkets.Bucket) error {
	if r := s.bucket(bucket); r != nil {
		return r.wait(ctx, s.db)
	}
	return s.local.Wait(ctx, bucket)
}

// Pause implements lnmarkets.Pauser, for every process.
func (s *shared) Pause(ctx context.Context, bucket lnmarkets.Bucket, d time.Duration) {
	r := s.bucket(bucket)
	if r == nil {
		s.local.Pause(ctx, bucket, d)
		return
	}
	r.pause.Extend(d)
	keepPause(ctx, s.db, s.log, r.name, d)
}

// keepPause stores a pause for other processes. This one keeps it anyway.
func keepPause(ctx context.Context, db *store.DB, log *slog.Logger, bucket string, d time.Duration) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), pauseBudget)
	defer cancel()
	if err := db.PauseGuardSlots(ctx, bucket, d); err != nil {
		log.WarnContext(ctx, "pause of the exchange not stored for other processes", "error", err.Error())
	}
}

// wait waits for a moment of the bucket.
func (r *reserved) wait(ctx context.Context, db *store.DB) error {
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		if err := r.pause.Wait(ctx); err != nil {
			return err
		}
		at, err := r.take(ctx, db)
		if err != nil {
			return err
		}
		if end, limited := ctx.Deadline(); limited && at.After(end) {
			return fmt.Errorf("%w: the rate limit allows the next request in %s", context.DeadlineExceeded, time.Until(at).Round(time.Millisecond))
		}
		if err := pause(ctx, time.Until(at)); err != nil {
			return err
		}
		if r.pause.Left() <= 0 {
			return nil
		}
		r.left = 0 // what was reserved before the pause is over
	}
}

// late is how late a moment may be used. With it, and the headroom of a limit, no second
// sees more requests than the exchange allows.
func (r *reserved) late() time.Duration { return max(r.every/2, min(slack, 10*r.every)) }

// take returns the moment at which the next request may go out. Real time is right
// here: moments are spaced on the server's clock and only carried over.
func (r *reserved) take(ctx context.Context, db *store.DB) (time.Time, error) {
	for try := 0; r.held() == 0 && try < leadTries; try++ {
		if err := r.reserve(ctx, db); err != nil {
			return time.Time{}, err
		}
	}
	now := time.Now() //nolint:forbidigo // a frozen clock would never let a moment come
	at := now
	if r.left > 0 {
		at = r.next
		r.next, r.left = at.Add(r.every), r.left-1
	}
	// However late answers of the database come: requests of this process keep their
	// distance. Those of a fast limit catch up a little, because timers are coarse.
	if r.every >= slack && at.Before(now) {
		at = now
	}
	if soonest := r.last.Add(r.every); at.Before(soonest) {
		at = soonest
	}
	r.last = at
	return at, nil
}

// held drops the moments that are over, and says how many are left.
func (r *reserved) held() int {
	now := time.Now() //nolint:forbidigo // see take
	for r.left > 0 && r.next.Add(r.late()).Before(now) {
		r.next, r.left = r.next.Add(r.every), r.left-1
	}
	return r.left
}

// reserve asks the database for a block of moments, so far ahead that they are not over
// when its answer comes.
func (r *reserved) reserve(ctx context.Context, db *store.DB) error {
	n := min(max(int(max(blockOf, r.lead)/r.every), 1), blockMax)
	asked := time.Now() //nolint:forbidigo // see take
	got, err := db.ReserveGuardSlots(ctx, r.name, n, r.every, r.lead, lnmarkets.MaxPauseWait)
	if err != nil {
		return fmt.Errorf("reserve requests under the rate limit: %w", err)
	}
	answered := time.Now() //nolint:forbidigo // see take
	r.lead = min(max(r.lead/2, answered.Sub(asked)), leadMax)
	r.clock.learn(asked, answered, got.Server)
	r.next, r.left = r.clock.local(got.First), n
	if left := r.next.Sub(answered); left > lnmarkets.MaxPauseWait {
		r.left = 0
		return &lnmarkets.PausedError{Left: left}
	}
	return nil
}

// mappedFor is how long readings of the server's clock are used; clocks drift.
const mappedFor = time.Minute

// mapped carries moments over from the server's clock. Each answer bounds how far the
// clocks are apart: the server read its own after the question and before the answer.
type mapped struct {
	base     time.Time // on the local clock
	server   float64   // seconds of Unix time on the server's, where base is
	least    time.Duration
	most     time.Duration
	measured time.Time
}

// learn takes one reading of the server's clock.
func (m *mapped) learn(asked, answered time.Time, server float64) {
	if !m.base.IsZero() && answered.Sub(m.measured) < mappedFor {
		at := m.base.Add(time.Duration((server - m.server) * float64(time.Second)))
		least, most := max(m.least, asked.Sub(at)), min(m.most, answered.Sub(at))
		if least <= most {
			m.least, m.most = least, most
			return
		}
	}
	*m = mapped{base: answered, server: server, least: asked.Sub(answered), measured: answered}
}

// local is a moment of the server's clock on the local one, and later rather than sooner
// while the answers leave it open.
func (m *mapped) local(server float64) time.Time {
	return m.base.Add(time.Duration((server-m.server)*float64(time.Second)) + m.most)
}

// keyPauses are the pauses of single keys that other processes, or this one earlier,
// heard of; they are read again after pausesFor.
type keyPauses struct {
	mu   sync.Mutex
	read time.Time
	left map[string]time.Duration
}

const pausesFor = 10 * time.Second

// of is how long the limit of a key pauses at least, as it was lately.
func (k *keyPauses) of(ctx context.Context, db *store.DB, bucket string) (time.Duration, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now() //nolint:forbidigo // real time passes while the exchange is left alone
	if k.left == nil || now.Sub(k.read) > pausesFor {
		rows, err := db.GuardKeyPauses(ctx)
		if err != nil {
			return 0, err
		}
		k.read, k.left = now, make(map[string]time.Duration, len(rows))
		for _, r := range rows {
			k.left[r.Bucket] = time.Duration(r.Left * float64(time.Second))
		}
	}
	return k.left[bucket] - now.Sub(k.read), nil
}

// keyed paces the requests of one key inside this process, and keeps its pauses where
// other processes find them.
type keyed struct {
	*lnmarkets.RateLimiter
	o      Options
	bucket string
}

// Pause implements lnmarkets.Pauser.
func (k keyed) Pause(ctx context.Context, bucket lnmarkets.Bucket, d time.Duration) {
	k.RateLimiter.Pause(ctx, bucket, d)
	if !k.o.ReadOnly {
		keepPause(ctx, k.o.DB, k.o.Log, k.bucket, d)
	}
}
