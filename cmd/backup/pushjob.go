package backup

import (
	"context"
	"errors"
	"fmt"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/pkg/backup"
	"github.com/axisor/axisor/pkg/backup/remote"
)

// pushJob copies backups to targets: for "backup push" all of them, after a backup the new one.
type pushJob struct {
	app   *app.App
	repo  *backup.Repository
	place *place

	dumps, bases []backup.Entry
	log          bool // what the base backups of a target need of it
	wanted       bool // only what the target's retention would keep
	prune        bool
	dry          bool
	stopped      func() bool // between two copies; nil: never

	done  []pushedView
	stale []string // targets whose retention has refused
}

// run copies to every target; one that fails does not keep the others from theirs.
func (j *pushJob) run(ctx context.Context, targets []remote.Target) error {
	j.done = []pushedView{}
	general, err := configuredPolicy(j.app)
	if err != nil {
		return err
	}
	var problems []error
	for _, t := range targets {
		err := j.one(ctx, t, backup.PolicyFor(t, general))
		if err != nil {
			problems = append(problems, err)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if errors.Is(err, progress.ErrStopped) {
			return err
		}
	}
	return errors.Join(problems...)
}

// stop reports whether somebody asked to stop between two copies.
func (j *pushJob) stop() bool { return j.stopped != nil && j.stopped() }

func (j *pushJob) one(ctx context.Context, t remote.Target, policy backup.Policy) error {
	options, err := j.place.options(j.app)
	if err != nil {
		return err
	}
	far, err := backup.OpenTarget(ctx, options, t)
	if err != nil {
		return err
	}
	far = far.Like(j.repo)
	sent := false
	for _, list := range [][]backup.Entry{j.dumps, j.bases} {
		if j.wanted {
			list = far.Wants(list, policy)
		}
		for _, e := range list {
			if j.stop() {
				return progress.ErrStopped
			}
			v, err := j.entry(ctx, far, e, t)
			if err != nil {
				return err // the next one would fail in the same way
			}
			sent = sent || v.Status == "copied"
			j.done = append(j.done, v)
		}
	}
	if sent { // the log is chosen by the base backups that are there now
		if far, err = backup.OpenTarget(ctx, options, t); err != nil {
			return err
		}
		far = far.Like(j.repo)
	}
	if j.stop() {
		return progress.ErrStopped
	}
	if j.log {
		if err := j.logs(ctx, far, t); err != nil {
			return err
		}
	}
	if !j.prune || j.dry {
		return nil
	}
	plan, _, err := far.PruneTarget(ctx, policy)
	physical := backup.PhysicalPlan{}
	if err == nil {
		physical, _, _, err = far.PruneTargetPhysical(ctx, policy)
	}
	if err != nil {
		return fmt.Errorf("prune %s: %w", t.Name, err)
	}
	for what, p := range map[string]backup.PrunePlan{"dump": plan, "base backup": physical.Bases} {
		if p.Stale {
			j.stale = append(j.stale, fmt.Sprintf("no %s was removed from %s: %s", what, t.Name, p.Stopped))
		}
	}
	return nil
}

func (j *pushJob) entry(ctx context.Context, far *backup.Repository, e backup.Entry, t remote.Target) (pushedView, error) {
	v := pushedView{ID: e.ID, Target: t.Name, Status: "copied", Kind: kindOf(e)}
	if e.Manifest != nil {
		v.Bytes, v.Files = e.Manifest.Bytes(), len(e.Manifest.Files())
	}
	if j.dry {
		v.Status = "planned"
		if far.Holds(e) {
			v.Status, v.Bytes, v.Files = "already_there", 0, 0
		}
		return v, nil
	}
	bar := progress.Start(j.app.Streams, "copy "+e.ID+" to "+t.Name, v.Bytes, progress.Bytes, j.app.Globals.Quiet)
	d, err := j.repo.Push(ctx, e, t, bar)
	bar.Done()
	v.Bytes = d.Bytes
	if d.Already {
		v.Status, v.Files = "already_there", 0
	}
	return v, err
}

func (j *pushJob) logs(ctx context.Context, far *backup.Repository, t remote.Target) error {
	bar := progress.Start(j.app.Streams, "copy log to "+t.Name, 0, progress.Bytes, j.app.Globals.Quiet)
	list, err := j.repo.PushLog(ctx, far, j.dry, bar)
	bar.Done()
	for _, l := range list {
		v := pushedView{ID: l.System, Target: t.Name, Status: "copied", Kind: "log", Files: l.Files, Bytes: l.Bytes}
		switch {
		case l.Files == 0:
			v.Status = "already_there"
		case j.dry:
			v.Status = "planned"
		}
		j.done = append(j.done, v)
	}
	return err
}
