package verb

import (
	"context"
	"time"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/admin"
)

// Counted is how many rows are old, of one kind or several.
type Counted interface{ Total() int64 }

// Pruning counts what is old, asks, and deletes it: N counts rows, V is the result.
type Pruning[N Counted, V any] struct {
	Label string // of the progress
	Words func(N) string
	View  func(before time.Time, n N) V
	// Prune deletes what is old, or counts it when the mode is a dry run.
	Prune func(ctx context.Context, s *admin.Service, m admin.Mode, progress func(rows int64)) (N, time.Time, error)
}

// Run does it.
func (s Pruning[N, V]) Run(ctx context.Context, a *app.App, dryRun bool) error {
	p, err := a.Printer()
	if err != nil {
		return err
	}
	svc, err := a.Admin(ctx)
	if err != nil {
		return err
	}
	n, before, err := s.Prune(ctx, svc, a.Mode(true), func(int64) {})
	if err != nil {
		return err
	}
	info := output.ChangeInfo{Result: words.Deleted, DryRun: dryRun, Say: output.Say{
		Would: s.Words(n) + " would be deleted", Already: "nothing is that old",
	}}
	show := func() error {
		return output.Change(p, output.Desc{ID: "before"}, s.View(before, n), info)
	}
	switch {
	case n.Total() == 0:
		info.Result = words.Unchanged
		return show()
	case dryRun:
		return show()
	}
	if err := a.Prompt().Confirm(ctx, "delete "+s.Words(n)+" from before "+before.Format(time.DateOnly)+"?"); err != nil {
		return err
	}
	bar := progress.Start(p.Streams(), s.Label, n.Total(), progress.Items, a.Globals.Quiet)
	n, before, err = s.Prune(ctx, svc, a.Mode(false), bar.Add)
	bar.Done()
	if err != nil {
		if n.Total() > 0 {
			p.Notice("%s were deleted; run the command again to go on", s.Words(n))
		}
		return err
	}
	info.Say.Done = s.Words(n) + " deleted"
	return show()
}
