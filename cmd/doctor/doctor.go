// Package doctor holds the command that examines the installation. internal/doctor makes the checks; this
// package gives it what to look at and prints the table.
package doctor

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/doctor"
	"github.com/axisor/axisor/internal/payments"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/store"
)

type doctorOptions struct {
	fix bool
	all bool
	// monitor is who is told what was found.
	monitor flags.Monitor
}

// checkView is one check.
type checkView struct {
	Name    string  `json:"name"`
	Title   string  `json:"title"`
	Level   string  `json:"level"` // ok, warn, fail, skip
	Finding string  `json:"finding"`
	Fix     *string `json:"fix"`     // the command that repairs it, or shows more
	Fixable bool    `json:"fixable"` // --fix can do it
	Fixed   *string `json:"fixed"`   // what --fix did about it, or with --dry-run would do
}

// New builds `axisor doctor`.
func New(a *app.App) *cobra.Command {
	o := &doctorOptions{}
	return verb.Command{
		Words: verb.Words{
			Use: "doctor", Short: "Examine the installation",
			Long: `Checks the configuration and the modes of files, the database and its schema, the encryption key against stored
credentials, the exchange and the clock, the backup programs, the newest backup and the room for the next one, the
archive of the log, the margin guard, and rows that should not exist. Every check is on its own: a broken one
never keeps the others from running, and a check that needs something broken is skipped. It changes nothing.

FIX, repeated below the table, is the command that repairs a finding or shows more of it.
Levels: ok; warn, look at it soon; fail, something does not work; skip, could not be checked.

With --fix it repairs what cannot hurt, and looks again: modes of secret files, missing or invalid indexes (concurrently),
missing reference rows, old statistics, payments past their expiry (as axisor payment expire does). Changes of rows are
audited. --fix --dry-run says what it would do. --all opens every stored credential and not only the newest 50.`,
			Examples: []string{
				"axisor doctor",
				"axisor doctor --fix --dry-run",
				`axisor doctor -o json --jq '.items[] | select(.level == "fail")'`,
			},
			Exits: exits.Local(exits.OK("also with warnings and skipped checks"), exits.On(clierr.Failure, "a repair failed"),
				exits.On(clierr.CheckFailed, "a check failed")),
		},
		Effect: flags.Write, NoRows: true, Fields: output.Fields[checkView](),
		Flags: func(c *cobra.Command) {
			c.Flags().BoolVar(&o.fix, "fix", false, "repair what cannot hurt, then look again")
			c.Flags().BoolVar(&o.all, "all", false, "open every stored credential")
			o.monitor.Register(c, "doctor")
		},
		Check: func(call *verb.Call) error {
			if call.DryRun && !o.fix {
				return clierr.Usagef("--dry-run goes with --fix")
			}
			return nil
		},
		Run: o.run,
	}.Build(a)
}

func desc() output.Desc {
	return output.Desc{Noun: "checks", ID: "name", Columns: []output.Column{
		{Field: "level", Role: levelRole}, {Field: "title", Header: "CHECK", Wrap: true}, {Field: "finding", Wrap: true}, {Field: "fix", Drop: 1},
	}}
}

func levelRole(v any) int {
	switch doctor.Level(fmt.Sprint(v)) {
	case doctor.OK:
		return int(streams.Good)
	case doctor.Warn:
		return int(streams.Warn)
	case doctor.Fail:
		return int(streams.Bad)
	default:
		return int(streams.Muted)
	}
}

func (o *doctorOptions) examine(ctx context.Context, call *verb.Call) ([]doctor.Result, error) {
	p, in := call.Print, o.installation(call.App)
	results := doctor.Run(ctx, in)
	var repairs []doctor.Repaired
	if o.fix && ctx.Err() == nil {
		repairs = doctor.Repair(ctx, results, call.DryRun)
		switch {
		case len(repairs) == 0 && !p.Machine():
			p.Notice("nothing was found that --fix repairs")
		case len(repairs) > 0 && !call.DryRun:
			results = doctor.Run(ctx, in)
		}
	}
	if ctx.Err() != nil {
		return results, context.Cause(ctx)
	}
	fixed, failed := reportRepairs(p, repairs, call.DryRun)
	views := make([]checkView, 0, len(results))
	found := map[doctor.Level]int{}
	for _, r := range results {
		v := checkView{Name: r.Name, Title: r.Title, Level: string(r.Level), Finding: r.Finding, Fixable: r.Fixable()}
		if r.Fix != "" {
			v.Fix = &r.Fix
		}
		if said, ok := fixed[r.Name]; ok {
			v.Fixed = &said
		}
		views = append(views, v)
		found[r.Level]++
	}
	if err := output.Slice(p, desc(), views); err != nil {
		return results, err
	}
	advise(p, views)
	summary := fmt.Sprintf("%d ok, %s, %d failed, %d skipped",
		found[doctor.OK], words.Count(int64(found[doctor.Warn]), "warning"), found[doctor.Fail], found[doctor.Skip])
	switch {
	case failed > 0:
		return results, clierr.New(clierr.Failure, "repair_failed", fmt.Sprintf("%d repairs failed; %s", failed, summary))
	case found[doctor.Fail] > 0:
		return results, clierr.New(clierr.CheckFailed, "checks_failed", summary)
	}
	if !p.Machine() {
		p.Notice("%s", summary)
	}
	return results, nil
}

// advise repeats what helps below the table: on a narrow terminal it has no room for the column.
func advise(p *output.Printer, views []checkView) {
	if p.Machine() {
		return
	}
	for _, v := range views {
		if v.Fix != nil {
			p.Notice("%s: %s", v.Title, *v.Fix)
		}
	}
}

// reportRepairs says what the repairs did, and gives it by check.
func reportRepairs(p *output.Printer, repairs []doctor.Repaired, dryRun bool) (fixed map[string]string, failed int) {
	fixed = map[string]string{}
	for _, r := range repairs {
		switch {
		case r.Err != nil:
			failed++
			p.Notice("%s: not repaired: %s", r.Name, r.Err)
			continue
		case dryRun:
			p.Notice("%s: would be repaired: %s", r.Name, r.Action)
		default:
			p.Notice("%s: repaired: %s", r.Name, r.Action)
		}
		fixed[r.Name] = r.Action
	}
	return fixed, failed
}

// installation is what the checks look at, and what repairs write with.
func (o *doctorOptions) installation(a *app.App) doctor.Installation {
	return doctor.Installation{
		Config: a.LoadConfig, DB: a.RawDB, Keyring: a.Keyring,
		Tools:  a.Programs(""),
		Logger: a.Log(), Now: a.Now, Dir: a.Dir, Version: a.Build.Version,
		All: o.all, Admin: a.Admin, Reason: a.Globals.Reason,
		Expire: func(ctx context.Context, dryRun bool) (int, error) { return expire(ctx, a, dryRun) },
	}
}

// expire is what axisor payment expire does: with a configured node it asks first.
func expire(ctx context.Context, a *app.App, dryRun bool) (int, error) {
	db, err := a.RawDB()
	if err != nil {
		return 0, err
	}
	svc, err := a.Admin(ctx)
	if err != nil {
		return 0, err
	}
	node, err := a.Node("")
	if err != nil {
		return 0, err
	}
	e := payments.Expirer{DB: db, Service: svc, Backend: node, Mode: a.Mode(dryRun), Before: a.Now()}
	done, err := e.Run(ctx, func([]store.Payment) {})
	return done.Count, err
}
