package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
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
	release, err := e.hold(ctx, r.o.Now)
	if err != nil {
		return p, err
	}
	defer release()
	far := Entry{ID: e.ID, Manifest: e.Manifest, store: t.Store, kind: e.kind}
	for _, folder := range []string{"", e.ownFolder()} {
		far.dir = folder
		if e.kind == kindBase {
			far.dir = path.Join(folder, baseFolder, basePrefix+e.ID)
		}
		there, err := far.there(ctx, t)
		if err != nil {
			return p, err
		}
		if p.Already = there == copyOwn; p.Already {
			return p, nil
		}
		if there == copyOther && folder == "" {
			continue // another cluster began one in the same second
		}
		p.Bytes, err = send(ctx, e, far, e.manifestPath(), t, progress)
		if errors.Is(err, remote.ErrExists) && folder == "" {
			continue
		}
		return p, err
	}
	return p, fmt.Errorf("copy %s to %s: %w", e.ID, t.Name, ErrDifferent)
}

// clusterFolder holds, on a target, what cannot have its usual name because another cluster's has it.
const clusterFolder = "cluster"

func (e Entry) ownFolder() string {
	id := e.Identity()
	return path.Join(clusterFolder, cmp.Or(id.System, "unknown"), url.PathEscape(id.Database))
}

const (
	copyNone = iota
	copyOwn
	copyOther
)

// there looks whether a target has this backup, or another one in its place.
func (e Entry) there(ctx context.Context, t remote.Target) (int, error) {
	manifest := filepath.ToSlash(e.manifestPath())
	objects, err := t.Store.List(ctx, strings.TrimSuffix(manifest, manifestExt))
	if err != nil {
		return copyNone, fmt.Errorf("list %s: %w", t.Name, err)
	}
	if !slices.ContainsFunc(objects, func(o remote.Object) bool { return o.Name == manifest }) {
		return copyNone, nil
	}
	in, err := t.Store.Get(ctx, manifest)
	if err != nil {
		return copyNone, fmt.Errorf("read %s from %s: %w", manifest, t.Name, err)
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, manifestLimit))
	if err != nil {
		return copyNone, fmt.Errorf("read %s from %s: %w", manifest, t.Name, err)
	}
	// One that cannot be read may be anybody's; it is left alone.
	if m, err := decodeManifest(text, e.ID); err != nil || m.Archive.SHA256 != e.Manifest.Archive.SHA256 {
		return copyOther, nil
	}
	return copyOwn, nil
}

// send copies the files of near to where far says, reads them back, and then their description.
func send(ctx context.Context, near, far Entry, description string, t remote.Target, progress Counter) (int64, error) {
	var sent int64
	for _, f := range near.Manifest.files() {
		if err := checkDigest(ctx, near, f, nil); err != nil {
			return sent, err // a copy of damage is no copy
		}
		name := path.Join(far.dir, f.Name)
		err := pushFile(ctx, filepath.Join(near.dir, f.Name), name, f, t, progress)
		found := errors.Is(err, remote.ErrExists)
		if err != nil && !found {
			return sent, fmt.Errorf("copy %s to %s: %w", f.Name, t.Name, err)
		}
		if err := checkDigest(ctx, far, f, nil); err != nil {
			if found && errors.Is(err, ErrDamaged) && !strings.HasPrefix(far.dir, walFolder) {
				// Not sent by this call, and another content: it may be what another host is sending.
				return sent, fmt.Errorf("copy %s to %s: %w", f.Name, t.Name, remote.ErrExists)
			}
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
	return t.Store.Put(ctx, name, pushSource{File: file, size: f.Bytes, progress: progress}) // what exists is judged by its digest, which comes next
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
		if t.Name == name || t.Text == name || t.Name == strings.TrimRight(name, "/") || name != "" && strings.HasSuffix(t.Name, "/"+name) {
			return t, nil
		}
		names = append(names, t.Name)
	}
	return remote.Target{}, &InputError{Field: "target", Value: name, Rule: "is not one of backup.targets: " + strings.Join(names, ", ")}
}
