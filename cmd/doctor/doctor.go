// Package doctor holds the command that examines the installation. internal/doctor makes the checks; this
// package gives it what to look at and prints the table.
package doctor

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/doctor"
	"github.com/axisor/axisor/pkg/backup"
)

type doctorOptions struct{ app *app.App }

// checkView is one check.
type checkView struct {
	Name    string  `json:"name"`
	Title   string  `json:"title"`
	Level   string  `json:"level"` // ok, warn, fail, skip
	Finding string  `json:"finding"`
	Fix     *string `json:"fix"`
}

// New builds `axisor doctor`.
func New(a *app.App) *cobra.Command { return newDoctor(a, nil) }

func newDoctor(a *app.App, run func(context.Context, *doctorOptions) error) *cobra.Command {
	if run == nil {
		run = runDoctor
	}
	o := &doctorOptions{app: a}
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Examine the installation",
		Long: `Checks the configuration, the database and its schema, the encryption key against stored credentials, the
exchange and the clock, the backup programs and the newest backup, the margin guard, and rows that should
not be there. Every check is on its own: a broken one never keeps the others from running, and a check that
needs something broken is skipped. It changes nothing.

Levels: ok; warn, look at it soon; fail, something does not work; skip, could not be checked.

Exit codes: 8 when a check failed; warnings and skipped checks alone exit 0.`,
		Example: `  axisor doctor
  axisor doctor -o json --jq '.items[] | select(.level == "fail")'`,
		Args: flags.None(),
		RunE: func(c *cobra.Command, _ []string) error { return run(c.Context(), o) },
	}
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Mark(c, flags.NoRowsKey, "true")
	flags.Fields(c, output.Fields[checkView]())
	return c
}

func desc() output.Desc {
	return output.Desc{Noun: "checks", ID: "name", Columns: []output.Column{
		{Field: "level", Role: levelRole}, {Field: "title", Header: "CHECK"}, {Field: "finding"}, {Field: "fix", Drop: 1},
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

func runDoctor(ctx context.Context, o *doctorOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	results := doctor.Run(ctx, doctor.Installation{
		Config: o.app.LoadConfig, DB: o.app.RawDB, Keyring: o.app.Keyring,
		Tools:  backup.Finder{Path: filepath.SplitList(o.app.Getenv("PATH")), Globs: backup.DefaultGlobs()},
		Logger: o.app.Log(), Now: o.app.Now, Dir: o.app.Dir, Version: o.app.Build.Version,
	})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	views := make([]checkView, 0, len(results))
	found := map[doctor.Level]int{}
	for _, r := range results {
		v := checkView{Name: r.Name, Title: r.Title, Level: string(r.Level), Finding: r.Finding}
		if r.Fix != "" {
			v.Fix = &r.Fix
		}
		views = append(views, v)
		found[r.Level]++
	}
	if err := output.Slice(p, desc(), views); err != nil {
		return err
	}
	summary := fmt.Sprintf("%d ok, %d to look at, %d failed, %d skipped",
		found[doctor.OK], found[doctor.Warn], found[doctor.Fail], found[doctor.Skip])
	if found[doctor.Fail] > 0 {
		return clierr.New(clierr.CheckFailed, "checks_failed", summary)
	}
	if !p.Machine() {
		p.Notice("%s", summary)
	}
	return nil
}
