package config

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/prompt"
	"github.com/axisor/axisor/pkg/migrate"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

// connectTime is how long the first configuration waits for the database that it names.
const connectTime = 5 * time.Second

// initChecks is what was found out about the answers. A failure is told and does not keep the file from being
// written: configurations are often made before the database is.
type initChecks struct {
	ServerVersion   *string `json:"server_version"`
	Schema          *string `json:"schema"` // current, missing, old or new
	ConnectionError *string `json:"connection_error"`
	PgDump          *string `json:"pg_dump"`
}

// connect tries an address.
func (c *initChecks) connect(ctx context.Context, o *initOptions, raw string) {
	*c = initChecks{}
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	db, err := store.Open(store.Options{URL: secret.New(raw), MaxConnections: 1, ConnectTimeout: connectTime, Logger: o.app.Log()})
	if err == nil {
		defer func() { _ = db.Close() }()
		var version string
		if err = db.SQL().QueryRowContext(ctx, `SELECT split_part(current_setting('server_version'), ' ', 1)`).Scan(&version); err == nil {
			c.ServerVersion = &version
		}
	}
	if err != nil {
		c.ConnectionError = new(err.Error())
		if ctx.Err() != nil {
			c.ConnectionError = new(fmt.Sprintf("no answer within %s", connectTime))
		}
		return
	}
	m, err := migrate.New(db.SQL(), migrate.Options{Logger: o.app.Log()})
	if err != nil {
		return
	}
	switch err := m.Check(ctx); {
	case err == nil:
		c.Schema = new("current")
	case errors.Is(err, migrate.ErrNoSchema):
		c.Schema = new("missing")
	case errors.Is(err, migrate.ErrSchemaOld):
		c.Schema = new("old")
	case errors.Is(err, migrate.ErrSchemaNew):
		c.Schema = new("new")
	}
}

// tools looks for the programs that make backups.
func (c *initChecks) tools(ctx context.Context, o *initOptions) error {
	major := 0
	if c.ServerVersion != nil {
		if _, err := fmt.Sscanf(*c.ServerVersion, "%d", &major); err != nil {
			major = 0
		}
	}
	set, err := o.app.Programs("").Find(ctx, major)
	if err == nil {
		c.PgDump = &set.Dump
	}
	return err
}

// say tells the person what the connection test found.
func (c *initChecks) say(p *output.Printer) {
	switch {
	case c.ConnectionError != nil:
		p.Warn("cannot connect: %s", *c.ConnectionError)
	case c.Schema == nil:
		p.Notice("connected: PostgreSQL %s", *c.ServerVersion)
	default:
		words := map[string]string{
			"current": "the schema is up to date", "missing": "no schema yet", "old": "the schema is older than this program",
			"new": "the schema is newer than this program",
		}
		p.Notice("connected: PostgreSQL %s, %s", *c.ServerVersion, words[*c.Schema])
	}
}

const (
	correctIt = "correct the address"
	keepIt    = "write it as it is"
)

// again asks whether an address that does not answer shall be corrected.
func (o *initOptions) again(ctx context.Context) (bool, error) {
	choice := correctIt
	err := o.ask(ctx, prompt.Field{
		Title: "The database cannot be used so", Options: []string{correctIt, keepIt}, Value: &choice, Flag: "--offline",
	})
	return choice == correctIt, err
}
