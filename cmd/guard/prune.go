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
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/store"
)

type pruneOptions struct {
	app    *app.App
	older  string
	span   time.Duration
	writes flags.Writes
}

// prunedView counts what was, or would be, deleted.
type prunedView struct {
	Before  output.Time `json:"before"`
	Runs    int64       `json:"runs"`
	Intents int64       `json:"intents"`
	Notices int64       `json:"notices"`
}

func newPrune(a *app.App, run func(context.Context, *pruneOptions) error) *cobra.Command {
	if run == nil {
		run = runPrune
	}
	o := &pruneOptions{app: a}
	c := &cobra.Command{
		Use:   "prune",
		Short: "Delete the guard's old history",
		Long: `Deletes runs, settled additions and delivered or expired notices that are older than a span of time, in batches of one
short transaction each. It asks before it begins, can be stopped at any moment and run again; the audit trail has an
entry for every batch.

Open additions, waiting notices and what these belong to stay whatever their age. What caps, pauses and breakers look at
is younger than the 8 days that --older-than must at least be. Trade logs and audit entries of additions stay, too:
"trade prune" and "audit prune" are for those.

Exit codes: 0, 2, 5, 10, 11, 12, 130.`,
		Example: "  axisor guard prune --older-than 90d --dry-run\n  axisor guard prune --older-than 90d --yes",
		Args:    flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if o.older == "" {
				return clierr.Usagef("missing --older-than").WithHint("for example: axisor guard prune --older-than 90d --dry-run")
			}
			var err error
			if o.span, err = flags.ParseSpan(o.older); err != nil {
				return clierr.Usagef("--older-than %q is not a span of time", o.older).WithHint("use for example 90d or 26w")
			}
			if o.span < admin.MinGuardAge {
				return clierr.Usagef("--older-than %s: must be at least 8d, caps and breakers look back a week", o.older)
			}
			return run(c.Context(), o)
		},
	}
	c.Flags().StringVar(&o.older, "older-than", "", "only what ended longer ago than this `SPAN`, such as 90d")
	o.writes.RegisterDestroy(c)
	flags.Fields(c, output.Fields[prunedView]())
	return c
}

func runPrune(ctx context.Context, o *pruneOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	svc, err := o.app.Admin(ctx)
	if err != nil {
		return err
	}
	in := admin.PruneGuardInput{OlderThan: o.span}
	n, before, err := svc.PruneGuard(ctx, o.app.Mode(true), in)
	if err != nil {
		return err
	}
	info := output.ChangeInfo{Result: output.Deleted, DryRun: o.writes.DryRun}
	switch {
	case n.Total() == 0:
		info.Result, info.Said = output.Unchanged, "nothing is that old"
		return output.Change(p, pruneDesc(), viewOfPruned(before, n), info)
	case o.writes.DryRun:
		info.Said = counted(n) + " would be deleted"
		return output.Change(p, pruneDesc(), viewOfPruned(before, n), info)
	}
	if err := o.app.Prompt().Confirm(ctx, "delete "+counted(n)+" from before "+before.Format(time.DateOnly)+"?"); err != nil {
		return err
	}
	bar := progress.Start(p.Streams(), "delete history of the guard", n.Total(), progress.Items, o.app.Globals.Quiet)
	in.Progress = bar.Add
	n, before, err = svc.PruneGuard(ctx, o.app.Mode(false), in)
	bar.Done()
	if err != nil {
		if n.Total() > 0 {
			p.Notice("%s were deleted; run the command again to go on", counted(n))
		}
		return err
	}
	info.Said = counted(n) + " deleted"
	return output.Change(p, pruneDesc(), viewOfPruned(before, n), info)
}

func pruneDesc() output.Desc { return output.Desc{Noun: "history of the guard", ID: "before"} }

func viewOfPruned(before time.Time, n store.GuardOld) prunedView {
	return prunedView{output.At(before), n.Runs, n.Intents, n.Notices}
}

func counted(n store.GuardOld) string {
	return fmt.Sprintf("%d runs, %d additions and %d notices", n.Runs, n.Intents, n.Notices)
}
