package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/axisor/axisor/pkg/pgdirect"
	"github.com/axisor/axisor/pkg/pgtls"
	"github.com/axisor/axisor/pkg/secret"
)

// endpoint is one database as both pgx and the client programs see it. The programs get everything but the password
// through their environment (argv is readable by every user of the machine), and that through a file of their own.
type endpoint struct {
	config *pgx.ConnConfig
	env    map[string]string
}

// libpqVariables maps URL parameters to the variables libpq reads instead.
func libpqVariables() map[string]string {
	return map[string]string{
		"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY",
		"sslcrl": "PGSSLCRL", "sslcrldir": "PGSSLCRLDIR", "sslsni": "PGSSLSNI", "sslnegotiation": "PGSSLNEGOTIATION",
		"ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION", "ssl_max_protocol_version": "PGSSLMAXPROTOCOLVERSION",
		"requirepeer": "PGREQUIREPEER", "channel_binding": "PGCHANNELBINDING", "require_auth": "PGREQUIREAUTH",
		"gssencmode": "PGGSSENCMODE", "krbsrvname": "PGKRBSRVNAME", "gsslib": "PGGSSLIB",
		"connect_timeout": "PGCONNECT_TIMEOUT", "target_session_attrs": "PGTARGETSESSIONATTRS",
		"passfile": "PGPASSFILE", "options": "PGOPTIONS",
	}
}

// inherited are the variables of our own environment that a child may see. Everything else
// stays out: PGSERVICE would override the URL, and other variables hold other secrets.
func inherited(name string) bool {
	switch name {
	case "PATH", "HOME", "TMPDIR", "USER", "LOGNAME", "LANG", "LD_LIBRARY_PATH", "KRB5CCNAME", "KRB5_CONFIG":
		return true
	}
	for _, v := range libpqVariables() {
		if v == name && name != "PGOPTIONS" {
			return true
		}
	}
	return false
}

// newEndpoint reads a libpq URL. database, when not empty, replaces the URL's own.
func newEndpoint(raw secret.Secret, database string, environ []string) (*endpoint, error) {
	config, added, err := pgtls.Parse(raw.Reveal())
	if err != nil {
		return nil, &InputError{Field: "database URL", Value: raw.String(), Rule: urlRule(err)}
	}
	if database != "" {
		config.Database = database
	}
	if config.Database == "" {
		config.Database = config.User
	}
	config.RuntimeParams["application_name"] = "axisor backup"

	env := map[string]string{}
	for _, kv := range environ {
		if name, value, ok := strings.Cut(kv, "="); ok && inherited(name) {
			env[name] = value
		}
	}
	if err := parameters(raw.Reveal(), env); err != nil {
		return nil, err
	}
	for name, value := range added {
		env[libpqVariables()[name]] = value
	}
	hosts, ports := addresses(config)
	env["PGHOST"], env["PGPORT"] = hosts, ports
	env["PGUSER"], env["PGDATABASE"] = config.User, config.Database
	env["PGAPPNAME"] = "axisor backup"
	env["LC_MESSAGES"] = "C"
	return &endpoint{config: config, env: env}, nil
}

// urlRule says what is wrong with a URL. pgx's message may repeat parts of it, a misplaced
// password among them; only the name of a file that cannot be read is safe to pass on.
func urlRule(err error) string {
	var file *fs.PathError
	if errors.As(err, &file) {
		return "names a file that cannot be read: " + file.Error()
	}
	return "is not a PostgreSQL URL"
}

// parameters turns the part after the question mark into variables.
func parameters(raw string, env map[string]string) error {
	_, query, ok := strings.Cut(raw, "?")
	if !ok {
		return nil
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return &InputError{Field: "database URL", Value: secret.Redacted, Rule: "has parameters that cannot be read"}
	}
	var settings []string
	for name, list := range values {
		value := list[len(list)-1]
		switch name {
		case "host", "port", "user", "password", "dbname", "database", "application_name":
			// pgx has resolved these already.
		case "schema", "connection_limit", "pool_timeout", "socket_timeout", "pgbouncer",
			"statement_cache_size", "sslaccept", "sslidentity", "single_use_connections":
			// Prisma's own; the server knows nothing of them.
		case "sslpassword":
			return &InputError{
				Field: "database URL", Value: secret.Redacted,
				Rule: "has sslpassword, which pg_dump takes only on its command line; use a key file without password",
			}
		default:
			if variable, known := libpqVariables()[name]; known {
				env[variable] = value
				continue
			}
			settings = append(settings, "-c "+name+"="+escapeOption(value))
		}
	}
	if len(settings) > 0 {
		slices.Sort(settings)
		env["PGOPTIONS"] = strings.TrimSpace(env["PGOPTIONS"] + " " + strings.Join(settings, " "))
	}
	return nil
}

func escapeOption(value string) string {
	return strings.NewReplacer(`\`, `\\`, " ", `\ `).Replace(value)
}

func addresses(config *pgx.ConnConfig) (hosts, ports string) {
	type address struct{ host, port string }
	list := []address{{config.Host, strconv.Itoa(int(config.Port))}}
	for _, f := range config.Fallbacks {
		// With sslmode prefer the same address is there twice.
		if a := (address{f.Host, strconv.Itoa(int(f.Port))}); !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	var hs, ps []string
	for _, a := range list {
		hs, ps = append(hs, a.host), append(ps, a.port)
	}
	return strings.Join(hs, ","), strings.Join(ps, ",")
}

// environment is what a client program is started with.
func (e *endpoint) environment() []string {
	out := make([]string, 0, len(e.env))
	for name, value := range e.env {
		out = append(out, name+"="+value)
	}
	slices.Sort(out)
	return out
}

// scrub removes the password from a text that a client program wrote.
func (e *endpoint) scrub(text string) string {
	if e == nil || e.config.Password == "" {
		return text
	}
	text = strings.ReplaceAll(text, e.config.Password, secret.Redacted)
	return strings.ReplaceAll(text, url.QueryEscape(e.config.Password), secret.Redacted)
}

// connect opens one session without time limits: a dump takes as long as it takes. A pooler's is refused, because
// settings, snapshots and names of sessions would be left on other people's.
func (e *endpoint) connect(ctx context.Context) (*pgx.Conn, error) {
	conn, err := pgx.ConnectConfig(ctx, e.config)
	if err != nil {
		return nil, e.classify(ctx, "connect to "+e.describe(), err)
	}
	if err := pgdirect.Check(ctx, conn); err != nil {
		e.close(ctx, conn)
		if errors.Is(err, pgdirect.ErrPooler) {
			return nil, fmt.Errorf("connect to %s: %w", e.describe(), err)
		}
		return nil, e.classify(ctx, "prepare session", err)
	}
	const settings = `SELECT set_config('statement_timeout', '0', false),
		set_config('idle_in_transaction_session_timeout', '0', false),
		set_config('search_path', '', false), set_config('TimeZone', 'UTC', false)`
	if _, err := conn.Exec(ctx, settings); err != nil {
		e.close(ctx, conn)
		return nil, e.classify(ctx, "prepare session", err)
	}
	return conn, nil
}

func (e *endpoint) describe() string {
	return fmt.Sprintf("database %q at %s:%d", e.config.Database, e.config.Host, e.config.Port)
}

// close ends the session also when the run's context is already cancelled.
func (e *endpoint) close(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	_ = conn.Close(ctx) // nothing depends on a polite goodbye
}

// classify adds ErrUnavailable or ErrDenied by SQLSTATE; the cause stays reachable.
func (e *endpoint) classify(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", doing, context.Cause(ctx))
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		kind := error(nil)
		switch {
		case strings.HasPrefix(pg.Code, "28"), pg.Code == "42501":
			kind = ErrDenied
		case strings.HasPrefix(pg.Code, "08"), strings.HasPrefix(pg.Code, "57P"), pg.Code == "3D000", pg.Code == "53300":
			kind = ErrUnavailable
		}
		if kind != nil {
			return fmt.Errorf("%s: %w: %s (%w)", doing, kind, pg.Message, &sqlStateError{pg})
		}
		return fmt.Errorf("%s: %s (%w)", doing, pg.Message, &sqlStateError{pg})
	}
	if refused := pgtls.Refused(err); refused != nil {
		return fmt.Errorf("%s: %w", doing, refused)
	}
	return fmt.Errorf("%s: %w: %s", doing, ErrUnavailable, e.scrub(err.Error()))
}

// sqlStateError keeps the server's error reachable without printing its detail, which may quote
// row values.
type sqlStateError struct{ cause *pgconn.PgError }

func (s *sqlStateError) Error() string { return "SQLSTATE " + s.cause.Code }
func (s *sqlStateError) Unwrap() error { return s.cause }

// hasState reports whether an error is a server's answer with one of these SQLSTATEs.
func hasState(err error, states ...string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && slices.Contains(states, pg.Code)
}

// quoteLiteral quotes a string for a statement that takes no parameters.
func quoteLiteral(s string) string {
	s = strings.ReplaceAll(s, "'", "''")
	if strings.Contains(s, `\`) {
		return " E'" + strings.ReplaceAll(s, `\`, `\\`) + "'"
	}
	return "'" + s + "'"
}
