package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/axisor/axisor/pkg/backup/wal"
)

// BaseInfo is what only a base backup knows.
type BaseInfo struct {
	Timeline     uint32            `json:"timeline"`
	StartLSN     wal.LSN           `json:"start_lsn"` // where recovery begins
	StopLSN      wal.LSN           `json:"stop_lsn"`  // before it the copy is not consistent
	StopTime     time.Time         `json:"stop_time"` // by the server's clock, not before StopLSN
	SegmentBytes uint64            `json:"segment_bytes"`
	Files        int               `json:"files"`
	DataBytes    int64             `json:"data_bytes"`
	User         string            `json:"user"`     // a role that exists in the copy
	Settings     map[string]string `json:"settings"` // a recovering server needs at least these
	Tablespaces  []Tablespace      `json:"tablespaces,omitempty"`
}

// BaseRequest says how to make a base backup.
type BaseRequest struct {
	Request

	Spread bool // let the server's first checkpoint take its time
}

func (r *Repository) baseDirectory() string { return filepath.Join(r.o.Directory, baseFolder) }

// Base makes a physical copy of the whole cluster with pg_basebackup: the beginning of every
// recovery to a point in time. While it streams, each file is compared with the server's own
// list; the log that the copy needs goes into the log archive too.
func (r *Repository) Base(ctx context.Context, q BaseRequest) (_ Entry, err error) {
	started := r.o.Now().UTC()
	p, err := r.prepareBase(ctx, q.Request)
	if err != nil {
		return Entry{}, fmt.Errorf("prepare base backup: %w", err)
	}
	defer p.server.close(ctx, p.conn)
	dir := r.baseDirectory()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Entry{}, &RepositoryError{Directory: dir, Problem: "cannot be created", Cause: err}
	}
	held, err := acquireFor(dir, lockOf(p.Server.SystemIdentifier, ""), r.about(started))
	if err != nil {
		return Entry{}, err
	}
	defer held.release()
	id, working, err := r.reserveBase(ctx, started)
	if err != nil {
		return Entry{}, err
	}
	work := filepath.Join(dir, basePrefix+id+partialExt)
	defer func() {
		_ = os.RemoveAll(work)
		working.Close()
	}()
	m, err := r.writeBase(ctx, p, held, q, id, work, started)
	if err != nil {
		return Entry{}, err
	}
	text, err := m.encodeFor(r.o.Signing)
	if err != nil {
		return Entry{}, err
	}
	if err := replaceFile(ctx, work, basePrefix+id+manifestExt, text); err != nil {
		return Entry{}, err
	}
	if err := os.Remove(working.Name()); err != nil {
		return Entry{}, storageError(dir, err)
	}
	final := filepath.Join(dir, basePrefix+id)
	// Under the lock nobody else takes the name, and a directory is never renamed over one with content.
	if err := os.Rename(work, final); err != nil {
		return Entry{}, storageError(dir, err)
	}
	if err := syncDirectory(dir); err != nil {
		return Entry{}, storageError(dir, err)
	}
	return Entry{ID: id, dir: final, kind: kindBase, signing: r.o.Signing}.inspect(), nil
}

// reserveBase removes what dead runs have left, takes an id and makes its directory, with a file in it that says that
// a process is at work there.
func (r *Repository) reserveBase(ctx context.Context, started time.Time) (id string, working *os.File, err error) {
	dir := r.baseDirectory()
	err = withCatalogue(ctx, dir, func() error {
		if err := r.sweepBases(); err != nil {
			return fmt.Errorf("remove leftovers: %w", err)
		}
		id = r.nextBaseID(started)
		work := filepath.Join(dir, basePrefix+id+partialExt)
		if err := os.Mkdir(work, 0o700); err != nil {
			return storageError(dir, err)
		}
		if working, err = mark(filepath.Join(work, lockName)); err != nil {
			return &RepositoryError{Directory: dir, Problem: "cannot be locked", Cause: err}
		}
		return nil
	})
	return id, working, err
}

// prepareBase is the preflight of a base backup. It writes nothing.
func (r *Repository) prepareBase(ctx context.Context, q Request) (*ready, error) {
	p, err := r.prepare(ctx, q, r.Bases, func(p *ready) error {
		return probeFile(r.baseDirectory(), lockOf(p.Server.SystemIdentifier, ""))
	})
	if err != nil {
		return nil, err
	}
	fail := func(err error) (*ready, error) {
		p.server.close(ctx, p.conn)
		return nil, err
	}
	if p.tools.BaseBackup == "" {
		return fail(&ToolError{Kind: ErrToolMissing, Tool: "pg_basebackup", Searched: []string{filepath.Dir(p.tools.Dump)}})
	}
	if p.Server.SystemIdentifier == "" {
		return fail(fmt.Errorf("read system identifier: %w", ErrDenied))
	}
	if err := baseSupported(p.Server); err != nil {
		return fail(err)
	}
	if p.spaces, err = tablespaces(ctx, p); err != nil {
		return fail(err)
	}
	if v := versionFromNumber(p.Server.VersionNumber); len(p.spaces) > 0 && v.Major < streamMajor {
		return fail(&InputError{Field: "server", Value: p.Database.Name, Rule: fmt.Sprintf("has %d tablespaces of its own; a base backup can hold them from PostgreSQL %d on", len(p.spaces), streamMajor)})
	}
	p.ID = r.nextBaseID(r.o.Now())
	p.File = filepath.Join(baseFolder, basePrefix+p.ID, r.tarName(p.ID, p))
	return p, nil
}

// oldestBase is the oldest major that base backups are made of. A dump is made of an older one too: it is the way off it.
const oldestBase = 14

// baseSupported refuses servers whose base backups are known to end in the middle.
func baseSupported(s Server) error {
	if versionFromNumber(s.VersionNumber).Major >= oldestBase {
		return nil
	}
	return &InputError{
		Field: "server", Value: "PostgreSQL " + s.Version,
		Rule: fmt.Sprintf("is too old for base backups, which need %d or newer; axisor backup create makes a dump of it", oldestBase),
	}
}

// PreflightBase checks everything a base backup needs and writes nothing.
func (r *Repository) PreflightBase(ctx context.Context, q BaseRequest) (Plan, error) {
	p, err := r.prepareBase(ctx, q.Request)
	if err != nil {
		return Plan{}, err
	}
	p.server.close(ctx, p.conn)
	return p.Plan, nil
}

func (r *Repository) tarName(id string, p *ready) string {
	return basePrefix + id + ".tar" + p.suffix()
}

func (r *Repository) writeBase(ctx context.Context, p *ready, held *lock, q BaseRequest, id, work string, started time.Time) (*Manifest, error) {
	facts, err := baseFacts(ctx, p)
	if err != nil {
		return nil, err
	}
	// pg_basebackup fetches the log at the end; this slot keeps the server from recycling it
	// meanwhile, and vanishes with our session whatever happens.
	slot := "axisor_base_" + strings.ToLower(id)
	if _, err := p.conn.Exec(ctx, "SELECT pg_create_physical_replication_slot($1, true, true)", slot); err != nil {
		return nil, p.server.classify(ctx, "reserve log for the base backup", err)
	}
	s, err := stage(r.open, work, r.tarName(id, p))
	if err != nil {
		return nil, err
	}
	defer s.discard()
	checkpoint := "--checkpoint=fast"
	if q.Spread {
		checkpoint = "--checkpoint=spread"
	}
	flags := []string{
		"--pgdata=-", "--format=tar", "--wal-method=fetch", "--manifest-checksums=CRC32C", "--no-password", checkpoint,
		"--label=" + basePrefix + id,
	}
	start := program(childSpec{path: p.tools.BaseBackup, args: flags, server: p.server, lock: held.file})
	if len(p.spaces) > 0 {
		facts.Tablespaces = p.spaces
		flags = []string{baseCommand(basePrefix+id, q.Spread)}
		start = func(ctx context.Context, stdout *os.File) (producer, error) {
			return startBaseStream(ctx, p.server, basePrefix+id, q.Spread, stdout), nil
		}
	}
	var check *tarCheck
	run := &run{repo: r, ready: p, lock: held}
	info, err := run.pump(ctx, s, start,
		func(context.Context) (checker, error) {
			check = startTarCheck(false, r.keepLog(ctx, p))
			return check, nil
		})
	if err != nil {
		return nil, err
	}
	if err := p.conn.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&facts.StopTime); err != nil {
		return nil, p.server.classify(ctx, "read the server's clock", err)
	}
	facts.StopTime = facts.StopTime.UTC()
	c := check.content
	facts.Timeline, facts.StartLSN, facts.StopLSN = c.timeline, c.start, c.stop
	facts.Files, facts.DataBytes = c.files, c.bytes
	if err := s.publish(); err != nil {
		return nil, err
	}
	finished := r.o.Now().UTC()
	m := &Manifest{
		SchemaVersion: manifestVersion, Kind: kindBase, ID: id, StartedAt: started, FinishedAt: finished,
		Host: r.o.Host, Program: r.o.Program, Database: p.Database.forManifest(), Server: p.Server, ClientVersion: p.Client.String(),
		DumpFlags: flags, Format: "tar", Compression: p.codec.String(), Encryption: p.encryption(), Archive: info,
		Tables: []TableRows{}, Warnings: append(p.Warnings, c.warnings...), Base: facts,
		Verifications: []Verification{{Level: LevelDecode, At: finished, OK: true, DurationMs: finished.Sub(started).Milliseconds()}},
	}
	return m, nil
}

// tablespaces lists the directories that the cluster has outside its own. Those inside it need no care.
func tablespaces(ctx context.Context, p *ready) ([]Tablespace, error) {
	rows, err := p.conn.Query(ctx, `SELECT oid, spcname, pg_tablespace_location(oid) FROM pg_tablespace
		WHERE pg_tablespace_location(oid) LIKE '/%' ORDER BY oid`)
	if err != nil {
		return nil, p.server.classify(ctx, "list tablespaces", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Tablespace])
	return list, p.server.classify(ctx, "list tablespaces", err)
}

// keepLog puts the log inside the copy into the log archive, so that there is one place to
// recover from. A segment that is not complete yet, as on a standby, is left to the archiver.
func (r *Repository) keepLog(ctx context.Context, p *ready) func(name string, data []byte) error {
	return func(name string, data []byte) error {
		n, err := wal.ParseName(name)
		if err != nil || n.Kind == wal.Label {
			return nil //nolint:nilerr // a file of another kind beside the log
		}
		if n.Kind == wal.Segment && summarize(n, data).Problem != "" {
			return nil
		}
		_, err = r.archive(ctx, archived{name: name, data: data, system: p.Server.SystemIdentifier, codec: p.codec, recipients: p.recipients, keys: p.request.Recipients})
		return err
	}
}

// baseFacts reads what a recovering server must have at least as much of.
func baseFacts(ctx context.Context, p *ready) (*BaseInfo, error) {
	b := &BaseInfo{User: p.server.config.User, Settings: map[string]string{}}
	if b.User == "" {
		if err := p.conn.QueryRow(ctx, "SELECT current_user").Scan(&b.User); err != nil {
			return nil, p.server.classify(ctx, "read role", err)
		}
	}
	rows, err := p.conn.Query(ctx, `SELECT name, setting FROM pg_settings WHERE name IN ('max_connections', 'max_worker_processes',
		'max_wal_senders', 'max_prepared_transactions', 'max_locks_per_transaction', 'wal_segment_size')`)
	if err != nil {
		return nil, p.server.classify(ctx, "read settings", err)
	}
	var name, value string
	if _, err := pgx.ForEachRow(rows, []any{&name, &value}, func() error {
		if name == "wal_segment_size" {
			_, err := fmt.Sscan(value, &b.SegmentBytes)
			return err
		}
		b.Settings[name] = value
		return nil
	}); err != nil {
		return nil, p.server.classify(ctx, "read settings", err)
	}
	return b, nil
}

// Bases returns every base backup of the scope's cluster, newest first.
func (r *Repository) Bases() ([]Entry, error) {
	list, err := r.allBases()
	return r.narrow(list), err
}

func (r *Repository) allBases() ([]Entry, error) {
	if r.target != nil {
		return slices.Clone(r.bases), nil
	}
	names, err := namesIn(r.baseDirectory())
	if err != nil {
		return nil, err
	}
	var out []Entry
	for _, name := range names {
		if m := baseName().FindStringSubmatch(name); m != nil && m[2] == "" {
			out = append(out, Entry{ID: m[1], dir: filepath.Join(r.baseDirectory(), name), kind: kindBase, signing: r.o.Signing}.inspect())
		}
	}
	sortNewest(out)
	return out, nil
}

// sweepBases removes what runs that died have left. It must run under the catalogue's lock.
func (r *Repository) sweepBases() error {
	dir := r.baseDirectory()
	names, err := namesIn(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if m := baseName().FindStringSubmatch(name); m != nil && m[2] != "" && !alive(filepath.Join(dir, name, lockName)) {
			if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
				return storageError(dir, err)
			}
		}
	}
	return nil
}

// removeBase renames the directory first: from then on it is not listed, and a sweep finishes.
func (r *Repository) removeBase(e Entry) error {
	gone := e.dir + tombstoneExt
	if err := os.Rename(e.dir, gone); err != nil {
		return storageError(r.baseDirectory(), err)
	}
	if err := errors.Join(syncDirectory(r.baseDirectory()), os.RemoveAll(gone)); err != nil {
		return storageError(r.baseDirectory(), err)
	}
	return nil
}

func (r *Repository) nextBaseID(now time.Time) string {
	names, _ := namesIn(r.baseDirectory()) // an unreadable directory is reported by what follows
	return freeID(now, func(id string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, basePrefix+id) })
	})
}
