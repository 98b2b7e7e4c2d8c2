package testdb

import (
	"context"
	"crypto/sha256"
	"database/sql"
	_ "embed" // the web application's schema
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // the "pgx" driver for the migrator

	"github.com/axisor/axisor/migrations"
	"github.com/axisor/axisor/pkg/migrate"
	"github.com/axisor/axisor/pkg/store"
)

// clone copies the migrated template.
func (s *server) clone(ctx context.Context) (string, error) {
	for attempt := 0; ; attempt++ {
		template, err := s.ensureTemplate(ctx)
		if err != nil {
			return "", err
		}
		name := s.name()
		err = s.create(ctx, name, template)
		if err == nil {
			return name, nil
		}
		if attempt > 0 || !isState(err, "3D000") {
			return "", err
		}
		s.templateMu.Lock() // someone dropped it as outdated: make it again
		s.template = ""
		s.templateMu.Unlock()
	}
}

// ensureTemplate returns the template's name, migrating it when no process has
// done so yet. Its name is a hash of what goes into it, so a changed migration
// gets a new template and never meets an old one.
func (s *server) ensureTemplate(ctx context.Context) (string, error) {
	s.templateMu.Lock()
	defer s.templateMu.Unlock()
	if s.template != "" {
		return s.template, nil
	}
	hash, err := contentHash(migrations.Files)
	if err != nil {
		return "", err
	}
	name := "axtpl_" + hash
	if inApplicationNaming() {
		sum := sha256.Sum256([]byte(Webapp))
		name += "_" + hex.EncodeToString(sum[:4])
	}
	err = s.with(ctx, func(c *pgx.Conn) error {
		if err := lockTemplate(ctx, c, name); err != nil {
			return err
		}
		var exists bool
		err := c.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&exists)
		if err != nil || exists {
			return err
		}
		return s.buildTemplate(ctx, name)
	})
	if err != nil {
		return "", fmt.Errorf("migrate template: %w", err)
	}
	s.template = name
	return name, nil
}

// lockTemplate polls instead of waiting inside the server: a waiting statement
// holds a snapshot, which concurrent index builds would wait for in turn.
func lockTemplate(ctx context.Context, c *pgx.Conn, name string) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		var got bool
		if err := c.QueryRow(ctx, "SELECT pg_try_advisory_lock(hashtextextended($1, 0))", name).Scan(&got); err != nil || got {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// buildTemplate migrates a database under a name that sweep recognises as ours
// and renames it at the end, so a half-made template is never seen.
func (s *server) buildTemplate(ctx context.Context, name string) error {
	building, err := s.empty(ctx)
	if err != nil {
		return err
	}
	if err := s.migrate(ctx, building); err != nil {
		return err
	}
	steps := []string{
		"ALTER DATABASE " + building + " ALLOW_CONNECTIONS false",
		fmt.Sprintf("COMMENT ON DATABASE %s IS '%s'", building, time.Now().UTC().Format(time.RFC3339)),
		"ALTER DATABASE " + building + " RENAME TO " + name,
	}
	for _, step := range steps {
		if err := retryBusy(ctx, func() error { return s.exec(ctx, step) }); err != nil {
			return err
		}
	}
	return nil
}

func (s *server) migrate(ctx context.Context, database string) error {
	address, err := s.url(database)
	if err != nil {
		return err
	}
	db, err := sql.Open("pgx", address)
	if err != nil {
		return err
	}
	defer db.Close()
	m, err := migrate.New(db, migrate.Options{ApplicationNames: true})
	if err != nil {
		return err
	}
	if inApplicationNaming() {
		return adopt(ctx, db, m)
	}
	_, err = m.Up(ctx)
	return err
}

// adopt makes the web application's database and adopts it.
func adopt(ctx context.Context, db *sql.DB, m *migrate.Migrator) error {
	if _, err := db.ExecContext(ctx, Webapp); err != nil {
		return err
	}
	_, err := m.Baseline(ctx, false)
	return err
}

// Application gives the test a database of its own, as the web application's own is, adopted.
func Application(t testing.TB) *store.DB {
	t.Helper()
	db := open(t, Empty(t))
	m, err := migrate.New(db.SQL(), migrate.Options{ApplicationNames: true})
	if err == nil {
		err = adopt(t.Context(), db.SQL(), m)
	}
	if err != nil {
		t.Fatalf("adopt the web application's database: %v", err)
	}
	return db
}

// Webapp makes an empty database as the web application's own is: by what its models say, in its own naming.
//
//go:embed webapp.sql
var Webapp string

// inApplicationNaming tells whether the databases of this run are those of the web application, adopted, and not what the
// migrations make: AXISOR_TEST_NAMING=app runs any test on them.
func inApplicationNaming() bool { return os.Getenv("AXISOR_TEST_NAMING") == "app" }

func contentHash(files fs.FS) (string, error) {
	h := sha256.New()
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(h, "%s %d\n%s", path, len(raw), raw)
		return err
	})
	return hex.EncodeToString(h.Sum(nil)[:8]), err
}
