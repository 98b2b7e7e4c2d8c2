package migrate

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// brief is a file system of migrations in which every file waits for its table locks as long as we say and not as long
// as it says: whoever comes after a waiting statement queues behind it, readers too. Our own schemas have the names of the
// installation that is migrated.
type brief struct {
	fs.FS
	locker *locker
	locks  map[string]fileLocks // by file
}

// Open implements fs.FS.
func (b brief) Open(name string) (fs.File, error) {
	f, err := b.FS.Open(name)
	if err != nil || path.Ext(name) != ".sql" {
		return f, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	sql := b.locker.place.names.Rename(withinBudget(string(text), b.locks[name]))
	return &memory{strings.NewReader(sql), info}, nil
}

// memory is an open file of brief.
type memory struct {
	*strings.Reader
	info fs.FileInfo
}

// Stat implements fs.File.
func (m *memory) Stat() (fs.FileInfo, error) { return m.info, nil }

// Close implements fs.File.
func (*memory) Close() error { return nil }

// blocker describes who is most likely in the way: the oldest transaction that holds a table. A role without the
// right sees no more than that there is one.
func (m *Migrator) blocker(ctx context.Context) string {
	var pid int
	var app, state, age string
	p, err := m.place(ctx)
	if err != nil {
		return ""
	}
	err = m.db.QueryRowContext(ctx, `SELECT a.pid, COALESCE(a.application_name, ''), COALESCE(a.state, ''),
			COALESCE(date_trunc('second', clock_timestamp() - a.xact_start)::text, '')
		FROM pg_catalog.pg_stat_activity a
		WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.xact_start IS NOT NULL AND EXISTS (
			SELECT FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation AND c.relkind IN ('r', 'p')
			WHERE l.pid = a.pid AND l.granted AND c.relnamespace IN `+p.schemas()+`)
		ORDER BY a.xact_start LIMIT 1`).Scan(&pid, &app, &state, &age)
	if err != nil {
		return ""
	}
	return fmt.Sprintf(" (oldest transaction: server process %d, %q, %s, for %s)", pid, app, state, age)
}
