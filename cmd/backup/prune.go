package backup

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/backup"
)

type pruneOptions struct {
	app     *app.App
	place   place
	policy  backup.Policy
	changed func(flag string) bool
	write   flags.Writes
}

func newPrune(a *app.App, run func(context.Context, *pruneOptions) error) *cobra.Command {
	if run == nil {
		run = runPrune
	}
	o := &pruneOptions{app: a}
	c := &cobra.Command{
		Use:   "prune",
		Short: "Remove backups that no retention rule keeps",
		Long: `Remove backups that no retention rule keeps. A backup stays when any rule keeps it: the last
days, the newest ones, or one per day, week or month. The rules come from the configuration
(backup.retention_days, backup.keep_last …); a flag replaces one of them for this run.

Only good backups fill a rule. The newest good one, pinned ones and those whose manifest cannot
be read are never removed, and nothing is removed when the newest good one is itself older than
the days to keep: then backups have stopped, and that is what needs attention. Files that axisor
did not write are never touched. Base backups follow the same rules, and the archived log goes with the
last base backup that needs it. The plan is shown before anything is removed.

It is about the configured database and its cluster; each of --all-databases is judged apart. A backup that somebody
is reading is left for the next time.

Exit codes: 0, 2, 3 (no directory, or no backup where some were made), 5, 6, 8 (backups have stopped, nothing was
removed), 10, 11 (the server does not tell which cluster it is), 13, 130.`,
		Example: "  axisor backup prune --dry-run\n  axisor backup prune --keep-days 7 --keep-monthly 12 --yes",
		Args:    flags.None(),
		RunE: func(c *cobra.Command, _ []string) error {
			o.changed = c.Flags().Changed
			if err := o.validate(); err != nil {
				return err
			}
			return explain(run(c.Context(), o))
		},
	}
	for name, r := range o.rules() {
		c.Flags().IntVar(r.value, name, 0, r.usage)
	}
	o.place.register(c, false)
	o.place.registerDatabase(c, true)
	o.write.RegisterDestroy(c)
	fieldsOf[prunedView](c)
	return c
}

type keepRule struct {
	value *int
	usage string
}

func (o *pruneOptions) rules() map[string]keepRule {
	return map[string]keepRule{
		"keep-days":    {&o.policy.KeepDays, "keep every backup of the last `N` days (default: backup.retention_days)"},
		"keep-last":    {&o.policy.KeepLast, "keep the newest `N` (default: backup.keep_last)"},
		"keep-daily":   {&o.policy.KeepDaily, "keep one for each of the last `N` days that have one (default: backup.keep_daily)"},
		"keep-weekly":  {&o.policy.KeepWeekly, "keep one for each of the last `N` weeks that have one (default: backup.keep_weekly)"},
		"keep-monthly": {&o.policy.KeepMonthly, "keep one for each of the last `N` months that have one (default: backup.keep_monthly)"},
	}
}

func (o *pruneOptions) validate() error {
	for name, r := range o.rules() {
		if *r.value < 0 {
			return clierr.Usagef("--%s %d: must not be negative", name, *r.value)
		}
	}
	return nil
}

// resolve fills the rules that no flag has set from the configuration.
func (o *pruneOptions) resolve() error {
	configured, err := configuredPolicy(o.app)
	if err != nil {
		return err
	}
	fallback := pruneOptions{policy: configured}
	defaults := fallback.rules()
	for name, r := range o.rules() {
		if !o.changed(name) {
			*r.value = *defaults[name].value
		}
	}
	return nil
}

func configuredPolicy(a *app.App) (backup.Policy, error) {
	cfg, err := a.Config()
	if err != nil {
		return backup.Policy{}, err
	}
	b := cfg.Backup
	return backup.Policy{
		KeepDays: b.RetentionDays, KeepLast: b.KeepLast,
		KeepDaily: b.KeepDaily, KeepWeekly: b.KeepWeekly, KeepMonthly: b.KeepMonthly,
	}, nil
}

func runPrune(ctx context.Context, o *pruneOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	if err := o.resolve(); err != nil {
		return err
	}
	repo, err := o.place.view(ctx, o.app, nil)
	if err != nil {
		return err
	}
	if err := present(repo, &o.place); err != nil {
		return err
	}
	plan, err := repo.PlanPrune(o.policy)
	if err != nil {
		return err
	}
	physical, err := repo.PlanPhysical(o.policy)
	if err != nil {
		return err
	}
	if len(plan.Decisions)+len(physical.Bases.Decisions) == 0 {
		if err := emptied(ctx, o.app, repo, &o.place); err != nil {
			return err
		}
	}
	going := append(plan.Removals(), physical.Bases.Removals()...)
	if plan.Stopped != "" && !plan.Stale && len(plan.Decisions) > 0 {
		p.Notice("nothing is removed: %s", plan.Stopped)
	}
	if o.write.DryRun || len(going)+len(physical.Segments) == 0 {
		if n := len(physical.Segments); n > 0 {
			p.Notice("would remove %s that no base backup needs", count(int64(n), "log segment"))
		}
		if err := output.Slice(p, prunedDesc(), append(prunedViews(plan, nil, "dump", o.write.DryRun), prunedViews(physical.Bases, nil, "base", o.write.DryRun)...)); err != nil {
			return err
		}
		return stale(plan, physical.Bases)
	}
	for _, e := range going {
		p.Notice("to remove: %s, %s", e.ID, bytesText(e.Manifest.Bytes()))
	}
	if err := o.app.Prompt().Confirm(ctx, fmt.Sprintf("remove %d of %d backups?", len(going), len(plan.Decisions)+len(physical.Bases.Decisions))); err != nil {
		return err
	}
	plan, gone, err := repo.Prune(ctx, o.policy)
	if err != nil {
		return err
	}
	physical, bases, segments, err := repo.PrunePhysical(ctx, o.policy)
	if err != nil {
		return err
	}
	if segments > 0 {
		p.Notice("removed %s that no base backup needs", count(int64(segments), "log segment"))
	}
	views := append(prunedViews(plan, gone, "dump", false), prunedViews(physical.Bases, bases, "base", false)...)
	gone = append(gone, bases...)
	if err := audit(ctx, o.app, "backup.prune", "", map[string]any{"removed": idsOf(gone), "policy": o.policy}); err != nil {
		warn(p, "the removal could not be written into the audit trail: "+err.Error())
	}
	if err := output.Slice(p, prunedDesc(), views); err != nil {
		return err
	}
	return stale(plan, physical.Bases)
}

// stale makes cron tell when retention has refused: that backups have stopped is what needs attention, and an
// exit code of zero would hide it until the day of need.
func stale(dumps, bases backup.PrunePlan) error {
	var problems, hints []string
	if dumps.Stale {
		problems, hints = append(problems, "no dump was removed: "+dumps.Stopped), append(hints, "make one and see why none was made: axisor backup create")
	}
	if bases.Stale {
		problems, hints = append(problems, "no base backup was removed: "+bases.Stopped), append(hints, "make one: axisor backup base")
	}
	if len(problems) == 0 {
		return nil
	}
	return clierr.New(clierr.CheckFailed, "backups_stopped", strings.Join(problems, "; "), hints...)
}

func prunedViews(plan backup.PrunePlan, gone []backup.Entry, kind string, dry bool) []prunedView {
	removed := map[string]bool{}
	for _, e := range gone {
		removed[e.ID] = true
	}
	out := make([]prunedView, 0, len(plan.Decisions))
	for _, d := range plan.Decisions {
		v := prunedView{ID: d.Entry.ID, Kind: kind, State: string(d.Entry.State), Action: "keep", Reason: d.Reason, DryRun: dry}
		switch {
		case removed[d.Entry.ID]:
			v.Action = "removed"
		case d.Remove:
			v.Action = "remove"
		}
		if m := d.Entry.Manifest; m != nil {
			at, bytes := output.At(m.StartedAt), m.Bytes()
			v.StartedAt, v.Bytes = &at, &bytes
		}
		out = append(out, v)
	}
	return out
}
