package guard

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/guard"
)

// shortest is the smallest interval: the price alone may be asked for once a second.
const shortest = 2 * time.Second

type loopOptions struct {
	app     *app.App
	reading flags.Enum
	loop    guard.Loop
	write   flags.Writes
	start   func(g *guard.Guard) func(context.Context, guard.Loop) error
}

func (o *loopOptions) register(c *cobra.Command) {
	f := c.Flags()
	f.DurationVar(&o.loop.Interval, "interval", 20*time.Second, "start a round every `DURATION`, at least 2s")
	f.Int64Var(&o.loop.MaxSats, "max-sats", 0, "add at most `N` sats in a round, to the nearest to liquidation first (default: guard.max_sats_per_run)")
	f.BoolVar(&o.loop.AllowSurge, "allow-surge", false, "with guard.surge: stop, add even what is unusually much after the last week")
	f.IntVar(&o.loop.Rounds, "rounds", 0, "end after `N` rounds (default: never)")
	flags.RegisterEnum(c, &o.reading, "reading", "", "what a threshold means (default: guard.reading)", readings()...)
	o.write.Register(c)
	flags.Fields(c, output.Fields[runView]())
}

func (o *loopOptions) validate(c *cobra.Command) error {
	switch {
	case o.loop.Interval < shortest:
		return clierr.Usagef("--interval %s: must be at least %s", o.loop.Interval, shortest)
	case o.loop.Rounds < 0:
		return clierr.Usagef("--rounds %d: must not be negative", o.loop.Rounds)
	case c.Flags().Changed("max-sats") && o.loop.MaxSats < 1:
		return clierr.Usagef("--max-sats %d: must be positive", o.loop.MaxSats)
	case c.Flags().Lookup("refresh") != nil && o.loop.Refresh < o.loop.Interval:
		return clierr.Usagef("--refresh %s: must not be shorter than --interval %s", o.loop.Refresh, o.loop.Interval)
	}
	return nil
}

func newWatch(a *app.App, run func(context.Context, *loopOptions) error) *cobra.Command {
	if run == nil {
		run = runLoop
	}
	o := &loopOptions{app: a}
	o.start = func(g *guard.Guard) func(context.Context, guard.Loop) error { return g.Watch }
	c := &cobra.Command{
		Use:   "watch",
		Short: "Guard all the time, asking only for positions near their trigger",
		Long: `Does what "guard run" does, again and again, until it is told to stop. It keeps an index of the price at which each
position would need margin. Every round reads the market price and looks only at users with a position near that
price, with an addition whose outcome is not known, with a changed configuration or account, or not looked at for
the time of --refresh. After funding at 00, 08 and 16 UTC everybody is looked at again. The index only says when to
look: positions are read again before every decision.

With guard.price_source: stream the price is heard from the exchange's Stream API, and a round begins at once when it
reaches a trigger. When the stream is silent, old or broken, the ticker is asked as without it.

A position opened or weakened since its user was last looked at is not guarded until the next refresh.

On SIGTERM, SIGINT or SIGHUP an addition under way is finished and its outcome stored, then the command ends with 0. A
second signal ends it at once, which is safe, too. While another run works, a round is left to it, so a second
watcher is a standby.

With --dry-run each round looks at everybody, nothing is sent and no row is written.

Exit codes: 0 when told to stop, 2, 6, 10, 11 when the database is not there at the start, 12; with --rounds that of a
last round that failed, as of "axisor guard run".`,
		Example: `  axisor guard watch
  axisor guard watch --interval 10s --refresh 30m -o jsonl
  axisor guard watch --dry-run --rounds 1`,
		Args: flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.validate(c); err != nil {
				return err
			}
			return run(c.Context(), o)
		},
	}
	c.Flags().DurationVar(&o.loop.Refresh, "refresh", 15*time.Minute, "look at every user at least once in `DURATION`")
	o.register(c)
	return c
}

func runLoop(ctx context.Context, o *loopOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	cfg, err := o.app.Config()
	if err != nil {
		return err
	}
	g, err := open(ctx, o.app, opening{reading: o.reading.String(), readOnly: o.write.DryRun, follows: true})
	if err != nil {
		return err
	}
	l := o.loop
	l.DryRun = o.write.DryRun
	if l.MaxSats == 0 {
		l.MaxSats = cfg.Guard.MaxSatsPerRun
	}
	var broken error
	l.Told = func(r guard.Round) {
		if err := o.tell(ctx, p, r); err != nil && broken == nil {
			broken = err
		}
	}
	p.Notice("guarding every %s until told to stop", l.Interval)
	if err := o.start(g)(ctx, l); err != nil {
		return classify(err)
	}
	return broken
}

// tell prints a round that is worth it: to a person one in which something
// happened, to a program every one that looked at somebody.
func (o *loopOptions) tell(ctx context.Context, p *output.Printer, r guard.Round) error {
	now := o.app.Now().UTC().Format(time.RFC3339)
	switch {
	case r.Standby:
		o.app.Log().InfoContext(ctx, "another run is under way, this round is its")
	case r.Err != nil:
		p.Notice("%s %s", now, r.Err)
	case r.Users == 0, len(r.Result.Items) == 0 && !p.Machine():
	case p.Machine():
		return output.One(p, runDesc(), runViewOf(r.Result), nil)
	default:
		_, err := fmt.Fprintf(p.Streams().Out, "%s %s\n", now, guard.Summary(r.Result))
		return err
	}
	return nil
}
