package backup

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// hold keeps a backup from being pruned until release is called. The lock is on the archive's file itself: it is never
// replaced, as a manifest is; a copy on a target gets a mark beside it. A backup that was pruned between being found
// and being held is a NotFoundError.
func (e Entry) hold(ctx context.Context, now func() time.Time) (release func(), err error) {
	nothing := func() {}
	if e.Manifest == nil {
		return nothing, nil
	}
	if e.store != nil {
		return e.announce(ctx, now)
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

// withdraw takes a backup away from readers, unless there are some: then it reports false. Those of a copy on a target
// are looked for when it is removed.
func (e Entry) withdraw() (release func(), free bool) {
	if e.store != nil {
		return func() {}, true
	}
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
