package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/axisor/axisor/pkg/backup/wal"
)

// PhysicalPlan is what retention says about base backups and the log that they need.
type PhysicalPlan struct {
	Bases    PrunePlan
	Segments []*LogFile // no kept base backup needs them
}

// PlanPhysical decides what PrunePhysical would remove. The log is kept from the oldest kept
// base backup on, without gaps, and histories always; without a base backup nothing of it goes.
func (r *Repository) PlanPhysical(policy Policy) (PhysicalPlan, error) {
	bases, err := r.Bases()
	if err != nil {
		return PhysicalPlan{}, err
	}
	p := PhysicalPlan{Bases: PlanRetention(bases, policy, r.o.Now())}
	p.Segments, err = r.unneeded(p.Bases)
	return p, err
}

// unneeded lists the segments that no base backup needs which the plan keeps.
func (r *Repository) unneeded(plan PrunePlan) ([]*LogFile, error) {
	needed := map[string]wal.LSN{}
	for _, d := range plan.Decisions {
		if d.Entry.Manifest == nil {
			return nil, nil // it may need anything
		}
		system, start := d.Entry.Manifest.Server.SystemIdentifier, d.Entry.Manifest.Base.StartLSN
		if old, ok := needed[system]; !d.Remove && (!ok || start < old) {
			needed[system] = start
		}
	}
	var out []*LogFile
	for system, from := range needed {
		files, _, err := r.logFiles(system)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			if n, err := wal.ParseName(f.Name); err == nil && (n.Kind == wal.Segment || n.Kind == wal.Partial) && f.End <= from {
				out = append(out, f)
			}
		}
	}
	return out, nil
}

// PrunePhysical removes base backups that no rule keeps, then the log that none needs.
func (r *Repository) PrunePhysical(ctx context.Context, policy Policy) (PhysicalPlan, []Entry, int, error) {
	if _, err := os.Stat(r.baseDirectory()); errors.Is(err, fs.ErrNotExist) {
		return PhysicalPlan{}, nil, 0, nil
	}
	bases, err := r.Bases()
	if err != nil {
		return PhysicalPlan{}, nil, 0, err
	}
	release, err := r.acquireAll(r.baseDirectory(), systems(bases))
	if err != nil {
		return PhysicalPlan{}, nil, 0, err
	}
	defer release()
	if err := withCatalogue(ctx, r.baseDirectory(), r.sweepBases); err != nil {
		return PhysicalPlan{}, nil, 0, fmt.Errorf("remove leftovers: %w", err)
	}
	plan, err := r.PlanPhysical(policy)
	if err != nil {
		return plan, nil, 0, err
	}
	gone, err := plan.Bases.remove(ctx, r.removeBase)
	if err != nil {
		return plan, gone, 0, err
	}
	if plan.Segments, err = r.unneeded(plan.Bases); err != nil { // one that is being read needs its log
		return plan, gone, 0, err
	}
	segments := 0
	for _, f := range plan.Segments {
		if ctx.Err() != nil {
			return plan, gone, segments, context.Cause(ctx)
		}
		if err := withCatalogue(ctx, f.dir, f.remove); err != nil {
			return plan, gone, segments, fmt.Errorf("remove log %s: %w", f.Name, err)
		}
		segments++
	}
	return plan, gone, segments, r.sweepLog()
}

// systems lists the clusters of base backups.
func systems(list []Entry) []Identity {
	var out []Identity
	for _, id := range identities(list) {
		if id.Database = ""; !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// remove takes the description away first: data without one is nobody's.
func (f *LogFile) remove() error {
	description := filepath.Join(f.dir, f.Name+manifestExt)
	if err := os.Rename(description, description+tombstoneExt); err != nil {
		return storageError(f.dir, err)
	}
	if err := os.Remove(filepath.Join(f.dir, f.File.Name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return storageError(f.dir, err)
	}
	if err := os.Remove(description + tombstoneExt); err != nil {
		return storageError(f.dir, err)
	}
	return nil
}

// sweepLog finishes removals that were cut short.
func (r *Repository) sweepLog() error {
	systems, err := r.logSystems()
	if err != nil {
		return err
	}
	for _, system := range systems {
		marks, err := filepath.Glob(filepath.Join(r.o.Directory, walFolder, system, "*", "*"+manifestExt+tombstoneExt))
		if err != nil {
			return err
		}
		for _, mark := range marks {
			plain := strings.TrimSuffix(mark, manifestExt+tombstoneExt)
			if _, err := wal.ParseName(filepath.Base(plain)); err != nil {
				continue
			}
			for _, ext := range storedSuffixes() {
				if err := os.Remove(plain + ext); err != nil && !errors.Is(err, fs.ErrNotExist) {
					return storageError(filepath.Dir(mark), err)
				}
			}
			if err := os.Remove(mark); err != nil {
				return storageError(filepath.Dir(mark), err)
			}
		}
	}
	return nil
}
