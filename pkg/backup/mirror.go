package backup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/axisor/axisor/pkg/backup/remote"
)

const (
	mirrorAgain = 2 * time.Second // after a failure; doubled up to mirrorSlow
	mirrorSlow  = 5 * time.Minute
)

// mirror keeps the targets' copies of the log up to date beside the receiver. A target that is away
// must not keep the server's log from being received.
type mirror struct {
	repo    *Repository
	targets []remote.Target
	report  func(context.Context, error)
	news    chan struct{}
	stop    context.CancelFunc
	done    chan struct{}
}

// startMirror begins with whatever a target lacks. Without targets it does nothing.
func startMirror(ctx context.Context, r *Repository, targets []remote.Target, report func(context.Context, error)) *mirror {
	m := &mirror{repo: r, targets: targets, report: report, news: make(chan struct{}, 1), done: make(chan struct{})}
	ctx, m.stop = context.WithCancel(ctx)
	go func() {
		defer close(m.done)
		if len(targets) > 0 {
			m.run(ctx)
		}
	}()
	m.tell()
	return m
}

// tell says that there is something new. It never waits.
func (m *mirror) tell() {
	select {
	case m.news <- struct{}{}:
	default:
	}
}

// end gives what is being sent no more time: the next start, or a push, goes on.
func (m *mirror) end() {
	m.stop()
	<-m.done
}

func (m *mirror) run(ctx context.Context) {
	again := mirrorAgain
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.news:
		}
		err := m.send(ctx)
		if ctx.Err() != nil {
			return
		}
		m.report(ctx, err)
		if err == nil {
			again = mirrorAgain
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(again):
		}
		again = min(2*again, mirrorSlow)
		m.tell()
	}
}

// send brings every target up to date; one that fails does not keep the others from theirs.
func (m *mirror) send(ctx context.Context) error {
	var problems []error
	for _, t := range m.targets {
		far := AtTarget(m.repo.o, t)
		err := far.readPhysical(ctx)
		if err == nil {
			_, err = m.repo.PushLog(ctx, far, false, nil)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", t.Name, err))
		}
	}
	return errors.Join(problems...)
}
