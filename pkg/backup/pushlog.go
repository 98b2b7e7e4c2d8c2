package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"

	"github.com/axisor/axisor/pkg/backup/remote"
	"github.com/axisor/axisor/pkg/backup/wal"
)

// PushedLog says what copying one cluster's log to a target took.
type PushedLog struct {
	Target, System string
	Files          int // that were sent
	Already        int // that were there
	Bytes          int64
}

// PushLog sends what far, a target's repository, needs of the log and does not have: everything from
// its oldest base backup on, and all histories. A cluster without a base backup there needs nothing.
func (r *Repository) PushLog(ctx context.Context, far *Repository, dry bool, progress Counter) ([]PushedLog, error) {
	systems, err := r.logSystems()
	if err != nil {
		return nil, err
	}
	var out []PushedLog
	for _, system := range systems {
		from, ok := far.needsFrom(system)
		if !ok {
			continue
		}
		p, err := r.pushSystem(ctx, far, system, from, dry, progress)
		out = append(out, p)
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// needsFrom is where the log of a cluster must begin.
func (r *Repository) needsFrom(system string) (from wal.LSN, ok bool) {
	for _, e := range r.bases {
		switch {
		case e.Manifest == nil:
			return 0, true // it may need anything
		case e.Manifest.Server.SystemIdentifier == system && (!ok || e.Manifest.Base.StartLSN < from):
			from, ok = e.Manifest.Base.StartLSN, true
		}
	}
	return from, ok
}

func (r *Repository) pushSystem(ctx context.Context, far *Repository, system string, from wal.LSN, dry bool, progress Counter) (PushedLog, error) {
	p := PushedLog{Target: far.target.Name, System: system}
	has := map[string]*LogFile{}
	for _, f := range far.logs[system] {
		has[f.Name] = f
	}
	files, _, err := r.logFiles(system)
	if err != nil {
		return p, err
	}
	for _, f := range files {
		if n, err := wal.ParseName(f.Name); err != nil || n.Kind == wal.Segment && f.End <= from {
			continue
		}
		there := has[f.Name]
		if there != nil {
			longer, err := f.outgrows(ctx, there)
			if err == nil && longer && !dry {
				err = there.forget(ctx)
			}
			if err != nil {
				return p, fmt.Errorf("%s on %s: %w", f.Name, p.Target, err)
			}
			if longer {
				there = nil
			}
		}
		if there != nil {
			if err := f.sameAs(ctx, there); err != nil {
				return p, fmt.Errorf("%s on %s: %w", f.Name, p.Target, err)
			}
			p.Already++
			continue
		}
		if !dry {
			if err := r.pushLogFile(ctx, f, *far.target, progress); err != nil {
				return p, err
			}
		}
		p.Files++
		p.Bytes += f.File.Bytes
	}
	return p, nil
}

// sameAs compares a file with the one of its name on a target. Compressed, the same size is the same
// content; otherwise the digest has to be asked for: a file stored as it is always has the same size, and
// one that was archived again on another machine may have another.
func (f *LogFile) sameAs(ctx context.Context, there *LogFile) error {
	if f.File.Bytes == there.File.Bytes && f.Compression != "none" {
		return nil
	}
	d, err := there.described(ctx)
	if err == nil && d.File.RawSHA256 != f.File.RawSHA256 {
		err = ErrDifferent
	}
	return err
}

// outgrows reports whether a piece of a segment holds more than the one that the target has.
func (f *LogFile) outgrows(ctx context.Context, there *LogFile) (bool, error) {
	n, err := wal.ParseName(f.Name)
	if err != nil || n.Kind != wal.Partial {
		return false, err
	}
	d, err := there.described(ctx)
	return err == nil && f.End > d.End, err
}

// forget removes a piece of a segment from a target, the description first: data without one is nobody's.
func (f *LogFile) forget(ctx context.Context) error {
	d, err := f.described(ctx)
	if err != nil {
		return err
	}
	if err := f.store.Delete(ctx, path.Join(f.dir, f.Name+manifestExt)); err != nil {
		return err
	}
	return f.store.Delete(ctx, path.Join(f.dir, d.File.Name))
}

// PushLogFile sends one archived file of the log to a target; one that is there is compared.
func (r *Repository) PushLogFile(ctx context.Context, system, text string, t remote.Target) error {
	n, err := wal.ParseName(text)
	if err != nil {
		return err
	}
	f, err := readLogFile(r.logDirectory(system, n.Timeline), text, r.o.Signing)
	if errors.Is(err, fs.ErrNotExist) {
		return &NotFoundError{Ref: text, Log: true}
	}
	if err != nil {
		return &DamagedError{ID: text, File: text + manifestExt, Level: LevelDigest, Problem: err.Error(), Cause: err}
	}
	there := &LogFile{Name: text, dir: farLog(f), store: t.Store, bare: true, signing: r.o.Signing}
	d, err := there.described(ctx)
	switch {
	case errors.Is(err, remote.ErrNotExist):
		return r.pushLogFile(ctx, f, t, nil)
	case err != nil:
		return err
	case d.File.RawSHA256 != f.File.RawSHA256:
		return fmt.Errorf("%s on %s: %w", text, t.Name, ErrDifferent)
	}
	return nil
}

func farLog(f *LogFile) string {
	return path.Join(walFolder, f.System, fmt.Sprintf("%08X", f.Timeline))
}

func (r *Repository) pushLogFile(ctx context.Context, f *LogFile, t remote.Target, progress Counter) error {
	near := f.entry()
	far := near
	far.dir, far.store = farLog(f), t.Store
	_, err := send(ctx, near, far, filepath.Join(f.dir, f.Name+manifestExt), t, progress)
	return err
}

// Holds reports whether a target, r, has a copy of a backup.
func (r *Repository) Holds(e Entry) bool {
	list := r.copies
	if e.kind == kindBase {
		list = r.bases
	}
	return slices.ContainsFunc(list, e.same)
}

// Wants chooses what a target, r, shall have of these backups of one kind: what its retention would remove
// again at once is left out. The copies that are there count.
func (r *Repository) Wants(here []Entry, policy Policy) []Entry {
	all := slices.Clone(r.copies)
	if len(here) > 0 && here[0].kind == kindBase {
		all = slices.Clone(r.bases)
	}
	for _, e := range here {
		if !slices.ContainsFunc(all, e.same) {
			all = append(all, e)
		}
	}
	var keep []Entry
	for _, d := range PlanRetention(all, policy, r.o.Now()).Decisions {
		if !d.Remove {
			keep = append(keep, d.Entry)
		}
	}
	return slices.DeleteFunc(slices.Clone(here), func(e Entry) bool { return e.State != StateGood || !slices.ContainsFunc(keep, e.same) })
}

// same reports whether another entry is the same backup: two clusters can begin one in the same second.
func (e Entry) same(f Entry) bool {
	return e.ID == f.ID && e.kind == f.kind && (e.Manifest == nil || f.Manifest == nil || e.Identity() == f.Identity())
}
