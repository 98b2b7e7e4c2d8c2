package guard

import (
	"context"
	"sync"

	"github.com/google/uuid"

	"github.com/axisor/axisor/pkg/marginguard"
)

// lateRun writes the row of a run only when there is something to tell of it: a
// guard that looks at a shard every moment would fill the history with nothing.
// The row is there before the first intent that refers to it.
type lateRun struct {
	recorder
	intents

	mu      sync.Mutex
	run     marginguard.Run
	id      string
	written bool
}

// StartRun implements marginguard.Recorder.
func (l *lateRun) StartRun(_ context.Context, run marginguard.Run) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.run, l.id = run, uuid.NewString()
	return l.id, nil
}

func (l *lateRun) write(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.written {
		return nil
	}
	err := l.store(ctx, l.id, l.run)
	l.written = err == nil
	return err
}

// Plan implements marginguard.Intents.
func (l *lateRun) Plan(ctx context.Context, p marginguard.Plan) (marginguard.Intent, error) {
	if err := l.write(ctx); err != nil {
		return marginguard.Intent{}, err
	}
	return l.intents.Plan(ctx, p)
}

// FinishRun implements marginguard.Recorder.
func (l *lateRun) FinishRun(ctx context.Context, id string, r marginguard.Result, failure error) error {
	l.mu.Lock()
	quiet := !l.written && failure == nil && r.Triggered == 0 && r.Failed == 0 && r.Unknown == 0 && len(r.Items) == 0
	l.mu.Unlock()
	if quiet {
		return nil
	}
	if err := l.write(ctx); err != nil {
		return err
	}
	return l.recorder.FinishRun(ctx, id, r, failure)
}
