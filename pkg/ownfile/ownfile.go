// Package ownfile opens files that decide what this program does or whom it believes: configurations, keys,
// certificates. Such a file must come from this user or from root, and nobody else may be able to change or replace
// it. Otherwise whoever writes into a folder decides which programs run and where keys are sent, as soon as somebody
// with more rights works in that folder.
package ownfile

import (
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

// UntrustedError says why a file is not believed, and how that is mended. Nothing was read from it.
type UntrustedError struct {
	Path string
	Rule string // continues a sentence about the file
	Hint string
}

// Error names the file and the rule.
func (p *UntrustedError) Error() string { return p.Path + ": " + p.Rule }

// Open opens a file that belongs to this user or to root, in a folder of which the same holds, and that nobody else
// can write. A private one holds a secret, and nobody else may read it either. Errors are *UntrustedError and those of the
// file system.
func Open(path string, private bool) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case info.IsDir():
		err = &fs.PathError{Op: "open", Path: path, Err: syscall.EISDIR}
	default:
		err = check(path, info, private)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

func check(path string, info fs.FileInfo, private bool) error {
	mode := info.Mode().Perm()
	regular := info.Mode().IsRegular() // a pipe of the shell has no such mode
	switch {
	case !trusted(info):
		return &UntrustedError{path, "belongs to somebody else", "take it over (chown), or say the same in a file of your own or in the environment"}
	case private && regular && Exposed(info):
		return ExposedError(path, info)
	case regular && mode&othersWrite != 0:
		return &UntrustedError{path, fmt.Sprintf("is a file that others can change (mode %04o)", mode), "look through it, then: chmod go-w " + path}
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil || real == path {
		return folder(path)
	}
	if link, err := os.Lstat(path); err == nil && !trusted(link) {
		return &UntrustedError{path, "is a link that belongs to somebody else", "name the file it leads to"}
	}
	if err := folder(path); err != nil {
		return err
	}
	return folder(real)
}

// folder checks where the file lies: whoever can write there can put another one in its place. In a folder like /tmp,
// where everybody removes only what is theirs, nobody can.
func folder(path string) error {
	dir := filepath.Dir(path)
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	mode := info.Mode()
	switch {
	case !trusted(info):
		return &UntrustedError{path, "is in a folder that belongs to somebody else", "move it to a folder of your own, or say the same in the environment"}
	case mode.Perm()&othersWrite != 0 && mode&fs.ModeSticky == 0:
		return &UntrustedError{path, fmt.Sprintf("is in a folder that others can write (mode %04o)", mode.Perm()), "chmod go-w " + dir}
	}
	return nil
}

// ExposedError refuses a private file that Exposed reports.
func ExposedError(path string, info fs.FileInfo) error {
	return &UntrustedError{path, fmt.Sprintf("is a file that others can open (mode %04o)", info.Mode().Perm()), "chmod 600 " + path}
}

// Exposed reports whether somebody beside the owner can open the file. A group may read what root owns, as PostgreSQL
// allows for its own keys: nobody but root can have given it that, and packages and systemd's credentials do.
func Exposed(info fs.FileInfo) bool {
	others := fs.FileMode(othersAny)
	if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Uid == 0 {
		others &^= groupRead
	}
	return info.Mode().Perm()&others != 0
}

// trusted reports whether the file belongs to this user or to root.
func trusted(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return !ok || st.Uid == 0 || int(st.Uid) == os.Geteuid()
}
