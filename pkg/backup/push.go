package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/axisor/axisor/pkg/backup/remote"
)

// OpenTarget gives the repository of copies that a target holds. Its backups can be listed,
// verified, written out and restored like local ones; it makes none.
func OpenTarget(ctx context.Context, o Options, t remote.Target) (*Repository, error) {
	r := Open(o)
	r.target = &t
	return r, r.readTarget(ctx)
}

// readTarget reads the manifests of a target once.
func (r *Repository) readTarget(ctx context.Context) error {
	objects, err := r.target.Store.List(ctx, stemPrefix)
	if err != nil {
		return fmt.Errorf("list %s: %w", r.target.Name, err)
	}
	sizes := map[string]int64{}
	for _, o := range objects {
		sizes[o.Name] = o.Size
	}
	r.copies = nil
	for _, o := range objects {
		m := ownName().FindStringSubmatch(o.Name)
		if m == nil || o.Name != stemOf(m[2])+manifestExt {
			continue
		}
		e := Entry{ID: m[2], State: StateGood, store: r.target.Store}
		text, err := r.fetchSmall(ctx, o)
		if err != nil {
			return fmt.Errorf("read %s from %s: %w", o.Name, r.target.Name, err)
		}
		if e.Manifest, err = decodeManifest(text, e.ID); err != nil {
			e.State, e.Problem, e.Manifest = StateInvalid, err.Error(), nil
		} else {
			for _, f := range e.Manifest.files() {
				if n, ok := sizes[f.Name]; !ok || n != f.Bytes {
					e.State, e.Problem = StateMissing, "file "+f.Name+" is missing or has the wrong size"
				}
			}
		}
		r.copies = append(r.copies, e)
	}
	sortNewest(r.copies)
	return nil
}

func (r *Repository) fetchSmall(ctx context.Context, o remote.Object) ([]byte, error) {
	if o.Size > manifestLimit {
		return nil, errors.New("manifest is too large to be one")
	}
	in, err := r.target.Store.Get(ctx, o.Name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return io.ReadAll(io.LimitReader(in, manifestLimit))
}

// open reads one file of the backup, wherever it is.
func (e Entry) open(ctx context.Context, name string) (io.ReadCloser, error) {
	if e.store == nil {
		f, err := os.Open(filepath.Join(e.dir, name))
		if err != nil {
			return nil, err
		}
		dropCache(f)
		return f, nil
	}
	in, err := e.store.Get(ctx, name)
	if errors.Is(err, remote.ErrNotExist) {
		return nil, os.ErrNotExist
	}
	return in, err
}

// Pushed says what a copy to a target took.
type Pushed struct {
	Target  string
	ID      string
	Already bool // all of it was there
	Bytes   int64
}

// Push copies a backup to a target: data first, read back and compared, the manifest last. What
// an earlier call has sent is not sent again.
func (r *Repository) Push(ctx context.Context, e Entry, t remote.Target, progress Counter) (Pushed, error) {
	p := Pushed{Target: t.Name, ID: e.ID}
	if e.State != StateGood || e.Manifest == nil {
		return p, &DamagedError{ID: e.ID, Level: LevelDigest, Problem: "not copied: " + e.Problem}
	}
	manifest := filepath.Base(e.manifestPath())
	objects, err := t.Store.List(ctx, stemOf(e.ID))
	if err != nil {
		return p, fmt.Errorf("list %s: %w", t.Name, err)
	}
	has := func(name string) bool {
		return slices.ContainsFunc(objects, func(o remote.Object) bool { return o.Name == name })
	}
	if p.Already = has(manifest); p.Already {
		return p, nil
	}
	far := Entry{ID: e.ID, Manifest: e.Manifest, store: t.Store}
	for _, f := range e.Manifest.files() {
		if err := checkDigest(ctx, e, f, nil); err != nil {
			return p, err // a copy of damage is no copy
		}
		if err := pushFile(ctx, filepath.Join(e.dir, f.Name), f, t, progress); err != nil {
			return p, fmt.Errorf("copy %s to %s: %w", f.Name, t.Name, err)
		}
		if err := checkDigest(ctx, far, f, nil); err != nil {
			// Without a manifest it is no backup; the next call sends it anew.
			return p, errors.Join(fmt.Errorf("read back from %s: %w", t.Name, err), t.Store.Delete(ctx, f.Name))
		}
		p.Bytes += f.Bytes
	}
	text, err := readSmall(e.manifestPath())
	if err != nil {
		return p, fmt.Errorf("read manifest: %w", err)
	}
	if err := t.Store.Replace(ctx, manifest, text); err != nil {
		return p, fmt.Errorf("copy manifest to %s: %w", t.Name, err)
	}
	return p, nil
}

type pushSource struct {
	*os.File

	size     int64
	progress Counter
}

func (s pushSource) Size() int64 { return s.size }

func (s pushSource) ReadAt(p []byte, at int64) (int, error) {
	n, err := s.File.ReadAt(p, at)
	if s.progress != nil {
		s.progress.Add(int64(n))
	}
	return n, err
}

func pushFile(ctx context.Context, path string, f FileInfo, t remote.Target, progress Counter) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	err = t.Store.Put(ctx, f.Name, pushSource{File: file, size: f.Bytes, progress: progress})
	if errors.Is(err, remote.ErrExists) {
		return nil // judged by its digest, which comes next
	}
	return err
}

// PolicyFor is a target's own retention, or the general one when it has none.
func PolicyFor(t remote.Target, general Policy) Policy {
	if len(t.Keep) == 0 {
		return general
	}
	return Policy{
		KeepDays: t.Keep["days"], KeepLast: t.Keep["last"], KeepDaily: t.Keep["daily"], KeepWeekly: t.Keep["weekly"], KeepMonthly: t.Keep["monthly"],
	}
}

// PruneTarget removes copies that no rule keeps: the manifest first, so that what is listed is
// always whole. What a run that died has left without a manifest goes too.
func (r *Repository) PruneTarget(ctx context.Context, policy Policy) (PrunePlan, []Entry, error) {
	if r.target == nil {
		return PrunePlan{}, nil, errors.New("prune target: this repository is a local one")
	}
	plan := PlanRetention(r.copies, policy, r.o.Now())
	var gone []Entry
	for _, e := range plan.Removals() {
		names := []string{stemOf(e.ID) + manifestExt}
		for _, f := range e.Manifest.files() {
			names = append(names, f.Name)
		}
		for _, name := range names {
			if err := r.target.Store.Delete(ctx, name); err != nil {
				return plan, gone, fmt.Errorf("remove %s from %s: %w", name, r.target.Name, err)
			}
		}
		gone = append(gone, e)
	}
	r.copies = slices.DeleteFunc(r.copies, func(e Entry) bool {
		return slices.ContainsFunc(gone, func(g Entry) bool { return g.ID == e.ID })
	})
	return plan, gone, nil
}

// ParseTargets reads the configured targets.
func ParseTargets(texts []string, getenv func(string) string) ([]remote.Target, error) {
	var out []remote.Target
	for i, text := range texts {
		t, err := remote.Parse(text, getenv)
		if err != nil {
			return nil, &InputError{Field: "backup.targets", Value: fmt.Sprintf("entry %d", i+1), Rule: err.Error()}
		}
		out = append(out, t)
	}
	return out, nil
}

// FindTarget chooses a target by its name, or the end of it.
func FindTarget(targets []remote.Target, name string) (remote.Target, error) {
	var names []string
	for _, t := range targets {
		if t.Name == name || strings.HasSuffix(t.Name, "/"+name) {
			return t, nil
		}
		names = append(names, t.Name)
	}
	return remote.Target{}, &InputError{Field: "target", Value: name, Rule: "is not one of backup.targets: " + strings.Join(names, ", ")}
}
