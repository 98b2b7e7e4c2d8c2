package credential

import (
	"context"
	"iter"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/pkg/exchange"
)

// AboutOutcomes is the part of the help of a test that says what it can find.
const AboutOutcomes = `Outcomes: works; wrong_key; wrong_signature (secret or passphrase); refused (not said why); missing_scope;
incomplete; unreadable (the value does not open here); unsupported; other_network; clock_off; rate_limited;
unreachable. The last four say nothing about the credentials and change nothing; the others set is_verified and
last_test. With --dry-run the exchange is asked and nothing is written.`

// Exits are the exit codes of a test.
func Exits() []exits.Code {
	return exits.Database(exits.OK("all work"), exits.NotFound(""), exits.Conflict("incomplete or unsupported"),
		exits.On(clierr.Denied, "refused, unreadable or a permission is missing"),
		exits.On(clierr.Partial, "some of many do not work"),
		exits.On(clierr.Unavailable, "the exchange or the clock is at fault"))
}

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
