package store

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/axisor/axisor/pkg/pgtls"
	"github.com/axisor/axisor/pkg/secret"
)

// ErrURL is returned for an address that cannot be used. The address itself is
// never part of the message: it holds a password.
var ErrURL = errors.New("invalid database URL")

// Target is a database address, understood.
type Target struct {
	Host     string // a directory when it begins with a slash
	Port     int
	Database string
	User     string
	Password secret.Secret
	// Params are what is left for the PostgreSQL client library.
	Params url.Values
	// Weak is true when the address allows a connection to another machine in clear text.
	Weak bool
	// Schema is Prisma's schema parameter, "" for public.
	Schema string
	// Pooler is true when Prisma's pgbouncer parameter says that a pooler sits in between.
	Pooler bool
	// Sessions is true when it says "session": each of our connections has a session of the server until it is closed.
	// Prisma takes the word for "true".
	Sessions bool
	// MaxConnections, PoolTimeout and ConnectTimeout are Prisma's, 0 when absent.
	MaxConnections int
	PoolTimeout    time.Duration
	ConnectTimeout time.Duration
	// Settings are run-time parameters of the server that stood in the address.
	Settings map[string]string
}

// clientParams are the parameters that libpq knows; it refuses all others.
func clientParams() []string {
	return []string{
		"host", "hostaddr", "port", "dbname", "user", "password", "passfile", "connect_timeout", "client_encoding",
		"options", "application_name", "fallback_application_name", "keepalives", "keepalives_idle",
		"keepalives_interval", "keepalives_count", "tcp_user_timeout", "sslmode", "sslcompression", "sslcert",
		"sslkey", "sslpassword", "sslcertmode", "sslrootcert", "sslcrl", "sslcrldir", "sslsni", "sslnegotiation",
		"ssl_min_protocol_version", "ssl_max_protocol_version", "requirepeer", "require_auth", "krbsrvname", "gsslib",
		"gssencmode", "service", "target_session_attrs", "load_balance_hosts", "channel_binding",
	}
}

// ParseURL understands libpq's URLs and Prisma's, which add parameters that a
// server would refuse: schema, connection_limit, pool_timeout, pgbouncer and
// more are translated and removed.
func ParseURL(raw string) (Target, error) {
	u, err := url.Parse(raw)
	if err != nil { // the error quotes the address
		return Target{}, fmt.Errorf("%w: it cannot be parsed; percent-encode special characters of the password", ErrURL)
	}
	if u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return Target{}, fmt.Errorf("%w: it must begin with postgres:// or postgresql://", ErrURL)
	}
	if u.Fragment != "" || strings.HasSuffix(raw, "#") {
		return Target{}, fmt.Errorf("%w: it contains a bare #; write %%23 when it belongs to the password", ErrURL)
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return Target{}, fmt.Errorf("%w: its parameters cannot be parsed", ErrURL)
	}
	t := Target{Params: url.Values{}, Settings: map[string]string{}}
	if err := t.translate(query); err != nil {
		return Target{}, err
	}
	u.RawQuery, u.Fragment = pgtls.Query(t.Params), ""
	cfg, added, err := pgtls.Parse(u.String())
	if err != nil {
		return Target{}, fmt.Errorf("%w: %s", ErrURL, parseReason(err))
	}
	if !hostsValid(cfg) {
		return Target{}, fmt.Errorf("%w: a host name holds a character that none can have", ErrURL)
	}
	for name, value := range added {
		t.Params.Set(name, value)
	}
	t.Weak = pgtls.Weak(cfg)
	t.Host, t.Port, t.Database, t.User = cfg.Host, int(cfg.Port), cfg.Database, cfg.User
	t.Password = secret.New(cfg.Password)
	if t.Database == "" {
		t.Database = t.User // the server's own rule
	}
	return t, nil
}

// hostsValid reports whether every host can be looked up: a directory, a name or an address.
func hostsValid(cfg *pgx.ConnConfig) bool {
	bad := func(host string) bool {
		if _, err := netip.ParseAddr(host); strings.Contains(host, ":") && err != nil && !path.IsAbs(host) && !strings.HasPrefix(host, "@") {
			return true // only an address of IPv6 has colons
		}
		return !path.IsAbs(host) && !strings.HasPrefix(host, "@") && strings.ContainsFunc(host, func(r rune) bool {
			return r <= ' ' || r == 0x7f || strings.ContainsRune("[]/?#\\\"<>^`{|}", r)
		})
	}
	return !bad(cfg.Host) && !slices.ContainsFunc(cfg.Fallbacks, func(f *pgconn.FallbackConfig) bool { return bad(f.Host) })
}

// parseReason keeps the reason of a pgx parse error and drops the address,
// which pgx quotes with the password masked only when it can find it.
func parseReason(err error) string {
	var parse interface{ Unwrap() error }
	if errors.As(err, &parse) && parse.Unwrap() != nil {
		return parse.Unwrap().Error()
	}
	return "a parameter has an invalid value"
}

// translate sorts the parameters: Prisma's become fields, the client library's
// stay, the rest are settings of the session.
func (t *Target) translate(query url.Values) error {
	known := clientParams()
	prismaTLS := query.Has("sslaccept") || query.Has("sslidentity")
	for name := range query {
		value := query.Get(name)
		var err error
		switch name {
		case "schema":
			if value != "public" {
				t.Schema = value
			}
		case "connection_limit":
			t.MaxConnections, err = strconv.Atoi(value)
			if err == nil && t.MaxConnections < 1 {
				err = errors.New("must be at least 1")
			}
		case "pool_timeout":
			t.PoolTimeout, err = seconds(value)
		case "connect_timeout":
			t.ConnectTimeout, err = seconds(value)
		case "pgbouncer":
			t.Pooler, t.Sessions = value != "false", value == "session"
		case "socket_timeout", "statement_cache_size", "sslaccept":
			// Meant for Prisma's own engine; sslaccept is read below.
		case "sslidentity":
			err = errors.New("PKCS#12 files are not supported; use sslcert and sslkey")
		case "sslcert":
			if prismaTLS { // Prisma's sslcert is the authority's certificate
				name = "sslrootcert"
			}
			t.Params.Set(name, value)
		default:
			if slices.Contains(known, name) {
				t.Params.Set(name, value)
			} else {
				t.Settings[name] = value
			}
		}
		if err != nil {
			return fmt.Errorf("%w: parameter %s: %s", ErrURL, name, plain(err))
		}
	}
	if query.Get("sslaccept") == "strict" {
		t.Params.Set("sslmode", "verify-full")
	}
	if t.Pooler && t.Schema != "" {
		return fmt.Errorf("%w: a pooler refuses schema=%s; set it on the role: ALTER ROLE … SET search_path", ErrURL, t.Schema)
	}
	return nil
}

func plain(err error) string {
	var num *strconv.NumError
	if errors.As(err, &num) {
		return "must be a number"
	}
	return err.Error()
}

func seconds(value string) (time.Duration, error) {
	n, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return 0, err
	}
	if n < 0 {
		return 0, errors.New("must not be negative")
	}
	return time.Duration(n * float64(time.Second)), nil
}

// String describes the target without its password.
func (t Target) String() string {
	host := net.JoinHostPort(t.Host, strconv.Itoa(t.Port))
	if path.IsAbs(t.Host) {
		host = t.Host + ":" + strconv.Itoa(t.Port)
	}
	return fmt.Sprintf("postgres://%s@%s/%s", t.User, host, t.Database)
}

// URL is the address in the form that libpq's programs accept, password included.
func (t Target) URL() secret.Secret {
	u := url.URL{Scheme: "postgres", Path: "/" + t.Database}
	q := url.Values{}
	maps.Copy(q, t.Params)
	if path.IsAbs(t.Host) {
		q.Set("host", t.Host)
		q.Set("port", strconv.Itoa(t.Port))
		q.Set("user", t.User)
		if !t.Password.IsZero() {
			q.Set("password", t.Password.Reveal())
		}
	} else {
		q.Del("host")
		q.Del("port")
		u.Host = net.JoinHostPort(t.Host, strconv.Itoa(t.Port))
		u.User = url.User(t.User)
		if !t.Password.IsZero() {
			u.User = url.UserPassword(t.User, t.Password.Reveal())
		}
	}
	u.RawQuery = pgtls.Query(q)
	return secret.New(u.String())
}
