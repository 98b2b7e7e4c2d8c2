// Package pgdirect tells whether a connection leads to the PostgreSQL server itself, or to a pooler that hands the
// server's sessions out in turn. State of a session (a lock, a setting, a temporary table, LISTEN) taken through such a
// pooler is left on a session of somebody else: a lock stays until that session ends, whenever that is.
package pgdirect

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/jackc/pgx/v5"
)

// ErrPooler means that work which needs a session of its own met a pooler.
var ErrPooler = errors.New("a pooler is in between")

// Error is ErrPooler with what is known of both.
type Error struct {
	// Named is true when the address itself says so, and nobody was asked.
	Named bool
	// Server is the address of the server behind the pooler as the server knows it, a host and a port; empty when the
	// two are on one machine.
	Server string
	// Port is the server's port; zero when it is not known.
	Port uint16
	// Refused is the parameter of the session for which a pooler refused the connection.
	Refused string
	// Nameable is true when it is enough that the address says so.
	Nameable bool
}

func (e *Error) Error() string {
	switch {
	case e.Named:
		return "this needs a session of its own, and the address says that it is a pooler's (pgbouncer=true)"
	case e.Refused != "":
		return "the address leads to PgBouncer and does not say so: it refuses sessions that set " + e.Refused
	case e.Nameable:
		return "the address leads to a pooler and does not say so: the process that answers is not the one that was connected to"
	}
	return "this needs a session of its own, and the address leads to a pooler: the process that answers is not the one that was connected to"
}

// Unwrap makes errors.Is(err, ErrPooler) true.
func (e *Error) Unwrap() error { return ErrPooler }

// Hints say what to type.
func (e *Error) Hints() []string {
	hint := "give --database-url or DATABASE_URL the address of PostgreSQL itself"
	switch {
	case e.Server != "":
		hint += ", which calls itself " + e.Server
	case e.Port != 0:
		hint += fmt.Sprintf(": port %d of the machine that the pooler runs on", e.Port)
	default:
		hint += ", not the pooler's (PostgreSQL's port is mostly 5432, PgBouncer's 6432), without pgbouncer=true"
	}
	if e.Nameable {
		return []string{hint, "or add pgbouncer=true to the parameters of this one"}
	}
	return []string{hint}
}

// Check asks which process answers and returns an *Error when it is not the one that the connection was told of. It
// leaves nothing on the session, not even a prepared statement.
func Check(ctx context.Context, c *pgx.Conn) error {
	var answering uint32
	var address *string
	var port int64
	err := c.QueryRow(ctx, "SELECT pg_backend_pid(), host(inet_server_addr()), COALESCE(inet_server_port(), current_setting('port')::int)",
		pgx.QueryExecModeExec).Scan(&answering, &address, &port)
	if err != nil {
		return fmt.Errorf("ask for the server process: %w", err)
	}
	if told := c.PgConn().PID(); told == 0 || told == answering {
		return nil
	}
	e := &Error{Port: uint16(port)}
	if address != nil {
		if ip, err := netip.ParseAddr(*address); err == nil && !ip.IsLoopback() {
			e.Server = netip.AddrPortFrom(ip, e.Port).String()
		}
	}
	return e
}
