package migrate

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"

	"github.com/axisor/axisor/pkg/namespace"
)

// indexFile is a migration file without a transaction. Such files hold index statements only.
type indexFile struct {
	version  int64
	name     string
	up, down []indexStatement
}

// indexStatement creates or drops one index.
type indexStatement struct {
	index  string
	schema string // as statements write it; "" for that of the shared tables
	sql    string
}

// in gives the statement the names of an installation.
func (s indexStatement) in(names namespace.Names) indexStatement {
	return indexStatement{index: s.index, schema: names.Rename(s.schema), sql: names.Rename(s.sql)}
}

// name is the index, for a statement.
func (s indexStatement) name() string {
	return qualified(s.schema, s.index)
}

const noTransaction = "-- +goose NO TRANSACTION"

// These two forms are all an index file may hold. No IF NOT EXISTS: the server answers it with success
// when the index is there but INVALID, which is the very case to find.
func createPattern() *regexp.Regexp {
	return regexp.MustCompile(`(?is)^CREATE (?:UNIQUE )?INDEX CONCURRENTLY (?P<index>"[^"]+") ON (?:(?P<schema>"[^"]+"|\w+)\.)?(?:"[^"]+"|\w+) .+$`)
}

func dropPattern() *regexp.Regexp {
	return regexp.MustCompile(`(?is)^DROP INDEX CONCURRENTLY (?:(?P<schema>"[^"]+"|\w+)\.)?(?P<index>"[^"]+")$`)
}

func readIndexFiles(files fs.FS) ([]indexFile, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	var found []indexFile
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read migration: %w", err)
		}
		if !strings.Contains(string(text), noTransaction) {
			continue
		}
		f, err := parseIndexFile(name, string(text))
		if err != nil {
			return nil, err
		}
		found = append(found, f)
	}
	return found, nil
}

func parseIndexFile(name, text string) (indexFile, error) {
	number, _, _ := strings.Cut(name, "_")
	version, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return indexFile{}, fmt.Errorf("migration %s: the name must begin with a number", name)
	}
	f := indexFile{version: version, name: name}
	_, body, ok := strings.Cut(text, "-- +goose Up")
	up, down, ok2 := strings.Cut(body, "-- +goose Down")
	if !ok || !ok2 {
		return indexFile{}, fmt.Errorf("migration %s: needs an Up and a Down part", name)
	}
	if f.up, err = parseStatements(name, up, createPattern()); err != nil {
		return indexFile{}, err
	}
	f.down, err = parseStatements(name, down, dropPattern())
	return f, err
}

func parseStatements(name, text string, form *regexp.Regexp) ([]indexStatement, error) {
	var code strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		if !strings.HasPrefix(strings.TrimSpace(line), "--") {
			code.WriteString(line + "\n")
		}
	}
	var found []indexStatement
	for s := range strings.SplitSeq(code.String(), ";") {
		s = strings.TrimSpace(s)
		if s == "" {
			continue
		}
		one, ok := parseIndex(form, s)
		if !ok {
			return nil, fmt.Errorf("migration %s: only CREATE and DROP INDEX CONCURRENTLY with quoted names can run without a transaction: %.80s", name, s)
		}
		found = append(found, one)
	}
	return found, nil
}

// parseIndex reads a statement of one of the two forms.
func parseIndex(form *regexp.Regexp, sql string) (indexStatement, bool) {
	match := form.FindStringSubmatch(sql)
	if match == nil {
		return indexStatement{}, false
	}
	return indexStatement{
		index: strings.Trim(match[form.SubexpIndex("index")], `"`), schema: match[form.SubexpIndex("schema")], sql: sql,
	}, true
}

func (m *Migrator) indexMigration(f indexFile) *goose.Migration {
	run := func(statements []indexStatement, each func(context.Context, *sql.Conn, indexStatement) error) *goose.GoFunc {
		return &goose.GoFunc{RunDB: func(ctx context.Context, _ *sql.DB) error {
			// The connection that holds the migration lock, not one from the pool: it has the session
			// settings, and the lock dies with it.
			conn := m.locker.conn
			// CONCURRENTLY blocks nobody while it waits, and giving up leaves an INVALID index.
			if _, err := conn.ExecContext(ctx, `SET lock_timeout = 0`); err != nil {
				return fmt.Errorf("prepare session: %w", err)
			}
			for _, s := range statements {
				s = s.in(m.locker.place.names)
				m.recorder.statement = s.sql + ";"
				stop := m.reportBuild(ctx, conn, s.index)
				err := each(ctx, conn, s)
				stop()
				if err != nil {
					return fmt.Errorf("index %q: %w", s.index, err)
				}
			}
			_, err := conn.ExecContext(ctx, `SET lock_timeout = '`+statementLockTimeout+`'`)
			return err
		}}
	}
	return goose.NewGoMigration(f.version, run(f.up, createIndex), run(f.down, dropIndex))
}

// createIndex makes one index and does not return nil unless it is there, valid and as described.
func createIndex(ctx context.Context, conn *sql.Conn, s indexStatement) error {
	exists, valid, err := indexState(ctx, conn, s)
	if err != nil {
		return err
	}
	if exists && valid {
		return sameIndex(ctx, conn, s)
	}
	if exists {
		if err := dropIndex(ctx, conn, s); err != nil {
			return fmt.Errorf("drop the invalid leftover: %w", err)
		}
	}
	if _, err := conn.ExecContext(ctx, s.sql); err != nil {
		return err
	}
	if exists, valid, err = indexState(ctx, conn, s); err != nil {
		return err
	}
	if !exists || !valid {
		return fmt.Errorf("the server left it invalid")
	}
	return nil
}

// dropIndex removes one index if it is there.
func dropIndex(ctx context.Context, conn *sql.Conn, s indexStatement) error {
	exists, _, err := indexState(ctx, conn, s)
	if err != nil || !exists {
		return err
	}
	_, err = conn.ExecContext(ctx, `DROP INDEX CONCURRENTLY `+s.name())
	return err
}

func indexState(ctx context.Context, conn *sql.Conn, s indexStatement) (exists, valid bool, err error) {
	err = conn.QueryRowContext(ctx, `SELECT count(*) > 0, COALESCE(bool_and(i.indisvalid AND i.indisready), false)
		FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
		WHERE c.oid = to_regclass($1)`, s.name()).Scan(&exists, &valid)
	if err != nil {
		return false, false, fmt.Errorf("look it up: %w", err)
	}
	return exists, valid, nil
}

// sameIndex refuses an index that has the right name and another definition: the schema would not be
// the one the files describe, and nobody would notice.
func sameIndex(ctx context.Context, conn *sql.Conn, s indexStatement) error {
	var definition string
	err := conn.QueryRowContext(ctx, `SELECT pg_get_indexdef(to_regclass($1))`, s.name()).Scan(&definition)
	if err != nil {
		return fmt.Errorf("read its definition: %w", err)
	}
	if normalIndex(definition) != normalIndex(s.sql) {
		return fmt.Errorf("exists with another definition: %s", definition)
	}
	return nil
}

// normalIndex strips from an index statement what the server adds when it prints one.
func normalIndex(s string) string {
	s = strings.ToLower(strings.ReplaceAll(s, `"`, ""))
	s = regexp.MustCompile(` on (?:only )?\w+\.`).ReplaceAllString(s, " on ")
	s = regexp.MustCompile(`::[a-z ]+`).ReplaceAllString(s, "")
	for _, noise := range []string{"concurrently", "using btree", " ", "\n", "\t", "(", ")"} {
		s = strings.ReplaceAll(s, noise, "")
	}
	return s
}
