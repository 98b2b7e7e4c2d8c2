package progress

import (
	"context"
	"errors"
	"iter"
	"sync"
)

// ErrStopped ends work that somebody asked to stop after the unit in flight.
var ErrStopped = errors.New("stopped on request")

// Stop lets work that is made of units (batches, positions, files) end after the unit in flight: the first signal
// asks, the second one cancels. Work that does not watch is cancelled by the first.
type Stop struct {
	mu      sync.Mutex
	running map[*unitOfWork]struct{}
	asked   bool
}

type unitOfWork struct {
	unit   string
	cancel context.CancelCauseFunc
}

// Context returns a context that ends when somebody asks to stop; the one it comes from lives on, for the unit in
// flight. The unit is how that is called to the person. Call release at the end of the work.
func (s *Stop) Context(ctx context.Context, unit string) (soft context.Context, release func()) {
	soft, cancel := context.WithCancelCause(ctx)
	w := &unitOfWork{unit, cancel}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		s.running = map[*unitOfWork]struct{}{}
	}
	s.running[w] = struct{}{}
	return soft, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.running, w)
		cancel(nil)
	}
}

// Ask asks the work to stop and returns how its unit is called; ok is false when nothing watches.
func (s *Stop) Ask() (unit string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for w := range s.running {
		unit, ok = w.unit, true
		w.cancel(ErrStopped)
	}
	s.asked = s.asked || ok
	return unit, ok
}

// Asked reports whether work was asked to stop.
func (s *Stop) Asked() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// Stopped reports whether somebody asked to stop and did not ask twice: soft has ended and the context that it came
// from has not.
func Stopped(ctx, soft context.Context) bool {
	return ctx.Err() == nil && errors.Is(context.Cause(soft), ErrStopped)
}

// Until passes rows on until somebody asks to stop; then it ends them with ErrStopped.
func Until[T any](soft context.Context, rows iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for row, err := range rows {
			if errors.Is(context.Cause(soft), ErrStopped) {
				break
			}
			if !yield(row, err) {
				return
			}
		}
		// Also when the rows came to their end meanwhile: the signal that reaches us ends the program that feeds us.
		if errors.Is(context.Cause(soft), ErrStopped) {
			var zero T
			yield(zero, ErrStopped)
		}
	}
}

// Between is Context for work that counts each unit when it is done and cannot be told in another way: the returned
// context ends right after a unit was counted, so that the one in flight is complete and the next one fails at once.
func (s *Stop) Between(ctx context.Context, unit string, c *Counter) (work context.Context, add func(int64), release func()) {
	soft, done := s.Context(ctx, unit)
	work, cancel := context.WithCancelCause(ctx)
	add = func(n int64) {
		c.Add(n)
		if errors.Is(context.Cause(soft), ErrStopped) {
			cancel(ErrStopped)
		}
	}
	return work, add, func() {
		done()
		cancel(nil)
	}
}
