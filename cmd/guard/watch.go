package guard

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/internal/verb"
)

// shortest is the smallest interval: the price alone may be asked for once a second.
const shortest = 2 * time.Second

// loop is the flags of a command that guards all the time.
type loop struct {
	guard.Loop

	reading flags.Enum
}

func (l *loop) register(c *cobra.Command) {
	f := c.Flags()
	f.DurationVar(&l.Interval, "interval", 20*time.Second, "start a round every `DURATION`, at least 2s")
	f.Int64Var(&l.MaxSats, "max-sats", 0, "add at most `N` sats in a round, to the nearest to liquidation first (default: guard.max_sats_per_run)")
	f.BoolVar(&l.AllowSurge, "allow-surge", false, "with guard.surge: stop, add even what is unusually much after the last week")
	f.IntVar(&l.Rounds, "rounds", 0, "end after `N` rounds (default: never)")
	readingFlag(c, &l.reading)
}

func (l *loop) check(call *verb.Call) error {
	switch {
	case l.Interval < shortest:
		return clierr.Usagef("--interval %s: must be at least %s", l.Interval, shortest)
	case l.Rounds < 0:
		return clierr.Usagef("--rounds %d: must not be negative", l.Rounds)
	case call.Given("max-sats") && l.MaxSats < 1:
		return clierr.Usagef("--max-sats %d: must be positive", l.MaxSats)
	case call.Cmd.Flags().Lookup("refresh") != nil && l.Refresh < l.Interval:
		return clierr.Usagef("--refresh %s: must not be shorter than --interval %s", l.Refresh, l.Interval)
	}
	return nil
}

func watch(a *app.App) *cobra.Command {
	var l loop
	return verb.Command{
		Words: verb.Words{
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

With --rounds it ends with the code of a last round that failed, as of "axisor guard run".`,
			Examples: []string{
				"axisor guard watch",
				"axisor guard watch --interval 10s --refresh 30m -o jsonl",
				"axisor guard watch --dry-run --rounds 1",
			},
			Exits: exits.And(exits.Database(exits.OK("told to stop"), exits.On(clierr.Unavailable, "the database cannot be reached at the start")), clierr.Denied),
		},
		Effect: flags.Write, Fields: output.Fields[runView](),
		Flags: func(c *cobra.Command) {
			c.Flags().DurationVar(&l.Refresh, "refresh", 15*time.Minute, "look at every user at least once in `DURATION`")
			l.register(c)
		},
		Check: l.check,
		Run:   func(ctx context.Context, call *verb.Call) error { return l.run(ctx, call, (*guard.Guard).Watch) },
	}.Build(a)
}

// run guards until it is told to stop.
func (l *loop) run(ctx context.Context, call *verb.Call, start func(*guard.Guard, context.Context, guard.Loop) error) error {
	cfg, err := call.Config()
	if err != nil {
		return err
	}
	g, err := open(ctx, call.App, opening{reading: l.reading.String(), readOnly: call.DryRun, follows: true})
	if err != nil {
		return err
	}
	rounds := l.Loop
	rounds.DryRun = call.DryRun
	if rounds.MaxSats == 0 {
		rounds.MaxSats = cfg.Guard.MaxSatsPerRun
	}
	var broken error
	rounds.Told = func(r guard.Round) {
		if err := tell(ctx, call, r); err != nil && broken == nil {
			broken = err
		}
	}
	call.Print.Notice("guarding every %s until told to stop", l.Interval)
	if err := start(g, ctx, rounds); err != nil {
		return err
	}
	return broken
}

// tell prints a round that is worth it: to a person one in which something
// happened, to a program every one that looked at somebody.
func tell(ctx context.Context, call *verb.Call, r guard.Round) error {
	p := call.Print
	now := call.Now().UTC().Format(time.RFC3339)
	switch {
	case r.Standby:
		call.Log().InfoContext(ctx, "another run is under way, this round is its")
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
