//go:build unix && !linux

package backup

import (
	"os"
	"syscall"
)

// childAttributes has no parent-death signal here; the child ends on its broken pipe.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func renameNoReplace(from, to string) error { return linkNoReplace(from, to) }

func dropCache(*os.File) {}

func widenPipe(*os.File) {}

// syncFilesystem forces everything to disk; there is no call for one file system here.
func syncFilesystem(*os.File) error {
	syscall.Sync()
	return nil
}
