package lnmarkets

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Rates the exchange documents, in requests per second.
const (
	DefaultPrivateRPS = 5.0
	DefaultPublicRPS  = 1.0
)

// How long a bucket pauses: limitedPause when the exchange calls the rate too high and
// does not say for how long, maxPause at most, whatever it says.
const (
	limitedPause = time.Second
	maxPause     = 5 * time.Minute
)

// MaxPauseWait is the longest pause that a Limiter waits for: a longer one is an error
// at once.
const MaxPauseWait = retryPatience

// Bucket says which of the exchange's two limits a call counts against.
type Bucket int

// The two buckets.
const (
	// Public calls carry no credentials.
	Public Bucket = iota
	// Private calls are signed.
	Private
)

// Limiter paces calls. Wait returns when the call may go out, or an error when
// it may not within ctx; nothing was sent then. An implementation may be shared
// by many clients, or by many processes.
type Limiter interface {
	Wait(ctx context.Context, bucket Bucket) error
}

// Pauser is a Limiter that hears of it when the exchange wants to be left alone. Nothing
// of the bucket goes out for d, whichever client it is for. A call that waits already
// waits on; one that had its turn goes out.
type Pauser interface {
	Pause(ctx context.Context, bucket Bucket, d time.Duration)
}

// PausedError says that the exchange wants to be left alone for longer than a call
// waits. Nothing was sent. It is ErrRateLimited.
type PausedError struct {
	// Left is how long it is until calls go out again.
	Left time.Duration
}

func (e *PausedError) Error() string {
	return fmt.Sprintf("the exchange asked for a pause, of which %s are left", e.Left.Round(time.Second))
}

// Is makes it ErrRateLimited.
func (e *PausedError) Is(target error) bool { return target == ErrRateLimited }

// pauseOf is how long an answer makes its bucket pause; zero means not at all.
func pauseOf(e *APIError) time.Duration {
	switch e.Status {
	case 429:
		return min(max(e.RetryAfter, limitedPause), maxPause)
	case 503:
		return min(e.RetryAfter, maxPause)
	}
	return 0
}

// Pause is a bucket's pause inside one process. The zero value is none.
type Pause struct {
	mu    sync.Mutex
	until time.Time
}

// Extend makes the pause last for d from now, unless it lasts longer already.
func (p *Pause) Extend(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until := time.Now().Add(d); until.After(p.until) { //nolint:forbidigo // real time passes while the exchange is left alone
		p.until = until
	}
}

// Left is how much of the pause is left; zero or less means that it is over.
func (p *Pause) Left() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.until.IsZero() {
		return 0
	}
	return time.Until(p.until)
}

// Wait waits until the pause is over. A *PausedError says that it lasts too long.
func (p *Pause) Wait(ctx context.Context) error {
	for {
		left := p.Left()
		switch {
		case left <= 0:
			return ctx.Err()
		case left > MaxPauseWait:
			return &PausedError{Left: left}
		}
		if end, limited := ctx.Deadline(); limited && time.Until(end) < left {
			return fmt.Errorf("%w: %w", context.DeadlineExceeded, &PausedError{Left: left})
		}
		if err := sleep(ctx, left); err != nil {
			return err
		}
	}
}

// RateLimiter is a Limiter inside one process: two token buckets without a
// burst, so that calls are spaced evenly. It is a Pauser.
type RateLimiter struct {
	limits [2]*rate.Limiter
	pauses [2]Pause
}

// NewRateLimiter makes a limiter from two rates in requests per second. A rate
// of zero or less does not limit.
func NewRateLimiter(privateRPS, publicRPS float64) *RateLimiter {
	return &RateLimiter{limits: [2]*rate.Limiter{Public: bucketOf(publicRPS), Private: bucketOf(privateRPS)}}
}

func bucketOf(rps float64) *rate.Limiter {
	if rps <= 0 {
		return rate.NewLimiter(rate.Inf, 1)
	}
	return rate.NewLimiter(rate.Limit(rps), 1)
}

// Pause implements Pauser.
func (l *RateLimiter) Pause(_ context.Context, bucket Bucket, d time.Duration) {
	l.pauses[bucket].Extend(d)
}

// Wait implements Limiter.
func (l *RateLimiter) Wait(ctx context.Context, bucket Bucket) error {
	pause := &l.pauses[bucket]
	for {
		if err := pause.Wait(ctx); err != nil {
			return err
		}
		if err := l.limits[bucket].Wait(ctx); err != nil {
			if cause := ctx.Err(); cause != nil {
				return cause
			}
			// The deadline is known to be too near; rate says so in words only.
			return fmt.Errorf("%w: %w", context.DeadlineExceeded, err)
		}
		if pause.Left() <= 0 {
			return nil
		}
	}
}

// Unpaced is a Limiter that lets everything out at once, for calls whose turn was waited
// for before. What it hears of pauses it passes on to where that was.
type Unpaced struct{ Of Limiter }

// Wait implements Limiter.
func (u Unpaced) Wait(ctx context.Context, _ Bucket) error { return ctx.Err() }

// Pause implements Pauser.
func (u Unpaced) Pause(ctx context.Context, bucket Bucket, d time.Duration) {
	if p, ok := u.Of.(Pauser); ok {
		p.Pause(ctx, bucket, d)
	}
}

// PerKey keeps one Limiter for each API key, for an exchange that counts requests by
// key: accounts with the same key share it. It is safe for concurrent use.
type PerKey struct {
	// Make makes the limiter of a key that was not met before.
	Make func(id string) Limiter

	mu   sync.Mutex
	byID map[string]Limiter
}

// For is the limiter of the key with an id that equal keys share and that does not
// reveal them.
func (p *PerKey) For(id string) Limiter {
	p.mu.Lock()
	defer p.mu.Unlock()
	l, ok := p.byID[id]
	if !ok {
		if p.byID == nil {
			p.byID = map[string]Limiter{}
		}
		l = p.Make(id)
		p.byID[id] = l
	}
	return l
}
