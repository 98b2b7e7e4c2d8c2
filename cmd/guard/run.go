package guard

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/store"
)

// runFlags are the flags of run.
type runFlags struct {
	user    string
	maxSats int64
	reading flags.Enum
	// allowSurge is the operator's word that the market really moved that much.
	allowSurge bool
	monitor    flags.Monitor
}

func run(a *app.App) *cobra.Command {
	var o runFlags
	c := verb.Command{
		Words: verb.Words{
			Use:   "run",
			Short: "Add margin to positions near liquidation",
			Long: `Looks once at every running isolated position of every user with an active guard configuration and adds margin
where the configuration and the caps say so. This is what cron calls, for example every minute.

Every addition is written down before it is requested and judged by reading the position back, so that a lost
answer, a crash or a second run never adds twice. An addition whose outcome is not known is looked at first by
the next run. One user's trouble does not stop the others. Only one run works at a time.

Nothing is sent when the price, the clock or the exchange cannot be trusted. With --dry-run everything is read
and decided, nothing is sent, and no row is written; it ends as the run would, also where a breaker would stop it.

A key that the exchange refuses in two runs is put aside, for 2 minutes at first and up to an hour when it goes on, five
minutes when a position is near its trigger; one that fails three times pauses five minutes. "guard breaker list" shows them. A run that adds more than three times what the largest
run of the last week added tells so. With guard.surge: stop it adds up to that, to the nearest to liquidation first, and
ends with 4, unless --allow-surge is given.`,
			Examples: []string{
				"axisor guard run --dry-run",
				"axisor guard run -o json",
				"axisor guard run --user ana@example.com --max-sats 50000",
			},
			Exits: exits.Database(exits.NotFound("no such user"), exits.Conflict("the guard is switched off or held by a breaker"), exits.On(clierr.Denied, "the encryption key opens nobody's credentials"), exits.On(clierr.Partial, "some users or additions failed or a position in danger was left alone"), exits.On(clierr.Unavailable, "the exchange, its price or the clock is not usable"), exits.On(clierr.Locked, "another run is under way")),
		},
		Effect: flags.Write, Fields: output.Fields[runView](),
		Flags: func(c *cobra.Command) {
			f := c.Flags()
			f.StringVar(&o.user, "user", "", "only this `USER` (id, e-mail or username)")
			f.Int64Var(&o.maxSats, "max-sats", 0, "add at most `N` sats in total, to the nearest to liquidation first (default: guard.max_sats_per_run)")
			f.BoolVar(&o.allowSurge, "allow-surge", false, "with guard.surge: stop, add even what is unusually much after the last week")
			readingFlag(c, &o.reading)
		},
		Check: func(call *verb.Call) error {
			if call.Given("max-sats") && o.maxSats < 1 {
				return clierr.Usagef("--max-sats %d: must be positive", o.maxSats)
			}
			return nil
		},
		Run: func(ctx context.Context, call *verb.Call) error { return runOnce(ctx, call, &o) },
	}.Build(a)
	o.monitor.Register(c, "guard")
	flags.CompleteLive(c, "user", a.UserNames)
	return c
}

func runOnce(ctx context.Context, call *verb.Call, o *runFlags) error {
	cfg, err := call.Config()
	if err != nil {
		return err
	}
	userID, err := call.UserID(ctx, o.user)
	if err != nil {
		return err
	}
	g, err := open(ctx, call.App, opening{reading: o.reading.String(), readOnly: call.DryRun, monitor: o.monitor})
	if err != nil {
		return err
	}
	limit := o.maxSats
	if limit == 0 {
		limit = cfg.Guard.MaxSatsPerRun
	}
	// The run hears of the first signal and sees what it has sent through to its end.
	soft, release := call.Stop.Context(ctx, "the additions in flight")
	defer release()
	result, failure := g.Run(soft, guard.Request{
		Request:    marginguard.Request{UserID: userID, DryRun: call.DryRun, MaxSats: limit},
		AllowSurge: o.allowSurge,
	})
	interrupted := failure != nil && progress.Stopped(ctx, soft)
	if result.FinishedAt.IsZero() { // it did not begin
		if interrupted {
			return clierr.New(clierr.Interrupted, "interrupted", "stopped before anybody was looked at; nothing was sent").WithCause(failure)
		}
		return failure
	}
	db, err := call.DB(ctx)
	if err != nil {
		return err
	}
	if err := printRun(ctx, db, call.Print, result); err != nil {
		return err
	}
	if userID != "" && result.Users == 0 && failure == nil {
		call.Print.Notice("%s", guard.NoTargets(ctx, db, userID, o.user))
	}
	switch {
	case interrupted:
		return clierr.New(clierr.Interrupted, "interrupted", fmt.Sprintf("stopped: %d additions made, %d unknown; users it had not come to were not looked at",
			result.Added, result.Unknown), "axisor guard run looks at unknown additions first").WithCause(failure)
	case failure != nil:
		return failure
	}
	return guard.Unserved(ctx, db, result)
}

func printRun(ctx context.Context, db *store.DB, p *output.Printer, r marginguard.Result) error {
	v := runViewOf(r)
	if p.Machine() {
		return output.One(p, runDesc(), v, nil)
	}
	// A name is worth a query to a person. A run that was interrupted has none to give.
	who, err := names(context.WithoutCancel(ctx), db, r.Items)
	if err != nil {
		who = nil
	}
	return output.One(p, runDesc(), v, func(d *output.Doc) { describeRun(d, r, who) })
}
