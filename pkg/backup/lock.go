package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// lock is a held flock. It belongs to the open file, which children inherit: it is released
// when the last of us has gone, so an orphaned pg_dump still keeps a second run out.
type lock struct {
	file   *os.File
	shared *os.File // the directory's own lock, when that is held beside it
}

// openLock opens a lock file, or makes it. In a directory that was once open to others it may be a link to a file of
// ours, which would be made empty.
func openLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
	if errors.Is(err, unix.ELOOP) {
		return nil, fmt.Errorf("%s is a symbolic link: remove it", path)
	}
	if err != nil {
		return nil, err
	}
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFREG || st.Nlink > 1 {
		f.Close()
		return nil, cmp.Or(err, fmt.Errorf("%s is not a file of its own: remove it", path))
	}
	return f, nil
}

// checkClosed refuses a directory that others than its owner can write: they could remove backups, put others in
// their place, and lay links. One that is not there is closed.
func checkClosed(dir string) error {
	info, err := os.Stat(dir)
	if err == nil && info.IsDir() && info.Mode().Perm()&0o022 != 0 {
		return &RepositoryError{Directory: dir, Problem: fmt.Sprintf("can be written by others than its owner (mode %04o)", info.Mode().Perm()), Open: true}
	}
	return nil
}

// Closed reports a RepositoryError when others can write where the backups are.
func (r *Repository) Closed() error {
	if r.target != nil {
		return nil
	}
	for _, dir := range []string{r.o.Directory, r.baseDirectory(), filepath.Join(r.o.Directory, walFolder)} {
		if err := checkClosed(dir); err != nil {
			return err
		}
	}
	return nil
}

// acquireFor takes the lock of one database's runs, or of one cluster's. Others run beside it: only what holds the
// directory as a whole keeps all of them out.
func acquireFor(dir, name, about string) (*lock, error) {
	if err := checkClosed(dir); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, lockName)
	whole, err := openLock(path)
	if err != nil {
		return nil, &RepositoryError{Directory: dir, Problem: "cannot be locked", Cause: err}
	}
	if err := flock(whole, unix.LOCK_SH|unix.LOCK_NB); err != nil {
		defer whole.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, &LockedError{Path: path, Holder: holder(whole)}
		}
		return nil, &RepositoryError{Directory: dir, Problem: "cannot be locked", Cause: err}
	}
	l, err := acquireFile(dir, name, about)
	if err != nil {
		whole.Close()
		return nil, err
	}
	l.shared = whole
	return l, nil
}

// acquire takes the lock of a whole directory or returns a LockedError at once.
func acquire(dir, about string) (*lock, error) { return acquireFile(dir, lockName, about) }

func acquireFile(dir, name, about string) (*lock, error) {
	path := filepath.Join(dir, name)
	f, err := openLock(path)
	if err != nil {
		return nil, &RepositoryError{Directory: dir, Problem: "cannot be locked", Cause: err}
	}
	err = flock(f, unix.LOCK_EX|unix.LOCK_NB)
	for range 5 {
		if !errors.Is(err, unix.EWOULDBLOCK) {
			break
		}
		// A preflight elsewhere holds it for an instant to see whether it is free.
		<-time.After(20 * time.Millisecond)
		err = flock(f, unix.LOCK_EX|unix.LOCK_NB)
	}
	if err != nil {
		defer f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, &LockedError{Path: path, Holder: holder(f)}
		}
		return nil, &RepositoryError{Directory: dir, Problem: "cannot be locked", Cause: err}
	}
	// Who holds it is for people only; a full disk must not stop the run here.
	if err := f.Truncate(0); err == nil {
		_, _ = f.WriteAt([]byte(about+"\n"), 0)
	}
	return &lock{file: f}, nil
}

// probe reports a LockedError when another run holds the lock, and creates nothing.
func probe(dir string) error { return probeFile(dir, lockName) }

func probeFile(dir, name string) error {
	path := filepath.Join(dir, name)
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil // no lock file, no holder; a real problem shows when the lock is taken
	}
	defer f.Close()
	if err := flock(f, unix.LOCK_SH|unix.LOCK_NB); errors.Is(err, unix.EWOULDBLOCK) {
		return &LockedError{Path: path, Holder: holder(f)}
	}
	_ = flock(f, unix.LOCK_UN)
	return nil
}

// Idle returns a LockedError when a backup of the scope is being made or pruned here. It takes and makes nothing.
func (r *Repository) Idle() error {
	if r.scope == nil || r.scope.AnyCluster {
		return nil // whose lock it is shows when it is taken
	}
	return probeFile(r.o.Directory, lockOf(r.scope.System, r.scope.Database))
}

// release gives the lock up. It unlocks before it closes: a program that another goroutine
// is just starting may hold a copy of the file for a moment.
func (l *lock) release() {
	for _, f := range []*os.File{l.file, l.shared} {
		if f != nil {
			_ = flock(f, unix.LOCK_UN)
			_ = f.Close()
		}
	}
}

// alive reports whether a running process holds a file that a run marks its work with.
func alive(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(flock(f, unix.LOCK_EX|unix.LOCK_NB), unix.EWOULDBLOCK)
}

// mark holds a file for as long as this process works on what it stands for.
func mark(path string) (*os.File, error) {
	f, err := openLock(path)
	if err != nil {
		return nil, err
	}
	if err := flock(f, unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func holder(f *os.File) string {
	text, err := io.ReadAll(io.LimitReader(io.NewSectionReader(f, 0, 200), 200))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

func flock(f *os.File, how int) error {
	for {
		if err := unix.Flock(int(f.Fd()), how); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// catalogueWait bounds the wait for the short lock around changes of manifests.
const catalogueWait = 10 * time.Second

// withCatalogue runs fn while no other process changes manifests. It is held for moments,
// so that a verification can record its result while a long backup runs.
func withCatalogue(ctx context.Context, dir string, fn func() error) error {
	f, err := openLock(filepath.Join(dir, catalogueLock))
	if err != nil {
		return &RepositoryError{Directory: dir, Problem: "cannot be locked", Cause: err}
	}
	defer func() {
		_ = flock(f, unix.LOCK_UN)
		_ = f.Close()
	}()
	timeout := time.NewTimer(catalogueWait)
	defer timeout.Stop()
	for {
		err := flock(f, unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return fn()
		}
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return &RepositoryError{Directory: dir, Problem: "cannot be locked", Cause: err}
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-timeout.C:
			return fmt.Errorf("change manifests: %w", &LockedError{Path: f.Name()})
		case <-time.After(20 * time.Millisecond):
		}
	}
}
