package backup

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/pkg/backup"
	"github.com/axisor/axisor/pkg/backup/remote"
)

// pushedView is one copy on one target.
type pushedView struct {
	ID     string `json:"id"`
	Target string `json:"target"`
	Status string `json:"status"` // copied, already_there, planned
	Bytes  int64  `json:"bytes"`
}

type pushOptions struct {
	app    *app.App
	place  place
	ref    string
	target string
	write  flags.Writes
}

func newPush(a *app.App, run func(context.Context, *pushOptions) error) *cobra.Command {
	if run == nil {
		run = runPush
	}
	o := &pushOptions{app: a}
	c := &cobra.Command{
		Use:   "push [ID|FILE|latest]",
		Short: "Copy backups to the targets that do not have them",
		Long: `Copy backups (all good ones when none is named) to backup.targets: directories and S3-compatible
storage. What a target has already is left alone, and an upload that was cut short goes on. Each copy
is read back and compared before its manifest is written; until then it is no backup. Afterwards old
copies are removed by the target's own rules (keep_days and so on), or the general ones.

  backup:
    targets:
      - /mnt/nas/axisor
      - s3://bucket/axisor?endpoint=https://s3.example.com&region=eu-west-1&keep_days=90

Credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or credentials_file=… in the address.

Exit codes: 0, 2, 3, 6, 7 (some copies failed), 8 (damaged here), 10, 11, 130.`,
		Example:           "  axisor backup push\n  axisor backup push latest --target /mnt/nas/axisor",
		Args:              flags.AtMostOne("axisor backup push latest", "ID"),
		ValidArgsFunction: flags.Live(ids(a, &o.place), false),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.ref = args[0]
			}
			return explain(run(c.Context(), o))
		},
	}
	c.Flags().StringVar(&o.target, "target", "", "only this `TARGET` of backup.targets")
	o.place.register(c, false)
	o.write.Register(c)
	fieldsOf[pushedView](c)
	return c
}

func runPush(ctx context.Context, o *pushOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	repo, err := o.place.open(o.app)
	if err != nil {
		return err
	}
	targets, err := configuredTargets(o.app)
	if err != nil {
		return err
	}
	if o.target != "" {
		t, err := backup.FindTarget(targets, o.target)
		if err != nil {
			return err
		}
		targets = []remote.Target{t}
	}
	if len(targets) == 0 {
		return clierr.New(clierr.Config, "no_targets", "there is no target to copy to", "set backup.targets (AXISOR_BACKUP_TARGETS)")
	}
	var entries []backup.Entry
	if o.ref != "" {
		e, err := repo.Find(o.ref)
		if err != nil {
			return err
		}
		entries = append(entries, e)
	} else {
		list, err := repo.List()
		if err != nil {
			return err
		}
		for _, e := range list {
			if e.State == backup.StateGood {
				entries = append(entries, e)
			}
		}
	}
	views := []pushedView{}
	if o.write.DryRun {
		for _, t := range targets {
			for _, e := range entries {
				views = append(views, pushedView{ID: e.ID, Target: t.Name, Status: "planned", Bytes: e.Manifest.Bytes()})
			}
		}
		return output.Slice(p, pushedDesc(), views)
	}
	done, pushErr := pushAll(ctx, o.app, repo, &o.place, entries, targets, o.ref == "")
	for _, d := range done {
		v := pushedView{ID: d.ID, Target: d.Target, Status: "copied", Bytes: d.Bytes}
		if d.Already {
			v.Status = "already_there"
		}
		views = append(views, v)
	}
	if err := output.Slice(p, pushedDesc(), views); err != nil {
		return err
	}
	if pushErr != nil && len(done) > 0 {
		return clierr.New(clierr.Partial, "copy_failed", "some copies failed: "+pushErr.Error(), "try again, what was sent is kept: axisor backup push").WithCause(pushErr)
	}
	return pushErr
}

func pushedDesc() output.Desc {
	return output.Desc{Noun: "copies", ID: "id", Columns: []output.Column{{Field: "id"}, {Field: "target"}, {Field: "status"}, {Field: "bytes", Header: "SIZE", Format: size}}}
}

// pushAll copies to every target; one that fails does not keep the others from theirs.
func pushAll(ctx context.Context, a *app.App, repo *backup.Repository, at *place, entries []backup.Entry, targets []remote.Target, prune bool) ([]backup.Pushed, error) {
	policy, err := configuredPolicy(a)
	if err != nil {
		return nil, err
	}
	options, err := at.options(a)
	if err != nil {
		return nil, err
	}
	var done []backup.Pushed
	var problems []error
	for _, t := range targets {
		failed := false
		for _, e := range entries {
			bar := progress.Start(a.Streams, "copy "+e.ID+" to "+t.Name, e.Manifest.Bytes(), progress.Bytes, a.Globals.Quiet)
			d, err := repo.Push(ctx, e, t, bar)
			bar.Done()
			if err != nil {
				problems, failed = append(problems, err), true
				break // the next one would fail in the same way
			}
			done = append(done, d)
		}
		if failed || !prune {
			continue
		}
		far, err := backup.OpenTarget(ctx, options, t)
		if err == nil {
			_, _, err = far.PruneTarget(ctx, backup.PolicyFor(t, policy))
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("prune %s: %w", t.Name, err))
		}
	}
	return done, errors.Join(problems...)
}
