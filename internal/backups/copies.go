package backups

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/pkg/backup"
	"github.com/axisor/axisor/pkg/backup/remote"
)

// Copy is one copy on one target.
type Copy struct {
	ID     string `json:"id"` // of the log: the cluster's system identifier
	Target string `json:"target"`
	Status string `json:"status"` // copied, already_there, planned
	Bytes  int64  `json:"bytes"`
	Kind   string `json:"kind"`  // dump, base, log
	Files  int    `json:"files"` // that were sent
}

// Push copies backups to the targets that do not have them.
type Push struct {
	Location

	Ref    string // one backup; default: all that the targets' retention would keep, and the log that they need
	Target string // one of the targets; default: all
	DryRun bool
}

// Run copies. Without copies the error says why there is none; with some, what is missing.
func (p *Push) Run(ctx context.Context) ([]Copy, error) {
	repo, err := p.Open()
	if err != nil {
		return nil, err
	}
	targets, err := p.targets()
	if err != nil {
		return nil, err
	}
	if repo, err = p.Narrow(ctx, repo); err != nil {
		return nil, err
	}
	if err := p.Present(repo); err != nil {
		return nil, err
	}
	c := copying{Location: &p.Location, repo: repo, dry: p.DryRun}
	if p.Ref != "" {
		e, err := repo.Find(p.Ref)
		if err != nil {
			return nil, err
		}
		c.dumps = []backup.Entry{e}
	} else {
		c.log, c.prune, c.wanted = true, repo.Certain(), true
		if c.dumps, err = repo.List(); err != nil {
			return nil, err
		}
		if c.bases, err = repo.Bases(); err != nil {
			return nil, err
		}
	}
	soft, release := p.App.Stop.Context(ctx, "the copy in flight")
	defer release()
	c.stopped = func() bool { return progress.Stopped(ctx, soft) }
	err = c.run(ctx, targets)
	switch {
	case errors.Is(err, progress.ErrStopped):
		return c.done, clierr.New(clierr.Interrupted, "interrupted", fmt.Sprintf("stopped after %d copies", len(c.done)), "axisor backup push goes on where it stopped")
	case err != nil && len(c.done) == 0:
		return nil, err
	case err != nil:
		return c.done, clierr.New(clierr.Partial, "copy_failed", "some copies failed: "+err.Error(), pushAgain).WithCause(err)
	case len(c.stale) > 0:
		return c.done, clierr.New(clierr.CheckFailed, "backups_stopped", strings.Join(c.stale, "; "), makeOne)
	}
	return c.done, nil
}

func (p *Push) targets() ([]remote.Target, error) {
	targets, err := p.Targets()
	if err == nil && p.Target != "" {
		t, err := backup.FindTarget(targets, p.Target)
		return []remote.Target{t}, err
	}
	if err == nil && len(targets) == 0 {
		err = clierr.New(clierr.Config, "no_targets", "there is no target to copy to", "set backup.targets (AXISOR_BACKUP_TARGETS)")
	}
	return targets, err
}

const (
	pushAgain = "try again, what was sent is kept: axisor backup push"
	makeOne   = "make one and see why none was made: axisor backup create"
)

// notCopied is the failure after a good backup whose copies are not everywhere.
func notCopied(what, id string, err error) error {
	return clierr.New(clierr.Partial, "copy_failed", what+" "+id+" is good here, but not every target has it: "+err.Error(), pushAgain).WithCause(err)
}

// copying copies backups to targets.
type copying struct {
	*Location

	repo         *backup.Repository
	dumps, bases []backup.Entry
	log          bool // what the base backups of a target need of it
	wanted       bool // only what the target's retention would keep
	prune        bool
	dry          bool
	stopped      func() bool // between two copies; nil: never

	done  []Copy
	stale []string // targets whose retention has refused
}

// new copies what was just made, of one kind, to all targets, and returns those that have it.
func (j *copying) new(ctx context.Context, kind string) (have []string, err error) {
	targets, err := j.Targets()
	if err != nil {
		return nil, err
	}
	err = j.run(ctx, targets)
	for _, d := range j.done {
		if d.Kind == kind {
			have = append(have, d.Target)
			j.Notice("copied to %s", d.Target)
		}
	}
	return have, err
}

// run copies to every target; one that fails does not keep the others from theirs.
func (j *copying) run(ctx context.Context, targets []remote.Target) error {
	j.done = []Copy{}
	general, err := j.Policy()
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
func (j *copying) stop() bool { return j.stopped != nil && j.stopped() }

func (j *copying) one(ctx context.Context, t remote.Target, policy backup.Policy) error {
	options, err := j.options()
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
	if plan.Stale {
		j.stale = append(j.stale, fmt.Sprintf("no dump was removed from %s: %s", t.Name, plan.Stopped))
	}
	if physical.Bases.Stale {
		j.stale = append(j.stale, fmt.Sprintf("no base backup was removed from %s: %s", t.Name, physical.Bases.Stopped))
	}
	return nil
}

func (j *copying) entry(ctx context.Context, far *backup.Repository, e backup.Entry, t remote.Target) (Copy, error) {
	v := Copy{ID: e.ID, Target: t.Name, Status: "copied", Kind: Kind(e)}
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
	bar := j.count("copy "+e.ID+" to "+t.Name, v.Bytes)
	d, err := j.repo.Push(ctx, e, t, bar)
	bar.Done()
	v.Bytes = d.Bytes
	if d.Already {
		v.Status, v.Files = "already_there", 0
	}
	return v, err
}

func (j *copying) logs(ctx context.Context, far *backup.Repository, t remote.Target) error {
	bar := j.count("copy log to "+t.Name, 0)
	list, err := j.repo.PushLog(ctx, far, j.dry, bar)
	bar.Done()
	for _, l := range list {
		v := Copy{ID: l.System, Target: t.Name, Status: "copied", Kind: "log", Files: l.Files, Bytes: l.Bytes}
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
