package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/axisor/axisor/pkg/backup/remote"
	"github.com/axisor/axisor/pkg/backup/wal"
)

// AtTarget gives the repository of copies that a target holds without looking into it: single files of
// the log can be fetched, and that is all.
func AtTarget(o Options, t remote.Target) *Repository {
	r := Open(o)
	r.target = &t
	return r
}

// OpenTarget gives the repository of copies that a target holds. Its backups can be listed,
// verified, written out and restored like local ones; it makes none.
func OpenTarget(ctx context.Context, o Options, t remote.Target) (*Repository, error) {
	r := AtTarget(o, t)
	var err error
	if r.copies, err = r.readCopies(ctx, stemPrefix, dumpCopy); err != nil {
		return nil, err
	}
	return r, r.readPhysical(ctx)
}

// readPhysical reads what there is of base backups and the log.
func (r *Repository) readPhysical(ctx context.Context) (err error) {
	if r.bases, err = r.readCopies(ctx, baseFolder+"/", baseCopy); err != nil {
		return err
	}
	apart, err := r.readCopies(ctx, clusterFolder+"/", func(name string) (string, string) {
		parts := strings.SplitN(name, "/", 4) // cluster/SYSTEM/DATABASE/…
		if len(parts) < 4 {
			return "", ""
		}
		if id, kind := dumpCopy(parts[3]); id != "" {
			return id, kind
		}
		return baseCopy(parts[3])
	})
	if err != nil {
		return err
	}
	for _, e := range apart {
		if e.IsBase() {
			r.bases = append(r.bases, e)
		} else if !slices.ContainsFunc(r.copies, func(f Entry) bool { return f.dir == e.dir && f.ID == e.ID }) {
			r.copies = append(r.copies, e)
		}
	}
	sortNewest(r.copies)
	sortNewest(r.bases)
	r.logs, err = r.readLog(ctx)
	return err
}

// dumpCopy and baseCopy tell the id of a manifest's name, and the kind; "" when it is none.
func dumpCopy(name string) (id, kind string) {
	m := ownName().FindStringSubmatch(name)
	if m == nil || name != stemOf(m[2])+manifestExt {
		return "", ""
	}
	return m[2], ""
}

func baseCopy(name string) (id, kind string) {
	folder, file := path.Split(strings.TrimPrefix(name, baseFolder+"/"))
	m := baseName().FindStringSubmatch(strings.TrimSuffix(folder, "/"))
	if m == nil || m[2] != "" || file != basePrefix+m[1]+manifestExt || !strings.HasPrefix(name, baseFolder+"/") {
		return "", ""
	}
	return m[1], kindBase
}

// readCopies reads the manifests under a prefix. own tells id and kind of a manifest's name.
func (r *Repository) readCopies(ctx context.Context, prefix string, own func(name string) (id, kind string)) ([]Entry, error) {
	objects, err := r.target.Store.List(ctx, prefix)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", r.target.Name, err)
	}
	sizes := map[string]int64{}
	for _, o := range objects {
		sizes[o.Name] = o.Size
	}
	var out []Entry
	for _, o := range objects {
		id, kind := own(o.Name)
		if id == "" {
			continue
		}
		e := Entry{ID: id, kind: kind, State: StateGood, store: r.target.Store}
		if dir := path.Dir(o.Name); dir != "." {
			e.dir = dir
		}
		text, err := r.fetchSmall(ctx, o.Name)
		if err != nil {
			return nil, fmt.Errorf("read %s from %s: %w", o.Name, r.target.Name, err)
		}
		e.Manifest, err = openManifest(text, e.ID, r.o.Signing)
		switch {
		case e.Manifest == nil:
			e.State, e.Problem = StateInvalid, err.Error()
		case err != nil:
			e.State, e.Problem = StateUnsigned, problemOf(err)
		default:
			e.State, e.Problem = e.Manifest.judge()
			for _, f := range e.Manifest.files() {
				if n, ok := sizes[path.Join(e.dir, f.Name)]; !ok || n != f.Bytes {
					e.State, e.Problem = StateMissing, "file "+f.Name+" is missing or has the wrong size"
				}
			}
		}
		out = append(out, e)
	}
	sortNewest(out)
	return out, nil
}

func (r *Repository) fetchSmall(ctx context.Context, name string) ([]byte, error) {
	in, err := r.target.Store.Get(ctx, name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, manifestLimit+1))
	if err == nil && len(text) > manifestLimit {
		err = errors.New("manifest is too large to be one")
	}
	return text, err
}

// readLog lists the log by names alone: there may be ten thousand files, and a description costs a
// request each. Positions follow from the names and the size of a segment.
func (r *Repository) readLog(ctx context.Context) (map[string][]*LogFile, error) {
	objects, err := r.target.Store.List(ctx, walFolder+"/")
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", r.target.Name, err)
	}
	sizes := map[string]int64{}
	for _, o := range objects {
		sizes[o.Name] = o.Size
	}
	out := map[string][]*LogFile{}
	for _, o := range objects {
		parts := strings.Split(o.Name, "/")
		plain, ok := strings.CutSuffix(o.Name, manifestExt)
		if !ok || len(parts) != 4 || strings.Trim(parts[1], "0123456789") != "" {
			continue
		}
		n, err := wal.ParseName(path.Base(plain))
		if err != nil || parts[2] != fmt.Sprintf("%08X", n.Timeline) {
			continue
		}
		f := &LogFile{Name: path.Base(plain), System: parts[1], Timeline: n.Timeline, dir: path.Dir(o.Name), store: r.target.Store, bare: true, signing: r.o.Signing}
		for _, ext := range storedSuffixes() {
			if size, ok := sizes[plain+ext]; ok {
				f.File = FileInfo{Name: f.Name + ext, Bytes: size}
			}
		}
		if f.File.Name != "" { // a description alone is what is left of a removal
			out[f.System] = append(out[f.System], f)
		}
	}
	for system, files := range out {
		if err := r.place(ctx, system, files); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// place works out the positions of segments of which only the names are known.
func (r *Repository) place(ctx context.Context, system string, files []*LogFile) error {
	var size uint64
	for _, e := range r.bases {
		if e.Manifest != nil && e.Manifest.Server.SystemIdentifier == system {
			size = e.Manifest.Base.SegmentBytes
		}
	}
	for i, f := range files {
		n, err := wal.ParseName(f.Name)
		if err != nil || n.Kind == wal.History || n.Kind == wal.Label {
			// Few and small; the descriptions of histories tell where the timelines branch.
			d, err := f.described(ctx)
			if errors.Is(err, ErrUnsigned) {
				continue // who wants to use it is told
			}
			if err != nil {
				return err
			}
			files[i] = d
			continue
		}
		if !wal.ValidSize(size) {
			d, err := f.described(ctx)
			if err != nil {
				return err
			}
			size = d.SegmentBytes
		}
		if !wal.ValidSize(size) {
			return fmt.Errorf("read %s from %s: it does not tell the size of segments", f.Name, r.target.Name)
		}
		f.Start = wal.LSN(n.Number(size) * size)
		f.End, f.SegmentBytes = f.Start+wal.LSN(size), size
	}
	return nil
}

// described gives the file with its description, which is read now when only its name is known.
func (f *LogFile) described(ctx context.Context) (*LogFile, error) {
	if !f.bare {
		return f, nil
	}
	in, err := f.store.Get(ctx, path.Join(f.dir, f.Name+manifestExt))
	if err != nil {
		return nil, fmt.Errorf("read description of %s: %w", f.Name, err)
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, manifestLimit))
	if err != nil {
		return nil, fmt.Errorf("read description of %s: %w", f.Name, err)
	}
	d, err := decodeLogFile(text, f.dir, f.Name, f.signing)
	if errors.Is(err, ErrUnsigned) {
		return nil, err
	}
	if err != nil {
		return nil, &DamagedError{ID: f.Name, File: f.Name + manifestExt, Level: LevelDigest, Problem: err.Error(), Cause: err}
	}
	d.store = f.store
	return d, nil
}

// farContent is logContent for a target. It needs no listing.
func (r *Repository) farContent(ctx context.Context, system string, name wal.Name, text string, get Identities) ([]byte, string, error) {
	f := &LogFile{Name: text, System: system, dir: path.Join(walFolder, system, fmt.Sprintf("%08X", name.Timeline)), store: r.target.Store, bare: true, signing: r.o.Signing}
	f, err := f.described(ctx)
	if errors.Is(err, remote.ErrNotExist) && name.Kind == wal.Segment {
		name.Kind = wal.Partial
		data, from, err := r.farContent(ctx, system, name, text+partialExt, get)
		var none *NotFoundError
		if errors.As(err, &none) {
			none.Ref = text
		}
		return data, from, err
	}
	if errors.Is(err, remote.ErrNotExist) {
		return nil, "", &NotFoundError{Ref: text, Log: true}
	}
	if err != nil {
		return nil, "", err
	}
	identities, err := openIdentities(f.entry(), get)
	if err != nil {
		return nil, "", err
	}
	data, err := f.content(ctx, identities)
	return data, r.target.Name + "/" + path.Join(f.dir, f.File.Name), err
}

// endsRead bounds how many descriptions ReadEnds reads of a stretch of log without a transaction.
const endsRead = 100

// ReadEnds reads, for a target, the descriptions that tell when the last transaction of each unbroken
// stretch of the log was, so that Status can say it.
func (r *Repository) ReadEnds(ctx context.Context) error {
	for system, files := range r.logs {
		for _, run := range runs(files, system) {
			for i, f := range slices.Backward(run.files) {
				if i < len(run.files)-endsRead {
					break
				}
				d, err := f.described(ctx)
				if err != nil {
					return err
				}
				f.LastTime = d.LastTime
				if f.LastTime != nil {
					break
				}
			}
		}
	}
	return nil
}
