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
	// Sessions is true when a pooler will do that gives each client a session of its own, if the address says that it does.
	Sessions bool
	// Shared is true when the address says so and one session was seen to answer two connections, or two one.
	Shared bool
}

func (e *Error) Error() string {
	switch {
	case e.Shared:
		return "the address says that the pooler gives each client a session of its own (pgbouncer=session), and it does not: sessions were seen to change hands"
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
	switch {
	case e.Nameable:
		return []string{hint, "or add pgbouncer=true to the parameters of this one"}
	case e.Sessions:
		return []string{hint, "or write pgbouncer=session among the parameters of this one, if the pooler has pool_mode = session"}
	}
	return []string{hint}
}

// Apart returns an *Error when a and b, two connections to one pooler, were seen to share sessions of the server. That they
// were not is no proof, because a pooler with much to do hands out another session each time; but one that has little
// to do hands the same one to both. It leaves nothing on any session.
func Apart(ctx context.Context, a, b *pgx.Conn) error {
	const rounds = 3
	first, err := answering(ctx, a)
	if err != nil {
		return err
	}
	for range rounds {
		theirs, err := answering(ctx, b)
		if err != nil {
			return err
		}
		again, err := answering(ctx, a)
		if err != nil {
			return err
		}
		if theirs == first || again != first {
			return &Error{Shared: true}
		}
	}
	return nil
}

func answering(ctx context.Context, c *pgx.Conn) (pid uint32, err error) {
	if err := c.QueryRow(ctx, "SELECT pg_backend_pid()", pgx.QueryExecModeExec).Scan(&pid); err != nil {
		return 0, fmt.Errorf("ask for the server process: %w", err)
	}
	return pid, nil
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
	if known := c.PgConn().PID(); known == 0 || known == answering {
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
