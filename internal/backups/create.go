package backups

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/monitor"
	"github.com/axisor/axisor/pkg/backup"
	"github.com/axisor/axisor/pkg/migrate"
)

// Backup is one backup of the configured database, from the plan to the copies on the targets.
type Backup struct {
	Location

	Compression               string // default: that of the configuration
	LockWait                  time.Duration
	NoCounts, NoGlobals, Hash bool
	NoPrune, NoPush           bool
	Monitor                   monitor.Monitor
	// Facts are what the audit trail keeps of it.
	Facts func(Result) any
}

// Result is a good backup, and what was done after it.
type Result struct {
	backup.Entry

	Removed []backup.Entry // by retention
	Copied  []string       // targets that have a copy
	// Failed is what did not succeed after the backup was good; nil: nothing.
	Failed error
}

// Plan checks everything that the backup depends on and writes nothing.
func (b *Backup) Plan(ctx context.Context) (backup.Plan, error) {
	repo, q, err := b.prepare(ctx)
	if err != nil {
		return backup.Plan{}, err
	}
	return repo.Preflight(ctx, q)
}

// Run makes the backup: hook, dump, retention, copies, hook, audit trail. An error means that there is no backup.
func (b *Backup) Run(ctx context.Context) (Result, error) {
	repo, q, err := b.prepare(ctx)
	if err != nil {
		return Result{}, err
	}
	list, err := repo.List()
	if err != nil {
		return Result{}, err
	}
	cfg, err := b.Settings()
	if err != nil {
		return Result{}, err
	}
	// A second run must neither stop what a hook stops nor tell the monitor that a backup has failed.
	if err := repo.Idle(); err != nil {
		return Result{}, err
	}
	tell := notifier{app: b.App, cfg: cfg, to: b.Monitor}
	if err := tell.begin(ctx); err != nil {
		return Result{}, err
	}
	bar := b.count("backup", lastRaw(list))
	q.Progress = bar
	e, err := repo.Create(ctx, q)
	bar.Done()
	if err != nil {
		if hook := tell.end(ctx, repo, "", "", err); hook != nil {
			b.Warn("backup.post_hook failed: %s", hook.Error())
		}
		return Result{}, err
	}
	return b.finish(ctx, repo, e, &tell), nil
}

// finish does what follows a good backup. Nothing of it can undo the backup.
func (b *Backup) finish(ctx context.Context, repo *backup.Repository, e backup.Entry, tell *notifier) Result {
	for _, w := range e.Manifest.Warnings {
		b.Warn("%s", w)
	}
	repo = of(repo, e)
	made := Result{Entry: e}
	var prune, push error
	if !b.NoPrune {
		made.Removed, prune = b.prune(ctx, repo)
	}
	if !b.NoPush {
		c := copying{Location: &b.Location, repo: repo, dumps: []backup.Entry{e}, log: true, prune: !b.NoPrune}
		made.Copied, push = c.new(ctx, "dump")
	}
	hook := tell.end(ctx, repo, e.ID, e.Path(), errors.Join(prune, push))
	b.audit(ctx, "backup.create", e.ID, b.Facts(made), "the backup is good, but it")
	switch {
	case hook != nil:
		made.Failed = clierr.New(clierr.Partial, "hook_failed", "backup "+e.ID+" is good, but backup.post_hook failed: "+hook.Error()).WithCause(hook)
	case push != nil:
		made.Failed = notCopied("backup", e.ID, push)
	case prune != nil:
		made.Failed = clierr.New(clierr.Partial, "prune_failed", "backup "+e.ID+" is good, but removing old ones failed: "+prune.Error(),
			"axisor backup prune").WithCause(prune)
	}
	return made
}

// prepare opens the repository for the configured database. A target that cannot be used is found now, not when the dump is
// made.
func (b *Backup) prepare(ctx context.Context) (*backup.Repository, backup.Request, error) {
	repo, err := b.Open()
	if err != nil {
		return nil, backup.Request{}, err
	}
	q, err := b.request()
	if err != nil {
		return nil, q, err
	}
	if _, err := b.Targets(); err != nil && !b.NoPush {
		return nil, q, err
	}
	own, _, err := b.scope(ctx)
	if err != nil {
		return nil, q, err
	}
	if own != nil && !own.AnyCluster {
		repo = repo.For(*own)
	}
	return repo, q, nil
}

func (b *Backup) request() (backup.Request, error) {
	cfg, err := b.Settings()
	if err != nil {
		return backup.Request{}, err
	}
	db, err := b.App.RawDB()
	if err != nil {
		return backup.Request{}, err
	}
	return backup.Request{
		URL: db.URL(), Compression: cmp.Or(b.Compression, cfg.Compression), Recipients: cfg.Recipients,
		DumpFlags: cfg.DumpFlags, LockWait: b.LockWait, NoCounts: b.NoCounts, NoGlobals: b.NoGlobals, Hash: b.Hash,
		MigrationSchemas: []string{db.Names().Own, cmp.Or(db.Target().Schema, "public")}, MigrationTable: migrate.VersionTable,
	}, nil
}

// prune removes old backups after a good one was made.
func (b *Backup) prune(ctx context.Context, repo *backup.Repository) ([]backup.Entry, error) {
	policy, err := b.Policy()
	if err != nil {
		return nil, err
	}
	_, gone, err := repo.Prune(ctx, policy)
	return gone, err
}

// lastRaw is what the newest backup read from the server, the best guess for the next one.
func lastRaw(list []backup.Entry) int64 {
	for _, e := range list {
		if e.Manifest != nil {
			return e.Manifest.Archive.RawBytes
		}
	}
	return 0
}
