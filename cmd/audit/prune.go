package audit

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
)

type pruneOptions struct {
	app    *app.App
	older  string
	span   time.Duration
	writes flags.Writes
}

func newPrune(a *app.App, run func(context.Context, *pruneOptions) error) *cobra.Command {
	if run == nil {
		run = runPrune
	}
	o := &pruneOptions{app: a}
	c := &cobra.Command{
		Use:   "prune",
		Short: "Count, and with --yes delete, old entries",
		Long: `Count the changes and security events that are older than a span of time. Only with --yes are they deleted; without
it, this is a dry run. What was pruned is an entry of its own. Export first what has to be kept.

Exit codes: 0, 2, 10, 11, 12.`,
		Example: "  axisor audit prune --older-than 365d\n  axisor audit prune --older-than 365d --yes --reason 'retention rule 4'",
		Args:    flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			if o.older == "" {
				return clierr.Usagef("missing --older-than").WithHint("for example: axisor audit prune --older-than 365d")
			}
			var err error
			if o.span, err = flags.ParseSpan(o.older); err != nil {
				return clierr.Usagef("--older-than %q is not a span of time", o.older).WithHint("use for example 365d or 52w")
			}
			return run(c.Context(), o)
		},
	}
	c.Flags().StringVar(&o.older, "older-than", "", "only what is older than this `SPAN`, such as 365d")
	o.writes.RegisterDestroy(c)
	flags.Fields(c, output.Fields[prunedView]())
	return c
}

// prunedView counts what was, or would be, deleted.
type prunedView struct {
	Before   output.Time `json:"before"`
	Audit    int64       `json:"audit"`
	Security int64       `json:"security"`
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
	dryRun := o.writes.DryRun || !o.app.Globals.Yes
	bar := progress.Start(p.Streams(), "audit prune", 0, progress.Items, o.app.Globals.Quiet)
	n, before, err := svc.PruneAudit(ctx, o.app.Mode(dryRun), o.span)
	bar.Add(n.Audit + n.Security)
	bar.Done()
	if err != nil {
		return err
	}
	info := output.ChangeInfo{Result: output.Deleted, DryRun: dryRun, Said: fmt.Sprintf("%d changes and %d security events deleted", n.Audit, n.Security)}
	if dryRun {
		info.Said = fmt.Sprintf("%d changes and %d security events would be deleted", n.Audit, n.Security)
	}
	if n.Audit+n.Security == 0 {
		info.Result, info.Said = output.Unchanged, "nothing is that old"
	}
	if err := output.Change(p, output.Desc{ID: "before"}, prunedView{output.At(before), n.Audit, n.Security}, info); err != nil {
		return err
	}
	if dryRun && !o.writes.DryRun && n.Audit+n.Security > 0 && !p.Machine() {
		p.Notice("hint: add --yes to delete them")
	}
	return nil
}
