package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Create makes one backup and returns it, verified. Either all of it is published or, on
// any failure, nothing of it is left; a run that is killed leaves only what the next one
// removes. Cancelling ctx stops the client programs and cleans up.
func (r *Repository) Create(ctx context.Context, q Request) (_ Entry, err error) {
	started := r.o.Now().UTC()
	p, err := r.preflight(ctx, q)
	if err != nil {
		return Entry{}, fmt.Errorf("prepare backup: %w", err)
	}
	defer p.server.close(ctx, p.conn)
	if err := os.MkdirAll(r.o.Directory, 0o700); err != nil {
		return Entry{}, &RepositoryError{Directory: r.o.Directory, Problem: "cannot be created", Cause: err}
	}
	held, err := acquireFor(r.o.Directory, lockOf(p.Server.SystemIdentifier, p.Database.Name), r.about(started))
	if err != nil {
		return Entry{}, err
	}
	defer held.release()
	run := &run{repo: r, ready: p, lock: held}
	defer run.discard()
	if err := run.reserve(ctx, started); err != nil {
		return Entry{}, err
	}
	m, err := run.dump(ctx, started)
	if err != nil {
		return Entry{}, err
	}
	if err := run.publish(ctx, m); err != nil {
		return Entry{}, fmt.Errorf("publish backup: %w", err)
	}
	return r.entry(m.ID), nil
}

func (r *Repository) about(at time.Time) string {
	return fmt.Sprintf("process %d on %s since %s", os.Getpid(), r.o.Host, at.Format(time.RFC3339))
}

// run is the state of one backup between preflight and publication.
type run struct {
	*ready

	repo      *Repository
	lock      *lock
	id        string
	manifest  *staging   // there from the beginning: it keeps the id, and a sweep away from the files
	held      *os.File   // the manifest, locked
	staged    []*staging // data files
	published []string
	complete  bool
	check     *archiveCheck // of the dump that was stored
}

// reserve removes what dead runs have left and takes an id. Both under one lock: other databases have runs of their
// own in this directory, and what is being written must not be taken for a leftover.
func (u *run) reserve(ctx context.Context, started time.Time) error {
	r := u.repo
	return withCatalogue(ctx, r.o.Directory, func() error {
		if err := r.sweep(); err != nil {
			return fmt.Errorf("remove leftovers: %w", err)
		}
		u.id = r.nextID(started)
		var err error
		if u.manifest, err = stage(r.open, r.o.Directory, stemOf(u.id)+manifestExt); err != nil {
			return err
		}
		if u.held, err = mark(u.manifest.partial()); err != nil {
			return &RepositoryError{Directory: r.o.Directory, Problem: "cannot be locked", Cause: err}
		}
		return nil
	})
}

func (u *run) stage(name string) (*staging, error) {
	s, err := stage(u.repo.open, u.repo.o.Directory, name)
	if err != nil {
		return nil, err
	}
	u.staged = append(u.staged, s)
	return s, nil
}

// dump writes all files of the backup under their partial names.
func (u *run) dump(ctx context.Context, started time.Time) (*Manifest, error) {
	snap, err := openSnapshot(ctx, u.server, u.conn, u.request.LockWait)
	if err != nil {
		return nil, err
	}
	m := &Manifest{
		SchemaVersion: manifestVersion, Kind: "logical", ID: u.id, StartedAt: started,
		Host: u.repo.o.Host, Program: u.repo.o.Program, Database: u.Database.forManifest(), Server: u.Server,
		ClientVersion: u.Client.String(), DumpFlags: u.flags(snap), Format: "custom", Compression: u.codec.String(),
		Tables: []TableRows{}, Warnings: u.Warnings, Verifications: []Verification{},
	}
	m.Server.Snapshot = snap.id
	m.Encryption = u.encryption()
	if m.MigrationVersion, err = snap.migrationVersion(ctx, u.request.MigrationSchemas, u.request.MigrationTable); err != nil {
		return nil, err
	}
	if err := u.archiveAndCounts(ctx, m); err != nil {
		return nil, err
	}
	if err := u.globals(ctx, m); err != nil {
		return nil, err
	}
	finished := u.repo.o.Now().UTC()
	m.FinishedAt = finished
	m.Verifications = append(m.Verifications, Verification{
		Level: LevelDecode, At: finished, OK: true, DurationMs: finished.Sub(started).Milliseconds(),
	})
	return m, nil
}

// archiveAndCounts dumps and counts at the same time, on two sessions with one snapshot.
func (u *run) archiveAndCounts(ctx context.Context, m *Manifest) error {
	if u.request.NoCounts {
		return u.archive(ctx, m)
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	counted := make(chan error, 1)
	go func() {
		var err error
		m.Tables, m.LargeObjects, err = countContent(ctx, u.server, u.conn, u.request.Hash)
		if err != nil {
			stop(err)
		}
		counted <- err
	}()
	err := u.archive(ctx, m)
	if err != nil {
		stop(err)
	}
	if cerr := <-counted; cerr != nil && err == nil {
		err = cerr
	}
	if err != nil {
		// Whichever failed first is the reason; the other was merely stopped.
		if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
			return cause
		}
		return err
	}
	m.RowsCounted = true
	if u.check.rows == nil { // a format that only pg_restore knows
		return nil
	}
	if err := compareDumped(m.Tables, u.check.rows); err != nil {
		return &DamagedError{ID: m.ID, File: m.Archive.Name, Level: LevelDecode, Problem: err.Error(), Cause: err}
	}
	return nil
}

// publish makes the backup visible, manifest last. The manifest is complete under its
// partial name before any data file gets its final one: that mark tells a later sweep whose
// the data is if we die in between.
func (u *run) publish(ctx context.Context, m *Manifest) error {
	text, err := m.encodeFor(u.repo.o.Signing)
	if err != nil {
		return err
	}
	if _, err := u.manifest.Write(text); err != nil {
		return err
	}
	if _, err := u.manifest.finish(ctx); err != nil {
		return err
	}
	dir := u.repo.o.Directory
	if err := syncDirectory(dir); err != nil {
		return storageError(dir, err)
	}
	// The last moment to stop: from here on it takes microseconds.
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for _, s := range u.staged {
		if err := s.publish(); err != nil {
			return err
		}
		u.published = append(u.published, filepath.Join(dir, s.name))
	}
	if err := syncDirectory(dir); err != nil {
		return storageError(dir, err)
	}
	if err := u.manifest.publish(); err != nil {
		return err
	}
	u.complete = true
	if err := syncDirectory(dir); err != nil {
		return storageError(dir, err)
	}
	return nil
}

// discard removes everything of a backup that was not completed.
func (u *run) discard() {
	if u.held != nil {
		defer u.held.Close()
	}
	if u.complete {
		return
	}
	for _, path := range u.published {
		_ = os.Remove(path)
	}
	for _, s := range u.staged {
		s.discard()
	}
	if u.manifest != nil {
		u.manifest.discard()
	}
}
