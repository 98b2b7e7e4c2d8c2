package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// PlanPrune says what Prune would remove, and removes nothing.
func (r *Repository) PlanPrune(policy Policy) (PrunePlan, error) {
	list, err := r.List()
	if err != nil {
		return PrunePlan{}, err
	}
	return PlanRetention(list, policy, r.o.Now()), nil
}

// Prune removes what the policy does not keep and returns the plan it followed and the backups that are really gone.
// It holds the locks of the databases that it looks at, so no backup of theirs is made meanwhile. A backup that
// somebody is reading is left for the next time.
func (r *Repository) Prune(ctx context.Context, policy Policy) (PrunePlan, []Entry, error) {
	if _, err := os.Stat(r.o.Directory); os.IsNotExist(err) {
		return PrunePlan{}, nil, nil
	}
	list, err := r.List()
	if err != nil {
		return PrunePlan{}, nil, err
	}
	release, err := r.acquireAll(r.o.Directory, identities(list))
	if err != nil {
		return PrunePlan{}, nil, err
	}
	defer release()
	if err := withCatalogue(ctx, r.o.Directory, r.sweep); err != nil {
		return PrunePlan{}, nil, fmt.Errorf("remove leftovers: %w", err)
	}
	plan, err := r.PlanPrune(policy)
	if err != nil {
		return plan, nil, err
	}
	gone, err := plan.remove(ctx, func(e Entry) error {
		return withCatalogue(ctx, r.o.Directory, func() error { return r.remove(e) })
	})
	return plan, gone, err
}

// acquireAll takes the run locks of several databases, or of several clusters.
func (r *Repository) acquireAll(dir string, of []Identity) (release func(), err error) {
	if len(of) == 0 {
		of = []Identity{{}}
	}
	var held []*lock
	release = func() {
		for _, l := range held {
			l.release()
		}
	}
	for _, id := range of {
		l, err := acquireFor(dir, lockOf(id.System, id.Database), r.about(r.o.Now().UTC()))
		if err != nil {
			release()
			return nil, err
		}
		held = append(held, l)
	}
	return release, nil
}

// remove carries the plan out. What is being read becomes a backup that is kept.
func (p *PrunePlan) remove(ctx context.Context, how func(Entry) error) (gone []Entry, err error) {
	for i := range p.Decisions {
		d := &p.Decisions[i]
		if !d.Remove {
			continue
		}
		if ctx.Err() != nil {
			return gone, context.Cause(ctx)
		}
		unread, free := d.Entry.withdraw()
		err := errBeingRead
		if free {
			err = how(d.Entry)
			unread()
		}
		if errors.Is(err, errBeingRead) {
			d.Remove, d.Reason = false, "being read: left for the next time"
			continue
		}
		if err != nil {
			return gone, fmt.Errorf("remove backup %s: %w", d.Entry.ID, err)
		}
		gone = append(gone, d.Entry)
	}
	return gone, nil
}

// remove first turns the manifest into a tombstone: from then on the backup is not listed,
// and a sweep can finish the removal.
func (r *Repository) remove(e Entry) error {
	dir := r.o.Directory
	manifest := filepath.Join(dir, stemOf(e.ID)+manifestExt)
	tombstone := manifest + tombstoneExt
	if err := os.Rename(manifest, tombstone); err != nil {
		return storageError(dir, err)
	}
	if err := syncDirectory(dir); err != nil {
		return storageError(dir, err)
	}
	for _, f := range e.Manifest.files() {
		if err := os.Remove(filepath.Join(dir, f.Name)); err != nil && !os.IsNotExist(err) {
			return storageError(dir, err)
		}
	}
	if err := os.Remove(tombstone); err != nil {
		return storageError(dir, err)
	}
	return syncDirectory(dir)
}
