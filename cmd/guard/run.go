package guard

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/models"
)

type runOptions struct {
	app     *app.App
	user    string
	maxSats int64
	reading flags.Enum
	write   flags.Writes
	// allowSurge is the operator's word that the market really moved that much.
	allowSurge bool
	monitor    flags.Monitor
}

func newRun(a *app.App, run func(context.Context, *runOptions) error) *cobra.Command {
	if run == nil {
		run = runRun
	}
	o := &runOptions{app: a}
	c := &cobra.Command{
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
ends with 4, unless --allow-surge is given.

Exit codes: 0, 2, 3 when the user does not exist, 4 when the guard is switched off or held by a breaker, 6 when the encryption
key opens nobody's credentials, 7 when some users or additions failed or a position in danger was left alone, 10, 11 when the exchange, its price or the clock is not usable, 12, 13 when another run is
under way.`,
		Example: `  axisor guard run --dry-run
  axisor guard run -o json
  axisor guard run --user ana@example.com --max-sats 50000`,
		Args: flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if c.Flags().Changed("max-sats") && o.maxSats < 1 {
				return clierr.Usagef("--max-sats %d: must be positive", o.maxSats)
			}
			return run(c.Context(), o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.user, "user", "", "only this `USER` (id, e-mail or username)")
	f.Int64Var(&o.maxSats, "max-sats", 0, "add at most `N` sats in total, to the nearest to liquidation first (default: guard.max_sats_per_run)")
	f.BoolVar(&o.allowSurge, "allow-surge", false, "with guard.surge: stop, add even what is unusually much after the last week")
	flags.RegisterEnum(c, &o.reading, "reading", "", "what a threshold means (default: guard.reading)", readings()...)
	o.write.Register(c)
	o.monitor.Register(c, "guard")
	flags.CompleteLive(c, "user", a.UserNames)
	flags.Fields(c, output.Fields[runView]())
	return c
}

func runRun(ctx context.Context, o *runOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	cfg, err := o.app.Config()
	if err != nil {
		return err
	}
	userID, err := findUser(ctx, o.app, o.user)
	if err != nil {
		return err
	}
	g, err := open(ctx, o.app, opening{reading: o.reading.String(), readOnly: o.write.DryRun, monitor: o.monitor})
	if err != nil {
		return err
	}
	limit := o.maxSats
	if limit == 0 {
		limit = cfg.Guard.MaxSatsPerRun
	}
	// The run hears of the first signal and sees what it has sent through to its end.
	soft, release := o.app.Stop.Context(ctx, "the additions in flight")
	defer release()
	result, failure := g.Run(soft, guard.Request{
		Request:    marginguard.Request{UserID: userID, DryRun: o.write.DryRun, MaxSats: limit},
		AllowSurge: o.allowSurge,
	})
	interrupted := failure != nil && progress.Stopped(ctx, soft)
	if result.FinishedAt.IsZero() { // it did not begin
		if interrupted {
			return clierr.New(clierr.Interrupted, "interrupted", "stopped before anybody was looked at; nothing was sent").WithCause(failure)
		}
		return classify(failure)
	}
	if err := printRun(ctx, o.app, p, result); err != nil {
		return err
	}
	if userID != "" && result.Users == 0 && failure == nil {
		p.Notice("%s", noTargets(ctx, o.app, userID, o.user))
	}
	if interrupted {
		return clierr.New(clierr.Interrupted, "interrupted", fmt.Sprintf("stopped: %d additions made, %d unknown; users it had not come to were not looked at",
			result.Added, result.Unknown), "axisor guard run looks at unknown additions first").WithCause(failure)
	}
	if failure != nil {
		return classify(failure)
	}
	if result.Unserved() {
		off, err := stopped(ctx, o.app, result)
		if err != nil {
			return err
		}
		if off != nil {
			return off
		}
		return clierr.New(clierr.Partial, "guard_partial",
			fmt.Sprintf("%d failed, %d unknown, %d left without protection, of %d users", result.Failed, result.Unknown, result.LeftAlone, result.Users),
			"axisor guard run -o json tells for each of them why", "unknown additions are looked at first by the next run")
	}
	return nil
}

// stopped is the error of a run that the kill switch for everybody stopped on its way; nil when it did not.
func stopped(ctx context.Context, a *app.App, r marginguard.Result) (off, err error) {
	if r.DryRun || !slices.ContainsFunc(r.Items, func(i marginguard.Item) bool { return i.Obstacle == marginguard.ObstacleOff }) {
		return nil, nil //nolint:nilnil // neither stopped nor failed
	}
	db, err := a.DB(ctx)
	if err != nil {
		return nil, err
	}
	control, err := db.GuardControl(ctx, "")
	if err != nil || !control.Disabled {
		return nil, err
	}
	return classify(&marginguard.DisabledError{Reason: models.Deref(control.Reason)}), nil
}

func printRun(ctx context.Context, a *app.App, p *output.Printer, r marginguard.Result) error {
	v := runViewOf(r)
	if p.Machine() {
		return output.One(p, runDesc(), v, nil)
	}
	// A name is worth a query to a person. A run that was interrupted has none to give.
	who, err := names(context.WithoutCancel(ctx), a, r.Items)
	if err != nil {
		who = nil
	}
	return output.One(p, runDesc(), v, func(d *output.Doc) { describeRun(d, r, who) })
}
