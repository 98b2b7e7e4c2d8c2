package backup

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/backups"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/backup"
)

func prune(a *app.App) *cobra.Command {
	var p backups.Prune
	return command(a, &p.Location, databases, verb.Command{
		Words: verb.Words{
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
is reading is left for the next time.`,
			Examples: []string{
				"axisor backup prune --dry-run",
				"axisor backup prune --keep-days 7 --keep-monthly 12 --yes",
			},
			Exits: exits.And(exits.Configured(exits.NotFound("no directory, or no backup where some were made"), exits.On(clierr.CheckFailed, "backups have stopped, nothing was removed"), exits.On(clierr.Unavailable, "the server does not tell which cluster it is")), clierr.Cancelled, clierr.Denied, clierr.Locked, clierr.Interrupted),
		},
		Effect: flags.Destroy, Fields: output.Fields[prunedView](),
		Flags: func(c *cobra.Command) {
			for _, r := range rules(&p.Policy) {
				c.Flags().IntVar(r.value, r.flag, 0, r.usage)
			}
		},
		Check: func(*verb.Call) error {
			for _, r := range rules(&p.Policy) {
				if *r.value < 0 {
					return clierr.Usagef("--%s %d: must not be negative", r.flag, *r.value)
				}
			}
			return nil
		},
		Run: func(ctx context.Context, call *verb.Call) error {
			configured, err := p.Location.Policy()
			if err != nil {
				return err
			}
			fallback := rules(&configured)
			for i, r := range rules(&p.Policy) {
				if !call.Given(r.flag) {
					*r.value = *fallback[i].value
				}
			}
			return runPrune(ctx, call, &p)
		},
	})
}

// keepRule is a flag that replaces one rule of the configuration.
type keepRule struct {
	flag  string
	value *int
	usage string
}

func rules(p *backup.Policy) []keepRule {
	return []keepRule{
		{"keep-days", &p.KeepDays, "keep every backup of the last `N` days (default: backup.retention_days)"},
		{"keep-last", &p.KeepLast, "keep the newest `N` (default: backup.keep_last)"},
		{"keep-daily", &p.KeepDaily, "keep one for each of the last `N` days that have one (default: backup.keep_daily)"},
		{"keep-weekly", &p.KeepWeekly, "keep one for each of the last `N` weeks that have one (default: backup.keep_weekly)"},
		{"keep-monthly", &p.KeepMonthly, "keep one for each of the last `N` months that have one (default: backup.keep_monthly)"},
	}
}

func runPrune(ctx context.Context, call *verb.Call, p *backups.Prune) error {
	if err := p.Plan(ctx); err != nil {
		return err
	}
	going, logs := p.Going(), len(p.Physical.Segments)
	if p.Dumps.Stopped != "" && !p.Dumps.Stale && len(p.Dumps.Decisions) > 0 {
		p.Notice("nothing is removed: %s", p.Dumps.Stopped)
	}
	if call.DryRun || len(going)+logs == 0 {
		if logs > 0 {
			p.Notice("would remove %s that no base backup needs", words.Count(int64(logs), "log segment"))
		}
		return printPruned(call, p)
	}
	for _, e := range going {
		p.Notice("to remove: %s, %s", e.ID, bytesText(e.Manifest.Bytes()))
	}
	if err := call.Prompt().Confirm(ctx, fmt.Sprintf("remove %d of %d backups?", len(going), p.Total())); err != nil {
		return err
	}
	if err := p.Run(ctx); err != nil {
		return err
	}
	if p.Segments > 0 {
		p.Notice("removed %s that no base backup needs", words.Count(int64(p.Segments), "log segment"))
	}
	return printPruned(call, p)
}

func printPruned(call *verb.Call, p *backups.Prune) error {
	removed := map[string]bool{}
	for _, e := range p.Removed {
		removed[e.ID] = true
	}
	views := make([]prunedView, 0, p.Total())
	for _, d := range append(p.Dumps.Decisions, p.Physical.Bases.Decisions...) {
		v := prunedView{
			ID: d.Entry.ID, Kind: backups.Kind(d.Entry), State: string(d.Entry.State), Action: "keep", Reason: d.Reason, DryRun: call.DryRun,
		}
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
		views = append(views, v)
	}
	if err := output.Slice(call.Print, prunedDesc(), views); err != nil {
		return err
	}
	return p.Stale()
}
