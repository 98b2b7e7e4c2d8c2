package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/axisor/axisor/pkg/ownfile"
)

// checkAccess refuses a file that gives a secret away.
func (d *document) checkAccess(info fs.FileInfo) Errors {
	if !ownfile.Exposed(info) {
		return nil
	}
	for _, layer := range d.values() {
		for _, k := range Keys() {
			raw, ok := layer[k.Name]
			if !ok || !k.Secret() {
				continue
			}
			if v, rule := k.convert(raw); rule != "" || k.holdsSecret(v) {
				return Errors{accessError(d.path, k.Name, "is in a file that others can open", info.Mode().Perm())}
			}
		}
	}
	return nil
}

func accessError(path, key, rule string, mode fs.FileMode) *Error {
	return &Error{Source: path, Key: key, Rule: fmt.Sprintf("%s (mode %04o)", rule, mode), Hint: "chmod 600 " + path}
}

// untrusted says in the words of this package why a file counts for nothing, or cannot be read.
func untrusted(path, key string, err error) *Error {
	var p *ownfile.UntrustedError
	if errors.As(err, &p) {
		return &Error{Source: path, Key: key, Rule: p.Rule, Hint: p.Hint}
	}
	return &Error{Source: path, Key: key, Rule: "cannot be read", Err: reason(err)}
}

func isNotDir(err error) bool { return errors.Is(err, syscall.ENOTDIR) }

// ErrExists is returned by WriteFile when the file is there and must stay.
var ErrExists = errors.New("file already exists")

// WriteFile writes a file of mode 0600 so that it is there completely or not at
// all: a temporary file in the same directory, synced, then moved. Without force
// an existing file is never replaced, not even one that appears meanwhile.
func WriteFile(path string, data []byte, force bool) error {
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, filepath.Base(path)+".*.partial") // created with mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", path, reason(err))
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.Write(data)
	if err == nil {
		err = tmp.Sync()
	}
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, reason(err))
	}
	if force {
		err = os.Rename(tmp.Name(), path)
	} else {
		err = os.Link(tmp.Name(), path)
	}
	var le *os.LinkError
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("write %s: %w", path, ErrExists)
	case errors.As(err, &le):
		return fmt.Errorf("write %s: %w", path, le.Err)
	case err != nil:
		return fmt.Errorf("write %s: %w", path, err)
	}
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync() // makes the new name survive a power cut; not every file system can
		_ = d.Close()
	}
	return nil
}
