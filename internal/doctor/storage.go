package doctor

import (
	"context"
	"database/sql"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/backup"
	"github.com/axisor/axisor/pkg/namespace"
)

const (
	// A backup is refused without a fifth more room than the last one took; below three of them it is time to act.
	spaceFail, spaceWarn = 1.2, 3
	// archiveQuiet is how old the newest archived transaction may be while a receiver runs; a quiet night is normal.
	archiveQuiet = 24 * time.Hour
)

func (v *visit) repository(ctx context.Context) (*backup.Repository, error) {
	cfg, err := v.settings()
	if err != nil {
		return nil, err
	}
	o := backup.Options{Directory: v.path(cfg.Backup.Directory), Tools: v.in.Tools, Now: v.in.Now}
	if file := cfg.Backup.SigningKeyFile; file != "" {
		if o.Signing, err = backup.OpenSigningKey(v.path(file), config.ReadPrivateFile); err != nil {
			return nil, err
		}
	}
	repo := backup.Open(o)
	if s, ok := v.scope(ctx); ok {
		repo = repo.For(s)
	}
	return repo, nil
}

// scope is the configured database: the backups of another one in the same directory prove nothing about it.
func (v *visit) scope(ctx context.Context) (backup.Scope, bool) {
	if v.probe == nil { // at a glance the caller knows the database
		return backup.Scope{}, false
	}
	db, err := v.reachable()
	if err != nil {
		return backup.Scope{}, false
	}
	id := backup.Identity{Database: db.Target().Database}
	id.System, err = db.SystemIdentifier(ctx)
	return backup.Scope{Identity: id}, err == nil
}

func (v *visit) freeSpace(ctx context.Context) (Result, error) {
	repo, err := v.repository(ctx)
	if err != nil {
		return Result{}, err
	}
	free, err := repo.Free()
	if err != nil {
		return fail("axisor config show backup.directory", "%s", err), nil
	}
	list, err := repo.List()
	if err != nil {
		return Result{}, skip("needs the backup directory")
	}
	var last int64
	for _, e := range list {
		if e.Manifest != nil {
			last = e.Manifest.Bytes()
			break
		}
	}
	return judgeSpace(free, last), nil
}

// judgeSpace compares what is free with what the last backup took.
func judgeSpace(free, last int64) Result {
	room := float64(free)
	const fix = "axisor backup prune"
	switch {
	case last == 0:
		return good("%s free for backups; none yet to compare with", size(free))
	case room < spaceFail*float64(last):
		return fail(fix, "%s free, and the last backup took %s: the next one is refused", size(free), size(last))
	case room < spaceWarn*float64(last):
		return warn(fix, "%s free, room for less than %d backups of %s", size(free), spaceWarn, size(last))
	}
	return good("%s free, the last backup took %s", size(free), size(last))
}

// archive: a log with a hole ends every recovery there, and nobody notices until the day of need.
func (v *visit) archive(ctx context.Context) (Result, error) {
	repo, err := v.repository(ctx)
	if err != nil {
		return Result{}, err
	}
	s, err := repo.Status()
	if err != nil {
		return Result{}, skip("needs the backup directory")
	}
	if db, err := v.reachable(); err == nil {
		if r, err := v.archiver(ctx, db.SQL()); err != nil || r.Level != OK {
			return r, err
		}
	}
	return judgeArchive(s, v.in.Now()), nil
}

// judgeArchive says what the repository knows of the log.
func judgeArchive(s backup.Status, now time.Time) Result {
	if len(s.Clusters) == 0 {
		return good("not in use: without a base backup the dumps are all there is")
	}
	running := false
	var last *time.Time
	for _, r := range s.Receivers {
		running = running || r.Running
	}
	for _, c := range s.Clusters {
		if c.Holes > 0 {
			return fail("axisor backup wal verify", "the log of cluster %s has %s: recovery ends at the first", c.System, words.Count(c.Holes, "hole"))
		}
		if c.LastTime != nil && (last == nil || c.LastTime.After(*last)) {
			last = c.LastTime
		}
	}
	switch {
	case len(s.Receivers) > 0 && !running:
		return fail("axisor backup wal start", "the log is not being received any more")
	case last == nil:
		return warn("axisor backup wal verify", "no transaction is in the archived log")
	case now.Sub(*last) > archiveQuiet:
		return warn("axisor backup wal status", "the newest archived transaction is of %s", ago(now.Sub(*last)))
	}
	return good("no hole, recoverable until %s", ago(now.Sub(*last)))
}

// archiver asks the server about its own archive_command.
func (v *visit) archiver(ctx context.Context, db *sql.DB) (Result, error) {
	var mode string
	var failed int64
	var failedAt, archivedAt sql.NullTime
	err := db.QueryRowContext(ctx, `SELECT current_setting('archive_mode'), failed_count, last_failed_time, last_archived_time
		FROM pg_catalog.pg_stat_archiver`).Scan(&mode, &failed, &failedAt, &archivedAt)
	if err != nil {
		return Result{}, err
	}
	if mode != "off" && failedAt.Valid && (!archivedAt.Valid || failedAt.Time.After(archivedAt.Time)) {
		return fail(`axisor db shell -- -c "SELECT * FROM pg_stat_archiver"`, "archive_command fails, %s so far, the last time %s: the server keeps its log until its disk is full",
			words.Count(int(failed), "time"), ago(v.in.Now().Sub(failedAt.Time))), nil
	}
	return Result{Level: OK}, nil
}

func size(n int64) string { return humanize.IBytes(uint64(max(0, n))) }

// statistics: a plan made from old numbers can be a thousand times slower.
func (v *visit) statistics(ctx context.Context) (Result, error) {
	db, err := v.migrated()
	if err != nil {
		return Result{}, err
	}
	tables, err := db.TableSizes(ctx)
	if err != nil {
		return Result{}, err
	}
	var old, dead []string
	for _, t := range tables {
		switch t.Advice {
		case "analyze":
			old = append(old, t.Name)
		case "vacuum":
			dead = append(dead, t.Name)
		}
	}
	switch {
	case len(old) > 0:
		return warn("axisor doctor --fix", "out of date for %s: %s", words.Count(len(old), "table"), some(old)).with(analyze(db, old)), nil
	case len(dead) > 0:
		return warn(`axisor db shell -- -c 'VACUUM (ANALYZE) `+db.Named(namespace.Table(dead[0]))+`'`, "many dead rows in %s: %s", words.Count(len(dead), "table"), some(dead)), nil
	}
	return good("up to date"), nil
}
