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
	var gone []Entry
	for _, e := range plan.Removals() {
		if err := r.removeCopy(ctx, e, e.manifestPath()); err != nil {
			return plan, gone, err
		}
		gone = append(gone, e)
	}
	r.copies = without(r.copies, gone)
	return plan, gone, nil
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
	var gone []Entry
	for _, e := range plan.Bases.Removals() {
		if err := r.removeCopy(ctx, e, e.manifestPath()); err != nil {
			return plan, gone, 0, err
		}
		gone = append(gone, e)
	}
	r.bases = without(r.bases, gone)
	for i, f := range plan.Segments {
		if err := r.removeCopy(ctx, f.entry(), path.Join(f.dir, f.Name+manifestExt)); err != nil {
			return plan, gone, i, err
		}
		r.logs[f.System] = slices.DeleteFunc(r.logs[f.System], func(g *LogFile) bool { return g == f })
	}
	return plan, gone, len(plan.Segments), nil
}

// removeCopy takes the description away first: data without one is nobody's.
func (r *Repository) removeCopy(ctx context.Context, e Entry, description string) error {
	names := []string{filepath.ToSlash(description)}
	for _, f := range e.Manifest.files() {
		names = append(names, path.Join(e.dir, f.Name))
	}
	for _, name := range names {
		if err := r.target.Store.Delete(ctx, name); err != nil {
			return fmt.Errorf("remove %s from %s: %w", name, r.target.Name, err)
		}
	}
	return nil
}

func without(list, gone []Entry) []Entry {
	return slices.DeleteFunc(list, func(e Entry) bool {
		return slices.ContainsFunc(gone, func(g Entry) bool { return g.ID == e.ID && g.dir == e.dir })
	})
}
