package backup

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"filippo.io/age"
	"github.com/jackc/pgx/v5"
)

// A restore that does not fit into one transaction, or whose database has to be made, goes into a database with a name
// of its own (the side), which gets the final name when it was loaded and compared: whatever ends the restore, the
// final name never stands for half a database. The session that made the side bears its name, so that a later run knows
// whether its owner still lives; see dropOrphans.

const sidePattern = `_restoring_[0-9a-f]{16}$`

var sideName = pattern(sidePattern)

// restoring is one restore between its checks and its end.
type restoring struct {
	repo       *Repository
	e          Entry
	o          Restore
	identities []age.Identity
	chosen     []TableRows
	tools      Toolset
	admin      *endpoint
	conn       *pgx.Conn
	server     Server
	live       *Database // that has the name now; nil when there is none
	side       string    // where the backup is loaded; empty is the final name itself
	owner      string    // of the side; empty is the login
	changes    []propertyChange
	failed     *failureLog // of a restore that goes on after errors
	done       Restored
}

// RestoreTo loads a backup into a database. The archive's digest is checked before, the row
// counts after. On a failure an existing database is as it was, and one that was made here is
// dropped again.
func (r *Repository) RestoreTo(ctx context.Context, e Entry, o Restore) (Restored, error) {
	if o.Database == "" || strings.ContainsRune(o.Database, 0) {
		return Restored{}, &InputError{Field: "database", Value: o.Database, Rule: "must be the name of the database to restore into"}
	}
	if o.GoOn && o.Existing != Refuse {
		return Restored{}, &InputError{Field: "database", Value: o.Database, Rule: "cannot be replaced by a restore that goes on after errors"}
	}
	release, err := e.hold(ctx, r.o.Now)
	if err != nil {
		return Restored{}, err
	}
	defer release()
	p := &restoring{repo: r, e: e, o: o}
	if o.GoOn {
		p.failed = &failureLog{}
	}
	if err := p.readBackup(ctx); err != nil {
		return Restored{}, err
	}
	if p.admin, p.conn, err = r.login(ctx, o.Server); err != nil {
		return Restored{}, err
	}
	defer func() { p.admin.close(ctx, p.conn) }()
	if err := p.plan(ctx); err != nil {
		return Restored{}, err
	}
	if o.DryRun {
		p.done.NotKept = append(p.done.NotKept, foreseen(p.changes)...)
		return p.done, nil
	}
	return p.run(ctx)
}

// readBackup checks everything about the backup that needs no server.
func (p *restoring) readBackup(ctx context.Context) (err error) {
	if err := p.repo.verify(ctx, p.e, Check{Level: LevelDigest, Progress: p.o.Progress}); err != nil {
		return err
	}
	if err := checkRoleNames(p.o.MapRoles); err != nil {
		return err
	}
	p.identities, err = openIdentities(p.e, p.o.Identities)
	return err
}

// plan finds out what will be done, and whether it can be. It changes nothing.
func (p *restoring) plan(ctx context.Context) (err error) {
	r, m := p.repo, p.e.Manifest
	if p.server, _, err = serverFacts(ctx, p.admin, p.conn); err != nil {
		return err
	}
	if p.tools, err = r.o.Tools.Find(ctx, max(r.archiveMajor(p.e), versionFromNumber(p.server.VersionNumber).Major)); err != nil {
		return err
	}
	if p.chosen, err = r.chooseTables(ctx, p.e, p.o.Tables, p.admin, p.conn, p.identities); err != nil {
		return err
	}
	final, err := newEndpoint(p.o.Server, p.o.Database, r.o.Environ)
	if err != nil {
		return err
	}
	there, err := checkTarget(ctx, p.admin, p.conn, final)
	full := errors.Is(err, ErrTargetNotEmpty)
	if err != nil && (!full || p.o.Existing == Refuse) {
		return err
	}
	p.whoIsKept(full)
	p.done = Restored{ID: p.e.ID, Database: p.o.Database, Created: !there, Target: r.urlOf(p.o.Server, p.o.Database)}
	if p.done.Roles, err = p.roles(ctx); err != nil {
		return err
	}
	p.done.Tables, p.done.Rows = len(m.Tables), rowsOf(m, p.chosen, p.o.SchemaOnly)
	// A login that may make no databases can still fill an empty one that was made for it.
	if there && !full && p.how().oneTransaction() {
		if many, err := p.tooManyLocks(ctx); err != nil || !many {
			return err
		}
	}
	end, err := randomEnd()
	if err != nil {
		return err
	}
	p.side = besideName(p.o.Database, "restoring_"+end)
	if there {
		// With milliseconds: two exchanges in one second must not want the same name.
		stamp := strings.ReplaceAll(r.o.Now().UTC().Format(stampLayout+".000"), ".", "_")
		p.done.Previous = besideName(p.o.Database, "before_"+stamp)
		p.done.Dropped = p.o.Existing == Replace || !full
	}
	return p.planProperties(ctx, there)
}

// whoIsKept decides about owners and grants: what takes the place of a database in use keeps them, where they are from
// this very server and nobody says otherwise.
func (p *restoring) whoIsKept(full bool) {
	o := &p.o
	if len(o.MapRoles) > 0 {
		o.KeepOwner, o.KeepACL = true, true
	}
	home := p.server.SystemIdentifier != "" && p.server.SystemIdentifier == p.e.Manifest.Server.SystemIdentifier
	if full && home && o.Role == "" {
		o.KeepOwner, o.KeepACL = true, true
	}
	o.KeepOwner, o.KeepACL = o.KeepOwner && !o.NoOwner, o.KeepACL && !o.NoACL
}

// planProperties says what the new database will be like: like the one whose name it takes, or else like the one
// that was dumped.
func (p *restoring) planProperties(ctx context.Context, there bool) error {
	like := p.e.Manifest.Database
	p.owner = p.o.Role
	if there {
		live, err := readDatabase(ctx, p.admin, p.conn, p.o.Database)
		if err != nil {
			return err
		}
		if p.done.Stay, err = readStay(ctx, p.admin, p.conn, p.o.Database); err != nil {
			return err
		}
		p.live, like = &live, live
	}
	if like.Properties == nil {
		return nil
	}
	o := p.o
	if there {
		o.MapRoles = nil // its roles are those of this server
	}
	k, err := newKeeper(ctx, p.admin, p.conn, p.server.VersionNumber, like.Properties, o)
	if err != nil {
		return err
	}
	k.name, k.live = QuoteName(p.side), there
	k.owner, k.acl = there || o.KeepOwner, there || o.KeepACL
	if o.Role != "" {
		k.owner = false
	}
	if owner := k.as(like.Properties.Owner); k.owner && k.roles[owner] {
		p.owner = owner
	}
	p.changes = k.changes(like.Properties)
	return p.planTablespace(ctx, like.Properties)
}

// planTablespace drops a tablespace that this server lacks from the changes.
func (p *restoring) planTablespace(ctx context.Context, like *Properties) error {
	if like.Tablespace == "" || like.Tablespace == "pg_default" {
		return nil
	}
	var mayUse *bool
	if err := p.conn.QueryRow(ctx, "SELECT bool_and(has_tablespace_privilege(oid, 'CREATE')) FROM pg_tablespace WHERE spcname = $1", like.Tablespace).Scan(&mayUse); err != nil {
		return p.admin.classify(ctx, "look for tablespace", err)
	}
	w := propertyChange{what: fmt.Sprintf("tablespace %q", like.Tablespace)}
	switch {
	case mayUse == nil:
		w.problem = "this server has none of that name"
	case !*mayUse:
		w.problem = "this login may make nothing in it"
	}
	p.changes = append(p.changes, w)
	return nil
}

// like is what CREATE DATABASE is told.
func (p *restoring) like() (Database, string) {
	like := p.e.Manifest.Database
	if p.live != nil {
		like = *p.live
	}
	more := ""
	if p.owner != "" { // from the start: only who owns the database may have things made in its schema public
		more = " OWNER " + QuoteName(p.owner)
	}
	for _, w := range p.changes {
		if strings.HasPrefix(w.what, "tablespace ") && w.problem == "" {
			more += " TABLESPACE " + QuoteName(like.Properties.Tablespace)
		}
	}
	return like, more
}

func (p *restoring) how() loading {
	o := p.o
	return loading{jobs: o.Jobs, keep: chosenOnly(p.chosen), failed: p.failed, pieces: p.side != "", schemaOnly: o.SchemaOnly, owner: o.KeepOwner, acl: o.KeepACL, role: o.Role, names: o.MapRoles}
}

// run loads, compares and, at the very end, gives the final name.
func (p *restoring) run(ctx context.Context) (_ Restored, err error) {
	into := p.o.Database
	kept := false
	if p.side != "" {
		into = p.side
		if err := p.makeSide(ctx); err != nil {
			return Restored{}, err
		}
		defer func() {
			if err != nil && !kept {
				err = errors.Join(err, p.dropSide(ctx))
			}
		}()
	}
	target, err := newEndpoint(p.o.Server, into, p.repo.o.Environ)
	if err != nil {
		return Restored{}, err
	}
	if p.side != "" { // the exchange of names makes all of it durable
		target.env["PGOPTIONS"] = strings.TrimSpace(target.env["PGOPTIONS"] + " -c synchronous_commit=off")
	}
	if err := p.fill(ctx, target); err != nil {
		return Restored{}, err
	}
	if p.side == "" {
		return p.done, nil
	}
	lost, err := p.fulfil(ctx)
	if err != nil {
		return Restored{}, err
	}
	p.done.NotKept = append(p.done.NotKept, lost...)
	if err := p.repo.takeName(ctx, p.o, p.side, p.done.Previous); err != nil {
		return Restored{}, err
	}
	kept = true
	if p.done.Dropped {
		if err := p.repo.dropOld(ctx, p.o, p.done.Previous); err != nil {
			return p.done, fmt.Errorf("database %s is restored, but the old one is still there: %w", p.o.Database, err)
		}
	}
	return p.done, nil
}

// fulfil works on a session of its own: that of the restore may have been idle for hours.
func (p *restoring) fulfil(ctx context.Context) ([]string, error) {
	e, conn, err := p.repo.login(ctx, p.o.Server)
	if err != nil {
		return nil, err
	}
	defer e.close(ctx, conn)
	return fulfil(ctx, e, conn, p.changes)
}

func (p *restoring) makeSide(ctx context.Context) error {
	if err := dropOrphans(ctx, p.admin, p.conn); err != nil {
		return err
	}
	if err := nameSession(ctx, p.admin, p.conn, p.side); err != nil {
		return err
	}
	like, more := p.like()
	return createDatabase(ctx, p.admin, p.conn, p.side, like, more)
}

func (p *restoring) dropSide(ctx context.Context) error {
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	if err := dismantle(clean, p.admin, p.conn, p.side); err != nil {
		return fmt.Errorf("drop unfinished database: %w", err)
	}
	return nil
}

// fill loads the backup and compares what came.
func (p *restoring) fill(ctx context.Context, target *endpoint) error {
	if err := p.repo.load(ctx, p.e, p.tools, target, p.how(), p.identities); err != nil {
		return p.repo.attributeFailure(ctx, p.e, p.identities, err)
	}
	if p.failed != nil && p.failed.count() > 0 {
		contents, err := p.repo.contents(ctx, p.e, p.identities)
		if err != nil {
			return err
		}
		p.done.Failures, p.done.Failed = p.failed.list(contents), p.failed.count()
	}
	err := p.compare(ctx, target)
	var damaged *DamagedError
	if errors.As(err, &damaged) && p.done.Failed > 0 { // what it says is what the errors led to
		for line := range strings.SplitSeq(damaged.Problem, "\n") {
			p.done.Failures = append(p.done.Failures, Failure{Message: line})
		}
		err = nil
	}
	if err != nil {
		return err
	}
	return analyze(ctx, target)
}

func (p *restoring) compare(ctx context.Context, target *endpoint) error {
	if p.chosen == nil && !p.o.SchemaOnly {
		return compareWith(ctx, p.e, target, false)
	}
	return compareChosen(ctx, p.e, target, p.chosen, p.o.SchemaOnly)
}
