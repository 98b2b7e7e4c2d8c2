package guard

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/store"
)

type resolveOptions struct {
	app        *app.App
	id         string
	applied    bool
	notApplied bool
	write      flags.Writes
}

func newResolve(a *app.App, run func(context.Context, *resolveOptions) error) *cobra.Command {
	if run == nil {
		run = runResolve
	}
	o := &resolveOptions{app: a}
	const example = `axisor guard resolve 6f1d2a34-5b6c-4d7e-8f90-a1b2c3d4e5f6 --applied --reason "seen on the exchange"`
	c := &cobra.Command{
		Use:   "resolve INTENT",
		Short: "Record what became of an addition with an unknown outcome",
		Long: `When an answer was lost and the margin changed in a way that the addition does not explain, the guard does not
guess: it leaves the position alone and counts the amount as spent. Look the trade up on the exchange, then say here
what happened. No money moves. Needs --reason.

Exit codes: 0, 2, 3 when there is no such addition, 4 when its outcome is known or it may still be under way, 10,
11, 12.`,
		Example: "  axisor guard history --state unknown\n  " + example,
		Args:    flags.Exactly(example, "INTENT"),
		RunE: func(c *cobra.Command, args []string) error {
			o.id = args[0]
			if o.applied == o.notApplied {
				return clierr.Usagef("%s needs one of --applied and --not-applied", c.CommandPath()).WithHint("for example: " + example)
			}
			if a.Globals.Reason == "" {
				return clierr.Usagef("%s needs --reason", c.CommandPath()).WithHint("for example: " + example)
			}
			return run(c.Context(), o)
		},
	}
	c.Flags().BoolVar(&o.applied, "applied", false, "the margin was added")
	c.Flags().BoolVar(&o.notApplied, "not-applied", false, "the margin was not added")
	o.write.Register(c)
	flags.Fields(c, output.Fields[intentView]())
	return c
}

func runResolve(ctx context.Context, o *resolveOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	svc, err := o.app.Admin(ctx)
	if err != nil {
		return err
	}
	change, err := svc.ResolveGuardIntent(ctx, o.app.Mode(o.write.DryRun), o.id, o.applied)
	var missing *store.NotFoundError
	if errors.As(err, &missing) {
		return clierr.New(clierr.NotFound, "guard_intent_not_found", fmt.Sprintf("no addition %q", o.id), "axisor guard history").WithCause(err)
	}
	if err != nil {
		return err
	}
	v := intentViewOf(*change.After)
	addition := fmt.Sprintf("the addition of %d sats to %s", v.AmountSats, v.TradeID)
	say := output.Say{
		Done: addition + " is recorded as " + v.State, Would: addition + " would be recorded as " + v.State,
		Already: addition + " is recorded as " + v.State + " already",
	}
	return output.Change(p, intentDesc(), v, output.ChangeInfo{Result: change.Status, DryRun: change.DryRun, Say: say, Next: "axisor guard run"})
}
