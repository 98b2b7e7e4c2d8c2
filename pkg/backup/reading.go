package backup

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// hold keeps a backup from being pruned until release is called. The lock is on the archive's file itself: it is never
// replaced, as a manifest is. A backup that was pruned between being found and being held is a NotFoundError.
func (e Entry) hold() (release func(), err error) {
	nothing := func() {}
	if e.store != nil || e.Manifest == nil {
		return nothing, nil
	}
	gone := func() bool {
		_, err := os.Lstat(e.manifestPath())
		return errors.Is(err, fs.ErrNotExist)
	}
	f, err := os.Open(e.Path())
	if err != nil {
		if gone() {
			return nil, &NotFoundError{Ref: e.ID, Pruned: true}
		}
		return nothing, nil // the check tells what is wrong with it
	}
	release = func() { _ = f.Close() }
	if errors.Is(flock(f, unix.LOCK_SH|unix.LOCK_NB), unix.EWOULDBLOCK) || gone() {
		release()
		return nil, &NotFoundError{Ref: e.ID, Pruned: true}
	}
	return release, nil
}

// withdraw takes a backup away from readers, unless there are some: then it reports false.
func (e Entry) withdraw() (release func(), free bool) {
	f, err := os.OpenFile(e.Path(), os.O_RDWR, 0) // to write: a network file system asks for that
	if err != nil {
		return func() {}, true // nobody reads what is not there
	}
	if errors.Is(flock(f, unix.LOCK_EX|unix.LOCK_NB), unix.EWOULDBLOCK) {
		f.Close()
		return nil, false
	}
	return func() { _ = f.Close() }, true
}
