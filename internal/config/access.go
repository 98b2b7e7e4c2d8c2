package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

const (
	othersAny   = 0o077
	othersWrite = 0o022
	groupRead   = 0o040
)

// exposed reports whether somebody beside the owner can open the file. A group may read what root owns, as PostgreSQL
// allows for its own keys: nobody but root can have given it that, and packages and systemd's credentials do.
func exposed(info fs.FileInfo) bool {
	others := fs.FileMode(othersAny)
	if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Uid == 0 {
		others &^= groupRead
	}
	return info.Mode().Perm()&others != 0
}

// checkAccess refuses a file that gives a secret away, or that lets somebody else
// choose the program which prints the key.
func (d *document) checkAccess(info fs.FileInfo) Errors {
	var problems Errors
	var holds, runs string
	for _, layer := range d.values() {
		for _, k := range Keys() {
			raw, ok := layer[k.Name]
			if !ok {
				continue
			}
			if v, rule := k.convert(raw); k.Secret() && (rule != "" || k.holdsSecret(v)) {
				holds = k.Name
			}
			if k.Name == keyKeyCommand {
				runs = k.Name
			}
		}
	}
	mode := info.Mode().Perm()
	if holds != "" && exposed(info) {
		problems = append(problems, accessError(d.path, holds, "is in a file that others can open", mode))
	} else if runs != "" && mode&othersWrite != 0 {
		problems = append(problems, accessError(d.path, runs, "is in a file that others can change", mode))
	}
	if runs != "" && !trustedOwner(info) {
		problems = append(problems, &Error{
			Source: d.path, Key: runs, Rule: "is in a file that belongs to somebody else",
			Hint: "take over the file or name the command in " + envPrefix + "ENCRYPTION_KEY_COMMAND",
		})
	}
	return problems
}

func accessError(path, key, rule string, mode fs.FileMode) *Error {
	return &Error{Source: path, Key: key, Rule: fmt.Sprintf("%s (mode %04o)", rule, mode), Hint: "chmod 600 " + path}
}

// trustedOwner reports whether the file belongs to this user or to root. Without
// the check, entering a stranger's directory would run the stranger's command.
func trustedOwner(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return !ok || st.Uid == 0 || int(st.Uid) == os.Geteuid()
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
