package backup

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// childAttributes makes the child die with us, even after kill -9, and keeps a terminal's
// interrupt from reaching it directly: we pass the request on and then clean up.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

// renameNoReplace renames without ever overwriting. File systems without the flag (some
// network ones) get a hard link, which has the same guarantee.
func renameNoReplace(from, to string) error {
	err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.ENOTSUP) {
		return linkNoReplace(from, to)
	}
	if err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
	return nil
}

// dropCache asks the kernel to forget the file's pages, so that the read that follows comes
// from the disk. It is advice: failing to give it changes nothing.
func dropCache(f *os.File) {
	_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
}

// widenPipe enlarges a pipe's buffer so that producer and consumer overlap. It is advice too.
func widenPipe(f *os.File) {
	// Not f.Fd(): that would make the pipe blocking, and a read could no longer be woken.
	if raw, err := f.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, 1<<20) })
	}
}

// syncFilesystem forces everything on the file system of d to disk.
func syncFilesystem(d *os.File) error { return unix.Syncfs(int(d.Fd())) }
