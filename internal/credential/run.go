package credential

import (
	"context"
	"iter"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/pkg/exchange"
)

// TestOne tests one set of credentials and prints the result, whatever it is.
func TestOne(ctx context.Context, a *app.App, s Subject, dryRun bool, noun string) error {
	p, err := a.Printer()
	if err != nil {
		return err
	}
	t, err := NewTester(ctx, a, dryRun)
	if err != nil {
		return err
	}
	v, err := t.One(ctx, s)
	if err != nil {
		return err
	}
	if err := output.One(p, Desc(noun), v, nil); err != nil {
		return err
	}
	if v.Outcome == string(exchange.Works) && len(v.MissingScopes) > 0 {
		p.Notice("%s", p.Streams().PaintErr(streams.Warn, v.Detail))
	}
	return v.Failure()
}

// TestMany tests many and prints each result when it is there.
func TestMany(ctx context.Context, a *app.App, subjects iter.Seq2[Subject, error], dryRun bool, noun string) error {
	p, err := a.Printer()
	if err != nil {
		return err
	}
	t, err := NewTester(ctx, a, dryRun)
	if err != nil {
		return err
	}
	bar := progress.Start(a.Streams, "testing "+noun, 0, progress.Items, a.Globals.Quiet)
	outcomes := map[string]int{}
	var failed error
	views := t.All(ctx, subjects, bar)
	err = output.List(p, Desc(noun), func(yield func(View, error) bool) {
		for v, err := range views {
			if err != nil {
				failed = err
				return // what was tested is printed to the end
			}
			outcomes[v.Outcome]++
			if !yield(v, nil) {
				return
			}
		}
	}, nil)
	bar.Done()
	if err != nil {
		return err
	}
	if !p.Machine() && len(outcomes) > 0 {
		p.Notice("%s", summary(outcomes))
	}
	if failed != nil {
		return failed
	}
	return Summary(outcomes)
}
