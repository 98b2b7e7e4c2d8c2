package backup

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// scratch is a database for one check, and the login that it belongs to. That login may do nothing else, so the
// functions that a dump brings along (in checks, defaults, index expressions, materialised views) have no rights to
// misuse, and none to take back: a session that only changed its role could.
type scratch struct {
	admin  *endpoint // who made it
	conn   *pgx.Conn
	server Server
	name   string // of the database and of the login
	login  *endpoint
	like   Database
	note   func(string)
}

// scratchSettings are those of every session in a scratch database: it need not survive a crash.
const scratchSettings = "-c synchronous_commit=off -c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c lock_timeout=0"

// makeScratch makes login and database. Where this server or this login does not allow that, the error is
// errNoScratch.
func (r *Repository) makeScratch(ctx context.Context, admin *endpoint, conn *pgx.Conn, server Server, like Database, note func(string)) (_ *scratch, err error) {
	name, err := randomScratch()
	if err != nil {
		return nil, err
	}
	s := &scratch{admin: admin, conn: conn, server: server, name: name, like: like, note: note}
	// The session's name says that the owner of this database lives; it ends with the session.
	if err := nameSession(ctx, admin, conn, name); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.drop(ctx))
		}
	}()
	password, err := s.makeRole(ctx)
	if err != nil {
		return nil, fmt.Errorf("make a login without rights: %w", deniedHere(err))
	}
	if err := s.makeDatabase(ctx); err != nil {
		return nil, fmt.Errorf("create scratch database: %w", deniedHere(err))
	}
	s.login = admin.clone()
	s.login.as(name, password, name)
	probe, err := s.login.connect(ctx)
	if err != nil { // the server's rules for logins do not let it in
		return nil, fmt.Errorf("log in without rights: %w", errors.Join(err, errNoScratch))
	}
	s.login.close(ctx, probe)
	return s, nil
}

// deniedHere says that another server may be tried.
func deniedHere(err error) error {
	if errors.Is(err, ErrDenied) {
		return errors.Join(err, errNoScratch)
	}
	return err
}

func (s *scratch) makeRole(ctx context.Context) (password string, err error) {
	raw := make([]byte, 24)
	if _, err := rand.Read(raw); err != nil {
		return "", fmt.Errorf("choose password: %w", err)
	}
	password = hex.EncodeToString(raw)
	verifier, err := scramVerifier(password)
	if err != nil {
		return "", err
	}
	role := pgx.Identifier{s.name}.Sanitize()
	_, err = s.conn.Exec(ctx, "CREATE ROLE "+role+" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD "+quoteLiteral(verifier))
	if err != nil {
		return "", s.admin.classify(ctx, "create role "+s.name, err)
	}
	// Who is no superuser must be a member to make a database that belongs to it. A superuser needs nothing.
	_, err = s.conn.Exec(ctx, `DO $do$ BEGIN
		IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
			EXECUTE 'GRANT `+role+` TO ' || quote_ident(current_user);
		END IF; END $do$`)
	return password, s.admin.classify(ctx, "become a member of role "+s.name, err)
}

// scramVerifier is what a server stores of a password (RFC 5802 and 7677, in the form of pg_authid.rolpassword): the
// password itself would be in the server's log.
func scramVerifier(password string) (string, error) {
	const rounds = 4096
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("choose salt: %w", err)
	}
	salted, err := pbkdf2.Key(sha256.New, password, salt, rounds, sha256.Size)
	if err != nil {
		return "", fmt.Errorf("derive key: %w", err)
	}
	sign := func(text string) []byte {
		mac := hmac.New(sha256.New, salted)
		mac.Write([]byte(text))
		return mac.Sum(nil)
	}
	stored := sha256.Sum256(sign("Client Key"))
	text := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", rounds, text(salt), text(stored[:]), text(sign("Server Key"))), nil
}

// makeDatabase makes the database, into which nobody but its owner and superusers may look: it will be a copy of
// what may be production.
func (s *scratch) makeDatabase(ctx context.Context) error {
	quoted := pgx.Identifier{s.name}.Sanitize()
	owner := " OWNER " + quoted
	err := createDatabase(ctx, s.admin, s.conn, s.name, s.like, owner)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && (pg.Code == "22023" || pg.Code == "42809") { // such a locale is not on this machine
		plain := Database{Encoding: s.like.Encoding, Collate: "C", CharType: "C"}
		if cerr := createDatabase(ctx, s.admin, s.conn, s.name, plain, owner); cerr == nil {
			s.note("the locale of the database is not known to the server of this check, which took C in its place: " + pg.Message)
			err = nil
		}
	}
	if err != nil {
		return err
	}
	_, err = s.conn.Exec(ctx, "REVOKE ALL ON DATABASE "+quoted+" FROM PUBLIC")
	return s.admin.classify(ctx, "close scratch database", err)
}

// again empties the database.
func (s *scratch) again(ctx context.Context) error {
	if err := dismantle(ctx, s.admin, s.conn, s.name); err != nil {
		return err
	}
	return s.makeDatabase(ctx)
}

// drop removes database and login, also after the check was cancelled.
func (s *scratch) drop(ctx context.Context) error {
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	if err := dropScratch(clean, s.admin, s.conn, s.name); err != nil {
		return fmt.Errorf("drop scratch database %s: %w", s.name, err)
	}
	return nil
}

// clone is a copy that can be changed.
func (e *endpoint) clone() *endpoint {
	return &endpoint{config: e.config.Copy(), env: maps.Clone(e.env)}
}

// as makes the endpoint one of another login and database.
func (e *endpoint) as(user, password, database string) {
	e.config.User, e.config.Password, e.config.Database = user, password, database
	e.env["PGUSER"], e.env["PGDATABASE"] = user, database
	delete(e.env, "PGPASSFILE")
	// A role of the URL's options is not this login's.
	e.env["PGOPTIONS"] = scratchSettings
	for name := range e.config.RuntimeParams {
		if name == "role" || name == "session_authorization" || name == "options" {
			delete(e.config.RuntimeParams, name)
		}
	}
	e.config.RuntimeParams["synchronous_commit"] = "off"
}
