package backups

import (
	"context"
	"runtime/debug"

	"github.com/axisor/axisor/pkg/backup"
)

// Base is one base backup of the configured cluster, from the plan to the copies on the targets.
type Base struct {
	Location

	Spread bool // let the server's first checkpoint take its time
	NoPush bool
	// Facts are what the audit trail keeps of it.
	Facts func(Result) any
}

// Plan checks everything that the base backup depends on and writes nothing.
func (b *Base) Plan(ctx context.Context) (backup.Plan, error) {
	repo, q, err := b.prepare()
	if err != nil {
		return backup.Plan{}, err
	}
	return repo.PreflightBase(ctx, q)
}

// Run makes the base backup. An error means that there is none.
func (b *Base) Run(ctx context.Context) (Result, error) {
	repo, q, err := b.prepare()
	if err != nil {
		return Result{}, err
	}
	list, err := repo.Bases()
	if err != nil {
		return Result{}, err
	}
	bar := b.count("base backup", lastRaw(list))
	q.Progress = bar
	// The heap is a few buffers and a few words for each file of the cluster, and grows slowly: collecting often costs
	// nothing that can be measured and keeps the program small beside the server.
	defer debug.SetGCPercent(debug.SetGCPercent(25))
	e, err := repo.Base(ctx, q)
	bar.Done()
	if err != nil {
		return Result{}, err
	}
	repo = of(repo, e)
	for _, w := range e.Manifest.Warnings {
		b.Warn("%s", w)
	}
	made := Result{Entry: e}
	if !b.NoPush {
		c := copying{Location: &b.Location, repo: repo, bases: []backup.Entry{e}, log: true, prune: true}
		if made.Copied, err = c.new(ctx, "base"); err != nil {
			made.Failed = notCopied("base backup", e.ID, err)
		}
	}
	b.audit(ctx, "backup.base", e.ID, b.Facts(made), "the base backup is good, but it")
	policy, err := b.Policy()
	if err == nil {
		_, _, _, err = repo.PrunePhysical(ctx, policy)
	}
	if err != nil {
		b.Warn("the base backup is good, but old ones could not be removed: %s", err.Error())
	}
	return made, nil
}

func (b *Base) prepare() (*backup.Repository, backup.BaseRequest, error) {
	q := backup.BaseRequest{Spread: b.Spread}
	repo, err := b.Open()
	if err != nil {
		return nil, q, err
	}
	cfg, err := b.Settings()
	if err != nil {
		return nil, q, err
	}
	q.Compression, q.Recipients = cfg.Compression, cfg.Recipients
	if q.URL, err = b.URL(); err != nil {
		return nil, q, err
	}
	if _, err := b.Targets(); err != nil && !b.NoPush {
		return nil, q, err
	}
	return repo, q, nil
}
