package backup

import (
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
type lock struct{ file *os.File }

// acquire takes the repository's run lock or returns a LockedError at once.
func acquire(dir, about string) (*lock, error) {
	path := filepath.Join(dir, lockName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
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
func probe(dir string) error {
	path := filepath.Join(dir, lockName)
	f, err := os.Open(path)
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

// Idle returns a LockedError when a backup is being made or pruned here. It takes and makes nothing.
func (r *Repository) Idle() error { return probe(r.o.Directory) }

// release gives the lock up. It unlocks before it closes: a program that another goroutine
// is just starting may hold a copy of the file for a moment.
func (l *lock) release() {
	_ = flock(l.file, unix.LOCK_UN)
	_ = l.file.Close()
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
	f, err := os.OpenFile(filepath.Join(dir, catalogueLock), os.O_RDWR|os.O_CREATE, 0o600)
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
