package lnmarkets

import (
	"context"
	"fmt"

	"golang.org/x/time/rate"
)

// Rates the exchange documents, in requests per second.
const (
	DefaultPrivateRPS = 5.0
	DefaultPublicRPS  = 1.0
)

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

// RateLimiter is a Limiter inside one process: two token buckets without a
// burst, so that calls are spaced evenly.
type RateLimiter struct {
	public, private *rate.Limiter
}

// NewRateLimiter makes a limiter from two rates in requests per second. A rate
// of zero or less does not limit.
func NewRateLimiter(privateRPS, publicRPS float64) *RateLimiter {
	return &RateLimiter{public: bucketOf(publicRPS), private: bucketOf(privateRPS)}
}

func bucketOf(rps float64) *rate.Limiter {
	if rps <= 0 {
		return rate.NewLimiter(rate.Inf, 1)
	}
	return rate.NewLimiter(rate.Limit(rps), 1)
}

// Wait implements Limiter.
func (l *RateLimiter) Wait(ctx context.Context, bucket Bucket) error {
	limiter := l.public
	if bucket == Private {
		limiter = l.private
	}
	if err := limiter.Wait(ctx); err != nil {
		if cause := ctx.Err(); cause != nil {
			return cause
		}
		// The deadline is known to be too near; rate says so in words only.
		return fmt.Errorf("%w: %w", context.DeadlineExceeded, err)
	}
	return nil
}
