// Package wholefile writes files that are there completely or not at all: into a temporary file in the same directory,
// synced, then moved to its name.
package wholefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrExists means that a file is there already and shall stay.
var ErrExists = errors.New("file already exists")

// File is written to like every file, and has its name after Commit.
type File struct {
	*os.File
	path  string
	force bool
}

// Create begins a file of mode 0600 at path. Without force an existing one is never replaced, not even one that
// appears meanwhile: ErrExists. The caller ends it with Commit or Discard.
func Create(path string, force bool) (*File, error) {
	if _, err := os.Lstat(path); err == nil && !force {
		return nil, fmt.Errorf("write %s: %w", path, ErrExists)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.partial") // created with mode 0600
	if err != nil {
		return nil, failed(path, err)
	}
	return &File{File: tmp, path: path, force: force}, nil
}

// Commit gives the file its name.
func (f *File) Commit() error {
	defer func() { _ = os.Remove(f.Name()) }()
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return failed(f.path, err)
	}
	var err error
	if f.force {
		err = os.Rename(f.Name(), f.path)
	} else {
		err = os.Link(f.Name(), f.path)
	}
	if err != nil {
		return failed(f.path, err)
	}
	if d, err := os.Open(filepath.Dir(f.path)); err == nil {
		_ = d.Sync() // makes the new name survive a power cut; not every file system can
		_ = d.Close()
	}
	return nil
}

// Discard takes what was written away.
func (f *File) Discard() {
	_ = f.Close()
	_ = os.Remove(f.Name())
}

// Write writes a whole file at once; see Create.
func Write(path string, data []byte, force bool) error {
	f, err := Create(path, force)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		f.Discard()
		return failed(path, err)
	}
	return f.Commit()
}

// failed names the file once: the errors of the file system name the temporary one.
func failed(path string, err error) error {
	var link *os.LinkError
	var pe *fs.PathError
	switch {
	case errors.Is(err, fs.ErrExist):
		err = ErrExists
	case errors.As(err, &link):
		err = link.Err
	case errors.As(err, &pe):
		err = pe.Err
	}
	return fmt.Errorf("write %s: %w", path, err)
}
