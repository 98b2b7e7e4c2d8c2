package backup

import (
	"context"
	"errors"
	"fmt"
	"strings"

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
	ID     string `json:"id"` // of the log: the cluster's system identifier
	Target string `json:"target"`
	Status string `json:"status"` // copied, already_there, planned
	Bytes  int64  `json:"bytes"`
	Kind   string `json:"kind"`  // dump, base, log
	Files  int    `json:"files"` // that were sent
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
		Long: `Copy backups of the configured database to backup.targets: directories and S3-compatible storage. Without a name all good
dumps and base backups are copied that the target's retention would keep, and the archived log that the
base backups there need. What a target has already is left alone, and an upload that was cut short goes
on. Each copy is read back and compared before its manifest is written; until then it is no backup.
Afterwards old copies are removed by the target's own rules (keep_days and so on), or the general ones;
log that a base backup on the target needs never is.

  backup:
    targets:
      - /mnt/nas/axisor
      - s3://bucket/axisor?endpoint=https://s3.example.com&keep_days=90

Credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or credentials_file=… in the address.

Exit codes: 0, 2, 3, 6, 7 (some copies failed), 8 (damaged here, or backups have stopped), 10, 11, 130.`,
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
	o.place.registerDatabase(c, true)
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
	if repo, err = o.place.narrow(ctx, o.app, repo, p.Notice); err != nil {
		return err
	}
	if err := present(repo, &o.place); err != nil {
		return err
	}
	job := pushJob{app: o.app, repo: repo, place: &o.place, dry: o.write.DryRun}
	if o.ref != "" {
		e, err := repo.Find(o.ref)
		if err != nil {
			return err
		}
		job.dumps = []backup.Entry{e}
	} else {
		job.log, job.prune, job.wanted = true, repo.Certain(), true
		if job.dumps, err = repo.List(); err != nil {
			return err
		}
		if job.bases, err = repo.Bases(); err != nil {
			return err
		}
	}
	soft, release := o.app.Stop.Context(ctx, "the copy in flight")
	defer release()
	job.stopped = func() bool { return progress.Stopped(ctx, soft) }
	pushErr := job.run(ctx, targets)
	if pushErr != nil && len(job.done) == 0 && !errors.Is(pushErr, progress.ErrStopped) {
		return pushErr
	}
	if err := output.Slice(p, pushedDesc(), job.done); err != nil {
		return err
	}
	switch {
	case errors.Is(pushErr, progress.ErrStopped):
		return clierr.New(clierr.Interrupted, "interrupted", fmt.Sprintf("stopped after %d copies", len(job.done)), "axisor backup push goes on where it stopped")
	case pushErr != nil:
		return clierr.New(clierr.Partial, "copy_failed", "some copies failed: "+pushErr.Error(), "try again, what was sent is kept: axisor backup push").WithCause(pushErr)
	case len(job.stale) > 0:
		return clierr.New(clierr.CheckFailed, "backups_stopped", strings.Join(job.stale, "; "), "make one and see why none was made: axisor backup create")
	}
	return nil
}

func pushedDesc() output.Desc {
	return output.Desc{Noun: "copies", ID: "id", Columns: []output.Column{
		{Field: "id"}, {Field: "kind"}, {Field: "target"}, {Field: "status"}, {Field: "files", Drop: 1}, {Field: "bytes", Header: "SIZE", Format: size},
	}}
}
