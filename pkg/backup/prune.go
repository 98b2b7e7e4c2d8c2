package backup

import (
	"context"
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

// Prune removes what the policy does not keep and returns the plan it followed and the
// backups that are really gone. It holds the run lock, so no backup is made meanwhile.
func (r *Repository) Prune(ctx context.Context, policy Policy) (PrunePlan, []Entry, error) {
	if _, err := os.Stat(r.o.Directory); os.IsNotExist(err) {
		return PrunePlan{}, nil, nil
	}
	held, err := acquire(r.o.Directory, r.about(r.o.Now().UTC()))
	if err != nil {
		return PrunePlan{}, nil, err
	}
	defer held.release()
	if err := withCatalogue(ctx, r.o.Directory, r.sweep); err != nil {
		return PrunePlan{}, nil, fmt.Errorf("remove leftovers: %w", err)
	}
	plan, err := r.PlanPrune(policy)
	if err != nil {
		return plan, nil, err
	}
	var gone []Entry
	for _, e := range plan.Removals() {
		if ctx.Err() != nil {
			return plan, gone, context.Cause(ctx)
		}
		if err := withCatalogue(ctx, r.o.Directory, func() error { return r.remove(e) }); err != nil {
			return plan, gone, fmt.Errorf("remove backup %s: %w", e.ID, err)
		}
		gone = append(gone, e)
	}
	return plan, gone, nil
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
