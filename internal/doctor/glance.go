package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/axisor/axisor/pkg/backup"
	"github.com/axisor/axisor/pkg/migrate"
	"github.com/axisor/axisor/pkg/store"
)

// State is what an installation needs next.
type State string

// The states, in the order in which they are met on the way from nothing to an installation that works.
const (
	NoConfig    State = "no_config"
	BadConfig   State = "bad_config"
	Unreachable State = "unreachable"
	NoSchema    State = "no_schema"
	OldSchema   State = "old_schema"
	NewSchema   State = "new_schema"
	NoUsers     State = "no_users"
	Unprotected State = "unprotected"
	StaleBackup State = "stale_backup"
	Well        State = "well"
)

// Glance tells which state an installation is in, with a sentence on it. Unlike Run it looks only until it finds
// something, and never longer than limit: it answers somebody who typed the program's name and nothing else.
func Glance(ctx context.Context, in Installation, limit time.Duration) (State, string) {
	loaded, err := in.Config()
	if err != nil {
		return BadConfig, err.Error()
	}
	if loaded.Config.Database.URL.IsZero() {
		return NoConfig, "no database is configured yet"
	}
	db, err := in.DB() // opens, does not connect
	if err != nil {
		return BadConfig, err.Error()
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	type answer struct {
		state State
		text  string
	}
	done := make(chan answer, 1)
	// The context ends every wait for the server, but not one for a name server or a dead network disk: those are
	// left behind.
	go func() {
		v := &visit{in: in}
		state, text := v.glance(ctx, db)
		done <- answer{state, text}
	}()
	late := fmt.Sprintf("the database at %s did not answer within %s", db.Target(), limit)
	select {
	case a := <-done:
		if ctx.Err() != nil {
			return Unreachable, late
		}
		return a.state, a.text
	case <-ctx.Done():
		return Unreachable, late
	}
}

func (v *visit) glance(ctx context.Context, db *store.DB) (State, string) {
	q := db.SQL()
	m, err := migrate.New(q, migrate.Options{Logger: v.in.Logger, Now: v.in.Now})
	if err != nil {
		return unreachable(err)
	}
	switch err := m.Check(ctx); {
	case errors.Is(err, migrate.ErrNoSchema):
		return NoSchema, "the database is reachable and has no schema"
	case errors.Is(err, migrate.ErrSchemaOld):
		return OldSchema, err.Error()
	case errors.Is(err, migrate.ErrSchemaNew):
		return NewSchema, err.Error()
	case err != nil:
		return unreachable(err)
	}
	var some bool
	if err := db.Queries().QueryRowContext(ctx, `SELECT EXISTS (SELECT FROM "User")`).Scan(&some); err != nil {
		return unreachable(err)
	}
	if !some {
		return NoUsers, "the schema exists and has no users"
	}
	switch p, err := db.GuardProtection(ctx, v.in.Now().Add(-store.GuardUnseen)); {
	case err != nil:
		return unreachable(err)
	case p.Protected < p.Wanting:
		return Unprotected, danger(p)
	}
	cfg, err := v.settings()
	if err != nil {
		return BadConfig, err.Error()
	}
	repo, err := v.repository(ctx)
	if err != nil {
		return StaleBackup, err.Error()
	}
	var id backup.Identity
	if err := q.QueryRowContext(ctx, `SELECT current_database(), system_identifier::text FROM pg_control_system()`).Scan(&id.Database, &id.System); err == nil {
		repo = repo.For(backup.Scope{Identity: id})
	}
	entries, err := repo.List()
	if err != nil {
		return StaleBackup, err.Error()
	}
	if len(entries) == 0 || entries[0].Manifest == nil {
		return StaleBackup, "there is no good backup in " + cfg.Backup.Directory
	}
	if age := v.in.Now().Sub(entries[0].Manifest.StartedAt); age > backupWarn {
		return StaleBackup, "the newest backup was made " + ago(age)
	}
	return Well, "configuration, database, schema and backup are in order"
}

// unreachable keeps the first line: a driver that tried several addresses tells a story of each.
func unreachable(err error) (State, string) {
	text, _, _ := strings.Cut(err.Error(), "\n")
	var e *store.Error
	if errors.As(err, &e) {
		text, _, _ = strings.Cut(e.Message, "\n")
		text = fmt.Sprintf("%s at %s: %s", e.Kind, e.Target, text)
	}
	return Unreachable, strings.TrimRight(text, ". ")
}
