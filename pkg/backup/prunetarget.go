package backup

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
)

// PruneTarget removes copies that no rule keeps: the manifest first, so that what is listed is
// always whole. What a run that died has left without a manifest goes too.
func (r *Repository) PruneTarget(ctx context.Context, policy Policy) (PrunePlan, []Entry, error) {
	if r.target == nil {
		return PrunePlan{}, nil, errors.New("prune target: this repository is a local one")
	}
	plan := PlanRetention(r.narrow(slices.Clone(r.copies)), policy, r.o.Now())
	gone, err := plan.remove(ctx, func(e Entry) error { return r.removeUnread(ctx, e) })
	r.copies = without(r.copies, gone)
	return plan, gone, err
}

// PruneTargetPhysical does the same to base backups and the log. The log is kept from the oldest base
// backup on that the target keeps, whatever is kept here.
func (r *Repository) PruneTargetPhysical(ctx context.Context, policy Policy) (PhysicalPlan, []Entry, int, error) {
	if r.target == nil {
		return PhysicalPlan{}, nil, 0, errors.New("prune target: this repository is a local one")
	}
	plan, err := r.PlanPhysical(policy)
	if err != nil {
		return plan, nil, 0, err
	}
	gone, err := plan.Bases.remove(ctx, func(e Entry) error { return r.removeUnread(ctx, e) })
	r.bases = without(r.bases, gone)
	if err != nil {
		return plan, gone, 0, err
	}
	if plan.Segments, err = r.unneeded(plan.Bases); err != nil { // one that is being read needs its log
		return plan, gone, 0, err
	}
	for i, f := range plan.Segments {
		if err := r.removeCopy(ctx, f.entry(), path.Join(f.dir, f.Name+manifestExt)); err != nil {
			return plan, gone, i, err
		}
		r.logs[f.System] = slices.DeleteFunc(r.logs[f.System], func(g *LogFile) bool { return g == f })
	}
	return plan, gone, len(plan.Segments), nil
}

// removeUnread removes a copy that nobody reads. Whoever begins to read leaves a mark first and looks for the manifest
// then; so the marks are looked at once more when the manifest has gone, and it is put back when there is one.
func (r *Repository) removeUnread(ctx context.Context, e Entry) error {
	manifest := filepath.ToSlash(e.manifestPath())
	text, err := r.fetchSmall(ctx, manifest)
	if err != nil {
		return err
	}
	if err := r.unmarked(ctx, e); err != nil {
		return err
	}
	if err := r.removeObject(ctx, manifest); err != nil {
		return err
	}
	if err := r.unmarked(ctx, e); err != nil {
		back, cancel := context.WithTimeout(context.WithoutCancel(ctx), markRemoval)
		defer cancel()
		if failed := r.target.Store.Replace(back, manifest, text); failed != nil {
			return fmt.Errorf("put %s back on %s, which is being read: %w", manifest, r.target.Name, failed)
		}
		return err
	}
	return r.removeFiles(ctx, e)
}

// removeCopy takes the description away first: data without one is nobody's.
func (r *Repository) removeCopy(ctx context.Context, e Entry, description string) error {
	if err := r.removeObject(ctx, description); err != nil {
		return err
	}
	return r.removeFiles(ctx, e)
}

func (r *Repository) removeFiles(ctx context.Context, e Entry) error {
	for _, f := range e.Manifest.files() {
		if err := r.removeObject(ctx, path.Join(e.dir, f.Name)); err != nil {
			return err
		}
	}
	return nil
}

func (r *Repository) removeObject(ctx context.Context, name string) error {
	if err := r.target.Store.Delete(ctx, name); err != nil {
		return fmt.Errorf("remove %s from %s: %w", name, r.target.Name, err)
	}
	return nil
}

func without(list, gone []Entry) []Entry {
	return slices.DeleteFunc(list, func(e Entry) bool {
		return slices.ContainsFunc(gone, func(g Entry) bool { return g.ID == e.ID && g.dir == e.dir })
	})
}
