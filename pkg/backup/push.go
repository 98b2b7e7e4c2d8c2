package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/axisor/axisor/pkg/backup/remote"
)

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
	in, err := e.store.Get(ctx, path.Join(e.dir, name))
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

// Push copies a dump or a base backup to a target: data first, read back and compared, the manifest
// last. What an earlier call has sent is not sent again.
func (r *Repository) Push(ctx context.Context, e Entry, t remote.Target, progress Counter) (Pushed, error) {
	p := Pushed{Target: t.Name, ID: e.ID}
	if e.State != StateGood || e.Manifest == nil {
		return p, &DamagedError{ID: e.ID, Level: LevelDigest, Problem: "not copied: " + e.Problem}
	}
	far := Entry{ID: e.ID, Manifest: e.Manifest, store: t.Store, kind: e.kind}
	if e.kind == kindBase {
		far.dir = path.Join(baseFolder, basePrefix+e.ID)
	}
	manifest := filepath.ToSlash(far.manifestPath())
	objects, err := t.Store.List(ctx, strings.TrimSuffix(manifest, manifestExt))
	if err != nil {
		return p, fmt.Errorf("list %s: %w", t.Name, err)
	}
	p.Already = slices.ContainsFunc(objects, func(o remote.Object) bool { return o.Name == manifest })
	if p.Already {
		return p, nil
	}
	p.Bytes, err = send(ctx, e, far, e.manifestPath(), t, progress)
	return p, err
}

// send copies the files of near to where far says, reads them back, and then their description.
func send(ctx context.Context, near, far Entry, description string, t remote.Target, progress Counter) (int64, error) {
	var sent int64
	for _, f := range near.Manifest.files() {
		if err := checkDigest(ctx, near, f, nil); err != nil {
			return sent, err // a copy of damage is no copy
		}
		name := path.Join(far.dir, f.Name)
		if err := pushFile(ctx, filepath.Join(near.dir, f.Name), name, f, t, progress); err != nil {
			return sent, fmt.Errorf("copy %s to %s: %w", f.Name, t.Name, err)
		}
		if err := checkDigest(ctx, far, f, nil); err != nil {
			// Without a description it is no backup; the next call sends it anew.
			return sent, errors.Join(fmt.Errorf("read back from %s: %w", t.Name, err), t.Store.Delete(ctx, name))
		}
		sent += f.Bytes
	}
	text, err := readSmall(description)
	if err != nil {
		return sent, fmt.Errorf("read manifest: %w", err)
	}
	if err := t.Store.Replace(ctx, path.Join(far.dir, filepath.Base(description)), text); err != nil {
		return sent, fmt.Errorf("copy manifest to %s: %w", t.Name, err)
	}
	return sent, nil
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

func pushFile(ctx context.Context, from, name string, f FileInfo, t remote.Target, progress Counter) error {
	file, err := os.Open(from)
	if err != nil {
		return err
	}
	defer file.Close()
	err = t.Store.Put(ctx, name, pushSource{File: file, size: f.Bytes, progress: progress})
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
