// Package follow reads trade logs as they appear: at once where the server tells of them, and otherwise at an interval.
package follow

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/pgdirect"
	"github.com/axisor/axisor/pkg/store"
)

const (
	// overlap is how far each look goes back: a row carries the time of its execution and appears when its transaction
	// is committed, so the newest row seen is not a safe place to go on from.
	overlap = time.Minute
	// tailBatch bounds what is held of a look after a long absence.
	tailBatch = 500
	// quietEvery is how often to look although the server tells: a notification may be lost with its connection.
	quietEvery = 30 * time.Second
	// settle lets a burst of notifications become one look.
	settle = 50 * time.Millisecond
	// retryEvery is how often a server that went away is asked.
	retryEvery = 2 * time.Second
)

// Trades reads trade logs as they appear. A server that goes away is waited for.
type Trades struct {
	DB     *store.DB
	Filter store.TradeFilter
	Last   int           // how many of the rows that are there come first
	Every  time.Duration // how often to look
	// KeepInterval looks that often although the server tells of new rows.
	KeepInterval bool
	Notice       func(format string, args ...any)

	wake      chan struct{} // nil without notifications
	listening sync.WaitGroup
	seen      map[string]time.Time
	newest    time.Time
	away      bool
}

// listen begins to listen where the server tells of new rows. Listening only wakes; it decides nothing.
func (t *Trades) listen(ctx context.Context) error {
	tells, err := t.DB.Notifies(ctx)
	if err != nil || !tells {
		return err
	}
	if err := t.DB.Direct(ctx); errors.Is(err, pgdirect.ErrPooler) {
		return nil // nothing would be heard, and rows wait for the slow rhythm of one who listens
	}
	if !t.KeepInterval {
		t.Every = quietEvery
	}
	t.wake = make(chan struct{}, 1)
	t.listening.Go(func() {
		for ctx.Err() == nil {
			err := t.DB.ListenTrades(ctx, func() {
				select {
				case t.wake <- struct{}{}:
				default: // one look is for all that came before it
				}
			})
			if errors.Is(err, store.ErrNoListening) {
				return
			}
			select {
			case <-ctx.Done():
			case <-time.After(retryEvery):
			}
		}
	})
	return nil
}

// Batches yields the newest rows, oldest first, and then what is new at every look. It ends with the context, or with
// an error that is not the server's absence.
func (t *Trades) Batches(ctx context.Context) iter.Seq2[[]models.TradeLog, error] {
	return func(yield func([]models.TradeLog, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		defer t.listening.Wait()
		defer stop()
		if err := t.listen(ctx); err != nil {
			yield(nil, err)
			return
		}
		t.seen, t.newest = map[string]time.Time{}, t.Filter.Executed.Since
		rows, err := t.DB.ListTrades(ctx, t.Filter, store.Page{Limit: max(1, t.Last)}).Collect()
		if err != nil {
			yield(nil, err)
			return
		}
		slices.Reverse(rows)
		var from time.Time // what executed before the first rows is old, although the next look finds it
		for i := range rows {
			t.take(&rows[i])
			if i == 0 {
				from = rows[i].ExecutedAt
			}
		}
		if t.Last > 0 && len(rows) > 0 && !yield(rows, nil) {
			return
		}
		for {
			err := t.wait(ctx)
			if err == nil {
				err = t.look(ctx, from, yield)
			}
			switch {
			case errors.Is(err, errEnough):
				return
			case ctx.Err() != nil:
				yield(nil, ctx.Err())
				return
			case errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrConnectionLost):
				if !t.away {
					t.away = true
					t.Notice("the database does not answer; trying again every %s", retryEvery)
				}
			case err != nil:
				yield(nil, err)
				return
			default:
				if t.away {
					t.away = false
					t.Notice("the database answers again")
				}
				from = time.Time{}
			}
		}
	}
}

// errEnough is a consumer that wants no more.
var errEnough = errors.New("enough")

// wait ends when it is time for the next look.
func (t *Trades) wait(ctx context.Context) error {
	every := t.Every
	if t.away {
		every = retryEvery
	}
	timer := time.NewTimer(every)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	case <-t.wake:
		time.Sleep(settle)
		return nil
	}
}

// look hands on what is new, not older than from.
func (t *Trades) look(ctx context.Context, from time.Time, yield func([]models.TradeLog, error) bool) error {
	f := t.Filter
	if back := t.newest.Add(-overlap); back.After(f.Executed.Since) {
		f.Executed.Since = back
	}
	var fresh []models.TradeLog
	hand := func() error {
		if len(fresh) > 0 && !yield(fresh, nil) {
			return errEnough
		}
		fresh = nil
		for id, at := range t.seen {
			if at.Before(t.newest.Add(-overlap)) {
				delete(t.seen, id)
			}
		}
		return nil
	}
	for row, err := range t.DB.ListTrades(ctx, f, store.Page{All: true, Sort: "executed_at"}).Items {
		if err != nil {
			// What was read is told before the trouble is: it counts as seen.
			return errors.Join(hand(), err)
		}
		if t.take(&row) && !row.ExecutedAt.Before(from) {
			if fresh = append(fresh, row); len(fresh) == tailBatch {
				if err := hand(); err != nil {
					return err
				}
			}
		}
	}
	return hand()
}

// take remembers a row and tells whether it is new.
func (t *Trades) take(row *models.TradeLog) bool {
	if _, old := t.seen[row.ID]; old {
		return false
	}
	t.seen[row.ID] = row.ExecutedAt
	if row.ExecutedAt.After(t.newest) {
		t.newest = row.ExecutedAt
	}
	return true
}
