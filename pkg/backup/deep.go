package backup

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"filippo.io/age"
	"github.com/jackc/pgx/v5"

	"github.com/axisor/axisor/pkg/backup/toc"
	"github.com/axisor/axisor/pkg/secret"
)

const scratchPrefix = "axisor_verify_"

var scratchName = pattern(`^axisor_verify_[0-9a-f]{16}$`)

// deep restores the backup into a scratch database and compares every table's rows.
func (r *Repository) deep(ctx context.Context, e Entry, c Check, identities []age.Identity) (err error) {
	if c.Hash && len(e.Manifest.Tables) > 0 && e.Manifest.Tables[0].Hash == "" {
		return &InputError{Field: "level", Value: "hash", Rule: "cannot be checked: the backup was made without --hash"}
	}
	if c.PrivateOnly {
		return r.deepPrivate(ctx, e, c, identities)
	}
	if c.Server.IsZero() {
		return &InputError{Field: "server", Value: "", Rule: "is needed to restore into"}
	}
	err = r.deepOn(ctx, e, c, identities)
	if errors.Is(err, errNoScratch) && c.Private != nil {
		if perr := r.deepPrivate(ctx, e, c, identities); perr != nil {
			var damaged *DamagedError
			if errors.As(perr, &damaged) || ctx.Err() != nil {
				return perr
			}
			return fmt.Errorf("%w (and on the configured server: %w)", perr, err)
		}
		return nil
	}
	return err
}

// errNoScratch means that this login may not make a database, and a login without rights for it, on this server.
var errNoScratch = errors.New("no scratch database may be made")

// PrivateServer starts a throw-away server of one major version. It gives a superuser's URL, and what
// ends the server and removes it.
type PrivateServer func(ctx context.Context, major int) (url secret.Secret, end func() error, err error)

// deepPrivate restores into a server of our own, for when the one in use may not be used.
func (r *Repository) deepPrivate(ctx context.Context, e Entry, c Check, identities []age.Identity) (err error) {
	url, end, err := c.Private(ctx, versionFromNumber(e.Manifest.Server.VersionNumber).Major)
	if err != nil {
		return fmt.Errorf("start a private server: %w", err)
	}
	defer func() { err = errors.Join(err, end()) }()
	c.Server = url
	if c.OnPrivate != nil {
		c.OnPrivate()
	}
	if err := r.makeRoles(ctx, e, url, identities); err != nil {
		return err
	}
	return r.deepOn(ctx, e, c, identities)
}

// makeRoles makes the roles without which row security policies do not come back.
func (r *Repository) makeRoles(ctx context.Context, e Entry, url secret.Secret, identities []age.Identity) error {
	found, err := r.contents(ctx, e, identities)
	if errors.Is(err, toc.ErrUnknownFormat) {
		return nil
	}
	if err != nil {
		return err
	}
	admin, conn, err := r.login(ctx, url)
	if err != nil {
		return err
	}
	defer admin.close(ctx, conn)
	for _, name := range found.Roles().Policies {
		var there bool
		err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", name).Scan(&there)
		if err == nil && !there {
			_, err = conn.Exec(ctx, "CREATE ROLE "+pgx.Identifier{name}.Sanitize())
		}
		if err != nil {
			return admin.classify(ctx, "make role "+name, err)
		}
	}
	return nil
}

// deepOn restores into a scratch database of a server.
func (r *Repository) deepOn(ctx context.Context, e Entry, c Check, identities []age.Identity) (err error) {
	admin, conn, err := r.login(ctx, c.Server)
	if err != nil {
		return err
	}
	defer admin.close(ctx, conn)
	server, _, err := serverFacts(ctx, admin, conn)
	if err != nil {
		return err
	}
	tools, err := r.o.Tools.Find(ctx, max(r.archiveMajor(e), versionFromNumber(server.VersionNumber).Major))
	if err != nil {
		return err
	}
	if err := dropOrphans(ctx, admin, conn); err != nil {
		return err
	}
	contents, err := r.contents(ctx, e, identities)
	if err != nil {
		return err
	}
	s, err := r.makeScratch(ctx, admin, conn, server, e.Manifest.Database, c.noted)
	if err != nil {
		return err
	}
	defer func() {
		if derr := s.drop(ctx); derr != nil && err == nil {
			err = derr
		}
	}()
	d := &deepRun{repo: r, entry: e, check: c, tools: tools, scratch: s, contents: contents, identities: identities}
	return d.run(ctx)
}

// deepRun is one deep check on its way.
type deepRun struct {
	repo       *Repository
	entry      Entry
	check      Check
	tools      Toolset
	scratch    *scratch
	contents   *toc.Contents
	identities []age.Identity

	failures []Failure // entries that the server did not take
}

func (d *deepRun) run(ctx context.Context) error {
	if err := d.restore(ctx, false); err != nil {
		return d.repo.attributeFailure(ctx, d.entry, d.identities, err)
	}
	for i, f := range d.failures {
		if i == 5 {
			d.check.noted(fmt.Sprintf("and %d more entries were not restored", len(d.failures)-i))
			break
		}
		d.check.noted("not restored: " + f.String())
	}
	found, err := d.dumpSchema(ctx)
	if err != nil {
		return err
	}
	if err := d.compareContent(ctx); err != nil {
		return d.explainFailure(err)
	}
	return d.explainFailure(d.compareSchema(ctx, found))
}

// explainFailure keeps the fault from the backup when the server refused a part of it.
func (d *deepRun) explainFailure(err error) error {
	var damaged *DamagedError
	if len(d.failures) == 0 || !errors.As(err, &damaged) {
		return err
	}
	return &ToolError{
		Kind: ErrToolFailed, Tool: "pg_restore", Path: d.tools.Restore,
		Cause: fmt.Errorf("the server of this check did not take a part of the backup (%s), so that %s", d.failures[0], damaged.Problem),
	}
}

// restore loads the archive, or its definitions only. Each entry is a transaction of its own: one for all would
// need a lock for every table, and would end at an entry that this login may not make.
func (d *deepRun) restore(ctx context.Context, schemaOnly bool) error {
	there, err := d.scratch.prepare(ctx, d.contents)
	if err != nil {
		return err
	}
	failed := &failureLog{}
	how := loading{schemaOnly: schemaOnly, scratch: true, failed: failed, keep: func(e toc.Entry) bool { return !there[e.ID] && !actsByItself(e) }}
	err = d.repo.load(ctx, d.entry, d.tools, d.scratch.login, how, d.identities)
	if !schemaOnly {
		d.failures = failed.list(d.contents)
	}
	return err
}

// actsByItself reports whether an entry must not be in a scratch copy: it connects elsewhere, publishes, or runs at
// other people's commands; or it belongs to an object that is left out.
func actsByItself(e toc.Entry) bool {
	kind := e.Kind
	if kind == "COMMENT" || kind == "SECURITY LABEL" || kind == "ACL" {
		kind = e.Name
	}
	for _, left := range []string{"SUBSCRIPTION", "EVENT TRIGGER", "PUBLICATION", "USER MAPPING"} {
		if kind == left || strings.HasPrefix(kind, left+" ") {
			return true
		}
	}
	return e.Kind == "COMMENT" && (strings.HasPrefix(e.Name, "EXTENSION ") || strings.HasPrefix(e.Name, "FOREIGN DATA WRAPPER ")) ||
		e.Kind == "SECURITY LABEL" || e.Kind == "DATABASE" || e.Kind == "DATABASE PROPERTIES"
}

// attributeFailure finds out why a restore failed. An archive that decodes to its end is whole; then the
// server is at fault (an extension it lacks, a full disk), and the backup must not be marked.
func (r *Repository) attributeFailure(ctx context.Context, e Entry, identities []age.Identity, err error) error {
	var tool *ToolError
	if !errors.As(err, &tool) {
		return err
	}
	if derr := r.decode(ctx, e, identities); derr != nil {
		return derr
	}
	return fmt.Errorf("restore: %w", err)
}

// login opens a session from which databases can be made. After a disaster the database of
// the URL may be the very one that is gone; every server has one named postgres.
func (r *Repository) login(ctx context.Context, url secret.Secret) (*endpoint, *pgx.Conn, error) {
	e, err := newEndpoint(url, "", r.o.Environ)
	if err != nil {
		return nil, nil, err
	}
	conn, err := e.connect(ctx)
	if hasState(err, "3D000") {
		if e, err = newEndpoint(url, "postgres", r.o.Environ); err != nil {
			return nil, nil, err
		}
		conn, err = e.connect(ctx)
	}
	return e, conn, err
}

// compareWith counts the restored tables and compares them with the manifest.
func compareWith(ctx context.Context, e Entry, restored *endpoint, hash bool) error {
	conn, err := restored.connect(ctx)
	if err != nil {
		return err
	}
	defer restored.close(ctx, conn)
	return compareOn(ctx, e, restored, conn, hash)
}

func compareOn(ctx context.Context, e Entry, restored *endpoint, conn *pgx.Conn, hash bool) error {
	if _, err := conn.Exec(ctx, "SELECT set_config('row_security', 'off', false)"); err != nil {
		return restored.classify(ctx, "prepare count", err)
	}
	got, err := countTables(ctx, restored, conn, hash)
	if err != nil {
		return err
	}
	if !e.Manifest.RowsCounted {
		return nil
	}
	if err := compareTables(e.Manifest.Tables, got); err != nil {
		return &DamagedError{ID: e.ID, File: e.Manifest.Archive.Name, Level: LevelDeep, Problem: err.Error(), Cause: err}
	}
	return nil
}

// createDatabase makes an empty database that sorts and stores text as the original does.
func createDatabase(ctx context.Context, e *endpoint, conn *pgx.Conn, name string, like Database, more string) error {
	sql := "CREATE DATABASE " + pgx.Identifier{name}.Sanitize() + " TEMPLATE template0" + like.localeOptions() + more
	if _, err := conn.Exec(ctx, sql); err != nil {
		return e.classify(ctx, "create database "+name, err)
	}
	return nil
}

// dropDatabase removes a database although sessions may still be in it.
func dropDatabase(ctx context.Context, e *endpoint, conn *pgx.Conn, name string) error {
	sql := "DROP DATABASE IF EXISTS " + pgx.Identifier{name}.Sanitize() + " WITH (FORCE)"
	var err error
	if !conn.IsClosed() {
		_, err = conn.Exec(ctx, sql)
	}
	if conn.IsClosed() { // a cancelled query, or the exchange of names, has ended the session
		fresh, cerr := e.connect(ctx)
		if cerr != nil {
			return cerr
		}
		defer e.close(ctx, fresh)
		_, err = fresh.Exec(ctx, sql)
	}
	return e.classify(ctx, "drop database "+name, err)
}

// dropOrphans removes scratch databases, and their logins, whose owner died: no session bears their name. An
// advisory lock would not do, it is seen only within one database.
func dropOrphans(ctx context.Context, e *endpoint, conn *pgx.Conn) error {
	rows, err := conn.Query(ctx, `SELECT name FROM (SELECT datname AS name FROM pg_database WHERE starts_with(datname, $1) OR datname ~ $2
			UNION SELECT rolname FROM pg_roles WHERE starts_with(rolname, $1)) d
		WHERE NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.application_name = d.name)`, scratchPrefix, sidePattern)
	if err != nil {
		return e.classify(ctx, "list scratch databases", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return e.classify(ctx, "list scratch databases", err)
	}
	for _, name := range names {
		if !scratchName().MatchString(name) && !sideName().MatchString(name) {
			continue
		}
		// Another user's leftover is not ours to drop, and no reason to fail.
		if scratchName().MatchString(name) {
			_ = dropScratch(ctx, e, conn, name)
		} else {
			_ = dismantle(ctx, e, conn, name)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

// nameSession says that the owner of a scratch database lives, until the session ends.
func nameSession(ctx context.Context, e *endpoint, conn *pgx.Conn, name string) error {
	_, err := conn.Exec(ctx, `SELECT set_config('application_name', $1, false)
		UNION ALL SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'idle_session_timeout'`, name)
	return e.classify(ctx, "name session", err)
}

func randomScratch() (string, error) {
	end, err := randomEnd()
	return scratchPrefix + end, err
}

func randomEnd() (string, error) {
	b := make([]byte, 8)
	if _, err := rand.Read(b); err != nil {
		return "", fmt.Errorf("choose scratch name: %w", err)
	}
	return hex.EncodeToString(b), nil
}
