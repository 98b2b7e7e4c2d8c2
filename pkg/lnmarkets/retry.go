package lnmarkets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// Waits between the attempts of a read.
const (
	retryBase = time.Second
	retryCap  = 8 * time.Second
	// retryPatience is the longest Retry-After worth waiting for here; a longer
	// one is reported to the caller, who may have better things to do.
	retryPatience = 30 * time.Second
)

// SleepFunc waits for a duration or until ctx ends, whichever is first.
type SleepFunc func(ctx context.Context, d time.Duration) error

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// retry runs a read until it succeeds, fails for good, or has used its tries.
func (c *Client) retry(ctx context.Context, read func() error) error {
	for try := 0; ; try++ {
		err := read()
		if err == nil || try >= c.retries || ctx.Err() != nil || !retryable(err) {
			return err
		}
		wait := c.backoff(try)
		var api *APIError
		if errors.As(err, &api) {
			if api.RetryAfter > retryPatience {
				return err
			}
			wait = max(wait, api.RetryAfter)
		}
		if cut := c.sleep(ctx, wait); cut != nil {
			return fmt.Errorf("%w (gave up waiting: %w)", err, cut)
		}
	}
}

// backoff doubles from one second and adds up to a quarter, so that processes
// that failed together do not come back together.
func (c *Client) backoff(try int) time.Duration {
	d := min(retryBase<<min(try, 10), retryCap)
	return d + time.Duration(c.jitter()*float64(d)/4)
}

// retryable reports whether a failed read is worth another try: the exchange
// said it is busy, or there was no connection. A timeout is not: the exchange
// has had its full time already.
func retryable(err error) bool {
	var api *APIError
	if errors.As(err, &api) {
		switch api.Status {
		case 429, 502, 503, 504:
			return true
		}
		return false
	}
	var network *networkError
	if !errors.As(err, &network) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	var timeout net.Error
	if errors.As(network.cause, &timeout) && timeout.Timeout() {
		return network.notSent
	}
	var broken *net.OpError
	return errors.As(network.cause, &broken) ||
		errors.Is(network.cause, io.EOF) || errors.Is(network.cause, io.ErrUnexpectedEOF)
}
