// Package pgtls completes a PostgreSQL address by what it does not say about its own protection. libpq's defaults try TLS
// and go on without it, and give the password to whoever asks for it: a server in the middle only has to say no.
//
// To a socket or the loopback interface nothing is added. To any other host, what is not given in the address, in libpq's
// variables or in a service file becomes
//
//   - sslmode=verify-full where a root certificate is known (sslrootcert, PGSSLROOTCERT, ~/.postgresql/root.crt), else
//     sslmode=require;
//   - require_auth=scram-sha-256 when there is a password: SCRAM does not give it away, and proves that the server knew it.
//
// What is given is kept, however weak it is; Weak tells.
package pgtls

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// ErrUnprotected means that a server does not offer the protection that its address asks for.
var ErrUnprotected = errors.New("the connection would not be protected")

// Error is an ErrUnprotected with the reason.
type Error struct{ Reason string }

func (e *Error) Error() string { return ErrUnprotected.Error() + ": " + e.Reason }

// Unwrap gives the sentinel.
func (*Error) Unwrap() error { return ErrUnprotected }

// Parse reads an address of PostgreSQL, completed. Added are the parameters that it lacked, empty when nothing was.
func Parse(address string) (config *pgx.ConnConfig, added map[string]string, err error) {
	config, err = pgx.ParseConfig(address)
	if err != nil {
		return nil, nil, err
	}
	added = missing(config, address)
	if len(added) == 0 {
		return config, nil, nil
	}
	config, err = pgx.ParseConfig(with(address, added))
	return config, added, err
}

// missing are the parameters to add.
func missing(config *pgx.ConnConfig, address string) map[string]string {
	added := map[string]string{}
	if !remote(config) {
		return added
	}
	if !given(address, "sslmode", "PGSSLMODE") && Weak(config) && config.TLSConfig != nil { // libpq's "prefer"
		added["sslmode"] = "require"
		if given(address, "sslrootcert", "PGSSLROOTCERT") || defaultRoot() {
			added["sslmode"] = "verify-full"
		}
	}
	if config.Password != "" && config.RequireAuth == "" && !given(address, "require_auth", "PGREQUIREAUTH") {
		added["require_auth"] = "scram-sha-256"
	}
	return added
}

// defaultRoot reports whether there is a certificate where libpq looks for it by itself.
func defaultRoot() bool {
	home, err := os.UserHomeDir()
	if err != nil {
		return false
	}
	_, err = os.Stat(filepath.Join(home, ".postgresql", "root.crt"))
	return err == nil
}

// given reports whether an address has a parameter, or the environment libpq's variable for it.
func given(address, name, variable string) bool {
	if u, err := url.Parse(address); err == nil && u.Scheme != "" {
		return u.Query().Has(name) || os.Getenv(variable) != ""
	}
	return strings.Contains(address, name) || os.Getenv(variable) != ""
}

func with(address string, added map[string]string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" {
		for name, value := range added {
			address += fmt.Sprintf(" %s='%s'", name, value)
		}
		return address
	}
	q := u.Query()
	for name, value := range added {
		q.Set(name, value)
	}
	u.RawQuery = Query(q)
	return u.String()
}

// Query writes the parameters of an address as the server's own library and pgx read them: to these a plus sign is no blank.
func Query(q url.Values) string { return strings.ReplaceAll(q.Encode(), "+", "%20") }

// hops are the ways that a connection is tried.
func hops(config *pgx.ConnConfig) []*pgconn.FallbackConfig {
	return append([]*pgconn.FallbackConfig{{Host: config.Host, Port: config.Port, TLSConfig: config.TLSConfig}}, config.Fallbacks...)
}

func remote(config *pgx.ConnConfig) bool {
	return slices.ContainsFunc(hops(config), func(h *pgconn.FallbackConfig) bool { return !local(h.Host) })
}

// Weak reports whether the connection may go to another machine in clear text.
func Weak(config *pgx.ConnConfig) bool {
	return slices.ContainsFunc(hops(config), func(h *pgconn.FallbackConfig) bool { return h.TLSConfig == nil && !local(h.Host) })
}

// local is a socket, or an address that does not leave this machine.
func local(host string) bool {
	if strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// Refused returns an *Error when that is why a server could not be connected to, else nil.
func Refused(err error) error {
	var certificate *tls.CertificateVerificationError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &certificate):
		return &Error{"the server's certificate is not good: " + why(certificate.Err)}
	case strings.Contains(err.Error(), "server refused TLS connection"):
		return &Error{"the server speaks no TLS"}
	case strings.Contains(err.Error(), "authentication method requirement"):
		_, reason, _ := strings.Cut(err.Error(), "authentication method requirement")
		_, reason, _ = strings.Cut(reason, "failed: ")
		reason, _, _ = strings.Cut(reason, "\n")
		return &Error{"the " + reason}
	}
	return nil
}

func why(err error) string {
	var unknown x509.UnknownAuthorityError
	if errors.As(err, &unknown) {
		return "it is not signed by a root that is known here"
	}
	return strings.TrimPrefix(err.Error(), "x509: ")
}

// Hints say what to type after ErrUnprotected.
func Hints() []string {
	return []string{
		"let the server offer TLS and SCRAM (ssl = on, password_encryption = 'scram-sha-256'), and name its root: sslmode=verify-full&sslrootcert=FILE",
		"where the way to the server is trusted, say so in the address: sslmode=disable, require_auth=md5 (or password, none)",
	}
}
