package user

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/axisor/axisor/pkg/store"
)

// overlap is how far each look goes back: an event carries the time its transaction began and appears when that
// is committed, so the newest event seen is not a safe place to go on from.
const overlap = time.Minute

// follow yields the newest page, oldest first, and then what is new at every interval. It ends with the context.
func follow(ctx context.Context, db *store.DB, f store.TimelineFilter, page store.Page, every time.Duration) iter.Seq2[store.Event, error] {
	return func(yield func(store.Event, error) bool) {
		seen := map[string]time.Time{}
		rows, err := db.Timeline(ctx, f, page).Collect()
		newest := f.Range.Since
		for {
			if err != nil {
				yield(store.Event{}, err)
				return
			}
			for _, e := range slices.Backward(rows) {
				key := e.Source + "/" + e.Action + "/" + e.ID
				if _, old := seen[key]; old {
					continue
				}
				seen[key] = e.At
				if e.At.After(newest) {
					newest = e.At
				}
				if !yield(e, nil) {
					return
				}
			}
			from := newest.Add(-overlap)
			for key, at := range seen {
				if at.Before(from) {
					delete(seen, key)
				}
			}
			select {
			case <-ctx.Done():
				yield(store.Event{}, ctx.Err())
				return
			case <-time.After(every):
			}
			look := f
			if from.After(look.Range.Since) {
				look.Range.Since = from
			}
			rows, err = db.Timeline(ctx, look, store.Page{All: true}).Collect()
		}
	}
}
