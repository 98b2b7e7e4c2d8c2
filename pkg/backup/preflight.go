package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sys/unix"

	"github.com/axisor/axisor/pkg/secret"
)

// defaultLockWait is how long the dump waits for a table that a migration has locked.
const defaultLockWait = 30 * time.Second

// minFree is asked for even when there is no earlier backup to go by.
const minFree = 64 << 10

// Request says what to back up and how.
type Request struct {
	URL              secret.Secret // libpq URL of the database
	Compression      string        // see ParseCodec; empty is zstd:1
	Recipients       []string      // age public keys; none means no encryption
	DumpFlags        []string      // extra flags of pg_dump, from the list that is allowed
	MigrationSchemas []string      // where the migration table may be; the first that has it counts
	MigrationTable   string        // its newest version goes into the manifest; empty for none
	LockWait         time.Duration // 0 is 30 s
	NoCounts         bool          // do not count rows: faster, but a deep check proves less
	NoGlobals        bool          // do not store the roles
	Hash             bool          // also hash the rows of every table: slower, but proves content
	Progress         Counter       // bytes that pg_dump wrote; may be nil
}

// Plan is what a backup would do, with everything it depends on checked and nothing written.
type Plan struct {
	Directory        string
	CreatesDirectory bool
	ID, File         string // of a backup started now
	Database         Database
	Server           Server
	Client           Version
	Tool             string
	Compression      string
	Encrypted        bool
	LastBytes        int64 // size of the newest backup, 0 when there is none
	FreeBytes        int64
	Warnings         []string
}

// ready is a passed preflight with the session still open.
type ready struct {
	Plan

	request    Request
	codec      Codec
	recipients []age.Recipient
	tools      Toolset
	server     *endpoint
	conn       *pgx.Conn
	spaces     []Tablespace // of a base backup
}

// Preflight checks everything a backup needs and writes nothing.
func (r *Repository) Preflight(ctx context.Context, q Request) (Plan, error) {
	p, err := r.preflight(ctx, q)
	if err != nil {
		return Plan{}, err
	}
	p.server.close(ctx, p.conn)
	return p.Plan, nil
}

// preflight goes from cheap to costly, so that a second run started by mistake ends before it has asked the server
// for more than its name.
func (r *Repository) preflight(ctx context.Context, q Request) (_ *ready, err error) {
	p, err := r.prepare(ctx, q, r.List, func(p *ready) error {
		return probeFile(r.o.Directory, lockOf(p.Server.SystemIdentifier, p.Database.Name))
	})
	if err != nil {
		return nil, err
	}
	p.ID = r.nextID(r.o.Now())
	p.File = r.archiveName(p.ID, p)
	return p, nil
}

// prepare is the part that dumps and base backups share. list gives the earlier backups of the same kind, to guess the
// space from; idle reports whether another run is at the same.
func (r *Repository) prepare(ctx context.Context, q Request, list func() ([]Entry, error), idle func(*ready) error) (_ *ready, err error) {
	if q.LockWait <= 0 {
		q.LockWait = defaultLockWait
	}
	p := &ready{request: q, Plan: Plan{Directory: r.o.Directory, Encrypted: len(q.Recipients) > 0}}
	if p.codec, err = ParseCodec(q.Compression); err != nil {
		return nil, err
	}
	p.Compression = p.codec.String()
	if p.recipients, err = ParseRecipients(q.Recipients); err != nil {
		return nil, err
	}
	if err := checkDumpFlags(q.DumpFlags); err != nil {
		return nil, err
	}
	if err := r.o.Signing.maySign(); err != nil {
		return nil, err
	}
	if p.server, err = newEndpoint(q.URL, "", r.o.Environ); err != nil {
		return nil, err
	}
	if err := r.checkDirectory(p); err != nil {
		return nil, err
	}
	if err := r.checkSpace(p, list); err != nil {
		return nil, err
	}
	// Any installed release will do to find out that there is none at all, before the
	// server is asked for its version.
	if _, err := r.o.Tools.Find(ctx, 0); err != nil {
		return nil, err
	}
	if p.conn, err = p.server.connect(ctx); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			p.server.close(ctx, p.conn)
		}
	}()
	if p.Server, p.Database, err = serverFacts(ctx, p.server, p.conn); err != nil {
		return nil, err
	}
	if err := idle(p); err != nil {
		return nil, err
	}
	if p.tools, err = r.o.Tools.Find(ctx, versionFromNumber(p.Server.VersionNumber).Major); err != nil {
		return nil, err
	}
	p.Client, p.Tool = p.tools.Version, p.tools.Dump
	if w := p.Client.Warning(); w != "" {
		p.Warnings = append(p.Warnings, w)
	}
	return p, nil
}

func (r *Repository) archiveName(id string, p *ready) string {
	return stemOf(id) + ".dump" + p.suffix()
}

func (p *ready) suffix() string {
	if p.Encrypted {
		return p.codec.suffix() + ".age"
	}
	return p.codec.suffix()
}

func (p *ready) encryption() *Encryption { return encryptionFor(p.request.Recipients) }

// nextID avoids every second for which any file of ours exists.
func (r *Repository) nextID(now time.Time) string {
	return freeID(now, func(id string) bool {
		found, err := filepath.Glob(filepath.Join(r.o.Directory, stemOf(id)+".*"))
		return err == nil && len(found) > 0
	})
}

// checkDirectory accepts a writable directory, or a missing one that can be made.
func (r *Repository) checkDirectory(p *ready) error {
	dir := r.o.Directory
	info, err := os.Stat(dir)
	for errors.Is(err, fs.ErrNotExist) && filepath.Dir(dir) != dir {
		p.CreatesDirectory = true
		dir = filepath.Dir(dir)
		info, err = os.Stat(dir)
	}
	switch {
	case err != nil:
		return &RepositoryError{Directory: r.o.Directory, Problem: "cannot be used", Cause: err}
	case !info.IsDir():
		return &RepositoryError{Directory: r.o.Directory, Problem: fmt.Sprintf("cannot be used: %s is not a directory", dir)}
	}
	if err := unix.Access(dir, unix.W_OK|unix.X_OK); err != nil {
		problem := "is not writable"
		if p.CreatesDirectory {
			problem = fmt.Sprintf("does not exist and cannot be created in %s", dir)
		}
		return &RepositoryError{Directory: r.o.Directory, Problem: problem, Cause: err}
	}
	return r.Closed()
}

// Free is how many bytes can still be written where the backups lie, or would lie.
func (r *Repository) Free() (int64, error) {
	dir := r.o.Directory
	for {
		if _, err := os.Stat(dir); err == nil || filepath.Dir(dir) == dir {
			break
		}
		dir = filepath.Dir(dir)
	}
	free, err := r.free(dir)
	if err != nil {
		return 0, &RepositoryError{Directory: r.o.Directory, Problem: "does not tell its free space", Cause: err}
	}
	return free, nil
}

// checkSpace asks for 1.2 times the newest backup. Without one there is nothing to go by.
func (r *Repository) checkSpace(p *ready, earlier func() ([]Entry, error)) error {
	free, err := r.Free()
	if err != nil {
		return err
	}
	p.FreeBytes = free
	list, err := earlier()
	if err != nil {
		return err
	}
	for _, e := range list {
		if e.Manifest != nil {
			p.LastBytes = e.Manifest.Bytes()
			break
		}
	}
	if need := max(p.LastBytes+p.LastBytes/5, minFree); free < need {
		return &SpaceError{Directory: r.o.Directory, Need: need, Free: free}
	}
	return nil
}

// allowedDumpFlags may be added to a dump: they keep every row, which the row counts of the
// manifest rely on.
func allowedDumpFlags() []string {
	return []string{
		"--verbose", "--clean", "--if-exists", "--no-owner", "--no-acl", "--no-privileges", "--no-comments",
		"--no-publications", "--no-subscriptions", "--no-security-labels", "--no-tablespaces", "--create",
	}
}

func checkDumpFlags(flags []string) error {
	for _, f := range flags {
		if !slices.Contains(allowedDumpFlags(), f) {
			return &InputError{Field: "backup.dump_flags", Value: f, Rule: "is not one of " + strings.Join(allowedDumpFlags(), ", ")}
		}
	}
	return nil
}
