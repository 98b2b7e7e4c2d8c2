package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const partial = ".upload"

// Directory is a store in a directory of this machine: a second disk, an NFS mount.
type Directory struct{ root string }

// NewDirectory uses a directory that must exist: a mount that is missing must not be taken
// for an empty target, and the local disk filled instead.
func NewDirectory(root string) *Directory { return &Directory{root: filepath.Clean(root)} }

// Root is where the directory is.
func (d *Directory) Root() string { return d.root }

func (d *Directory) path(name string) string { return filepath.Join(d.root, filepath.Clean("/"+name)) }

func (d *Directory) check() error {
	info, err := os.Stat(d.root)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if !info.IsDir() {
		return fmt.Errorf("%w: %s is not a directory", ErrUnavailable, d.root)
	}
	return nil
}

// Put copies into a file of another name and links it into place.
func (d *Directory) Put(ctx context.Context, name string, content Source) error {
	if err := d.check(); err != nil {
		return err
	}
	path := d.path(name)
	if _, err := os.Lstat(path); err == nil {
		return ErrExists
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return translate(err)
	}
	f, err := os.OpenFile(path+partial, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return translate(err)
	}
	defer f.Close()
	at, err := agreed(f, content)
	if err != nil {
		return translate(err)
	}
	if err := f.Truncate(at); err != nil {
		return translate(err)
	}
	if _, err := f.Seek(at, io.SeekStart); err != nil {
		return translate(err)
	}
	if _, err := io.Copy(f, &reading{ctx: ctx, r: io.NewSectionReader(content, at, content.Size()-at)}); err != nil {
		return translate(err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return translate(err)
	}
	// A link never overwrites, which a rename would.
	if err := os.Link(path+partial, path); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return ErrExists
		}
		if err := os.Rename(path+partial, path); err != nil { // file systems without links
			return translate(err)
		}
	}
	if err := os.Remove(path + partial); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return translate(err)
	}
	return translate(syncFolder(filepath.Dir(path)))
}

// agreed is how much of an earlier, unfinished copy is the beginning of this content.
func agreed(f *os.File, content Source) (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	have, want := make([]byte, 1<<20), make([]byte, 1<<20)
	var at int64
	for at < min(info.Size(), content.Size()) {
		n := int(min(int64(len(have)), info.Size()-at, content.Size()-at))
		if _, err := f.ReadAt(have[:n], at); err != nil {
			return 0, err
		}
		if _, err := content.ReadAt(want[:n], at); err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		if !bytes.Equal(have[:n], want[:n]) {
			break
		}
		at += int64(n)
	}
	return at, nil
}

// Replace writes beside and renames.
func (d *Directory) Replace(_ context.Context, name string, content []byte) error {
	if err := d.check(); err != nil {
		return err
	}
	path := d.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return translate(err)
	}
	f, err := os.OpenFile(path+partial, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return translate(err)
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return translate(err)
	}
	return translate(errors.Join(os.Rename(path+partial, path), syncFolder(filepath.Dir(path))))
}

// Get opens a file.
func (d *Directory) Get(_ context.Context, name string) (io.ReadCloser, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	f, err := os.Open(d.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotExist
	}
	return f, translate(err)
}

// List walks the directory.
func (d *Directory) List(_ context.Context, prefix string) ([]Object, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	var out []Object
	err := filepath.WalkDir(d.root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(d.root, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if e.IsDir() {
			// Nothing below can match: with a log of thousands of files it matters.
			if name != "." && !strings.HasPrefix(name+"/", prefix) && !strings.HasPrefix(prefix, name+"/") {
				return filepath.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(path, partial) || !strings.HasPrefix(name, prefix) {
			return nil
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		out = append(out, Object{Name: name, Size: info.Size()})
		return nil
	})
	slices.SortFunc(out, func(a, b Object) int { return strings.Compare(a.Name, b.Name) })
	return out, translate(err)
}

// Delete removes a file.
func (d *Directory) Delete(_ context.Context, name string) error {
	if err := d.check(); err != nil {
		return err
	}
	for _, path := range []string{d.path(name), d.path(name) + partial} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return translate(err)
		}
	}
	return translate(syncFolder(filepath.Dir(d.path(name))))
}

func translate(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w: %w", ErrDenied, err)
	}
	return err
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// reading stops on a cancelled context.
type reading struct {
	ctx context.Context // io.Reader has no room for it
	r   io.Reader
}

func (r *reading) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.r.Read(p)
}
