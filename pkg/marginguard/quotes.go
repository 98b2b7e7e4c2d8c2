package marginguard

import (
	"context"
	"sync"
	"time"
)

// quoteAge is the age from which the shared price is read again. It leaves
// time to act before MaxPriceAge. A price that was old when it came is not asked
// for again within quotePause, while it may be acted on.
const (
	quoteAge   = 4 * time.Second
	quotePause = time.Second
)

// quotes is the price shared by all users of a pass: the public side of the
// exchange allows one request a second.
type quotes struct {
	prices Prices
	now    func() time.Time

	mu   sync.Mutex
	last Market
	// came is when the last one was read, which is later than what it is of.
	came time.Time
}

// get returns a price young enough to act on.
func (q *quotes) get(ctx context.Context, force bool) (Market, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.now()
	age, recent := now.Sub(q.last.ReadAt), now.Sub(q.came) < quotePause
	if age < quoteAge && (!force || age < time.Second) || age <= MaxPriceAge && recent {
		return q.last, nil
	}
	fresh, err := ReadMarket(ctx, q.prices, q.now)
	if err == nil {
		q.last, q.came = fresh, q.now()
		return fresh, nil
	}
	// A user's own time limit must not pass for an exchange that is down.
	if ctx.Err() != nil {
		return Market{}, ctx.Err()
	}
	return Market{}, err
}

// Size of the window over which calls to the exchange are judged, and how many
// failures in it raise the question whether the exchange is there at all.
const (
	window     = 20
	windowFull = window / 2
)

// strikes is how many windows in a row may be half full of failures although
// the exchange's public side answers.
const strikes = 3

// alarm is what the last calls say of the exchange.
type alarm int

const (
	fine alarm = iota
	doubtful
	down
)

// trouble notices when the exchange itself fails, as opposed to single users.
type trouble struct {
	mu     sync.Mutex
	calls  [window]bool
	n      int
	failed int
	struck int
}

// note records a call. Half of the last twenty failing is doubtful, and down
// when it goes on like that.
func (t *trouble) note(bad bool) alarm {
	t.mu.Lock()
	defer t.mu.Unlock()
	slot := t.n % window
	if t.calls[slot] {
		t.failed--
	}
	t.calls[slot] = bad
	if bad {
		t.failed++
	}
	t.n++
	if t.n < window {
		return fine
	}
	if t.failed < windowFull {
		t.struck = 0
		return fine
	}
	t.calls, t.n, t.failed = [window]bool{}, 0, 0
	if t.struck++; t.struck >= strikes {
		return down
	}
	return doubtful
}
