package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"

	"github.com/axisor/axisor/pkg/pgdirect"
	"github.com/axisor/axisor/pkg/pgtls"
)

// What can go wrong, for errors.Is. Every error of this package that comes from
// the server or the way to it is an *Error or a *ConflictError with one of these.
var (
	// ErrNotFound means that the thing asked for does not exist.
	ErrNotFound = errors.New("not found")
	// ErrConflict means that a unique or foreign key forbids the change.
	ErrConflict = errors.New("conflict")
	// ErrInvalid means that a value breaks a rule of its column.
	ErrInvalid = errors.New("invalid value")
	// ErrUnavailable means that the server cannot be used now.
	ErrUnavailable = errors.New("database unavailable")
	// ErrConnectionLost is ErrUnavailable in the middle of work: whether the
	// last statement took effect is unknown unless it was in a transaction.
	ErrConnectionLost = fmt.Errorf("%w: connection lost", ErrUnavailable)
	// ErrPoolExhausted is ErrUnavailable because all our own connections are busy.
	ErrPoolExhausted = fmt.Errorf("%w: connection pool exhausted", ErrUnavailable)
	// ErrNoDatabase means that the server runs and has no such database.
	ErrNoDatabase = errors.New("database does not exist")
	// ErrSchemaMissing means that a table, column or type is not there.
	ErrSchemaMissing = errors.New("database schema is missing or outdated")
	// ErrTimeout means that a statement ran longer than allowed.
	ErrTimeout = errors.New("statement timeout")
	// ErrLocked means that someone else's lock was not released in time.
	ErrLocked = errors.New("lock timeout")
	// ErrSerialization means that the transaction must be run again.
	ErrSerialization = errors.New("transaction must be repeated")
	// ErrDenied means that the role may not do this.
	ErrDenied = errors.New("permission denied")
	// ErrAuth is ErrDenied at the door: wrong password or unknown role.
	ErrAuth = fmt.Errorf("%w: authentication failed", ErrDenied)
	// ErrReadOnly means that the server accepts no writes, as a standby does.
	ErrReadOnly = errors.New("database is read-only")
	// ErrServer is any other error of the server.
	ErrServer = errors.New("database error")
)

// Error is a failure of the server or of the way to it, in words that hold no
// row values: the server's detail is left out, because it quotes whole rows.
type Error struct {
	Kind    error
	Message string
	Code    string // SQLSTATE
	Table   string
	Column  string
	Target  string
	cause   error
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Kind.Error())
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if e.Target != "" {
		b.WriteString(" (" + e.Target + ")")
	}
	if e.Code != "" {
		b.WriteString(" [SQLSTATE " + e.Code + "]")
	}
	return b.String()
}

// Unwrap returns the kind and the cause.
func (e *Error) Unwrap() []error { return both(e.Kind, e.cause) }

// ConflictError says which key forbade a change.
type ConflictError struct {
	Kind       string // unique, foreign_key, check or exclusion
	Table      string
	Constraint string
	Column     string
	cause      error
}

func (e *ConflictError) Error() string {
	switch e.Kind {
	case "foreign_key":
		return fmt.Sprintf("conflict: %s refers to a row that does not exist or is still needed (%s)", e.Table, e.Constraint)
	case "check":
		return fmt.Sprintf("conflict: a value in %s breaks the rule %s", e.Table, e.Constraint)
	default:
		return fmt.Sprintf("conflict: a row with the same key exists in %s (%s)", e.Table, e.Constraint)
	}
}

// Unwrap returns the kind and the cause. A broken check is an invalid value.
func (e *ConflictError) Unwrap() []error {
	if e.Kind == "check" {
		return both(ErrInvalid, e.cause)
	}
	return both(ErrConflict, e.cause)
}

// NotFoundError says what was looked for, and what comes close.
type NotFoundError struct {
	Kind string // user, plan, …
	Ref  string
	Near []string
}

func (e *NotFoundError) Error() string { return fmt.Sprintf("%s %q not found", e.Kind, e.Ref) }

// Unwrap makes errors.Is(err, ErrNotFound) true.
func (e *NotFoundError) Unwrap() error { return ErrNotFound }

// AmbiguousError says that a reference fits more than one thing.
type AmbiguousError struct {
	Kind       string
	Ref        string
	Candidates []string
	// Beginning: the reference is the beginning of several ids, which is a way to say too little and no conflict.
	Beginning bool
}

func (e *AmbiguousError) Error() string {
	if e.Beginning {
		return fmt.Sprintf("several %s ids begin with %q: %s", strings.ReplaceAll(e.Kind, "_", " "), e.Ref, strings.Join(e.Candidates, ", "))
	}
	return fmt.Sprintf("%s %q is ambiguous: %s", e.Kind, e.Ref, strings.Join(e.Candidates, ", "))
}

// Unwrap makes errors.Is(err, ErrConflict) true, and for the beginning of an id ErrInvalid.
func (e *AmbiguousError) Unwrap() error {
	if e.Beginning {
		return ErrInvalid
	}
	return ErrConflict
}

// ArgumentError says that a sort field, cursor or filter cannot be used.
type ArgumentError struct {
	Name    string // sort, cursor, limit, plan, …
	Value   string
	Rule    string
	Allowed []string
}

func (e *ArgumentError) Error() string {
	return fmt.Sprintf("invalid %s %q: %s", e.Name, e.Value, e.Rule)
}

// Unwrap makes errors.Is(err, ErrInvalid) true.
func (e *ArgumentError) Unwrap() error { return ErrInvalid }

func both(kind, cause error) []error {
	if cause == nil {
		return []error{kind}
	}
	return []error{kind, cause}
}

// translate turns an error of gorm, pgx or the network into our words. It
// leaves our own errors, and those of callbacks, as they are.
func (c *core) translate(ctx context.Context, err error) error {
	var pg *pgconn.PgError
	var dial *pgconn.ConnectError
	var open *pgtls.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, new(*Error)), errors.As(err, new(*ConflictError)), errors.As(err, new(*ArgumentError)), errors.As(err, new(*AmbiguousError)),
		errors.Is(err, ErrNotFound), errors.Is(err, ErrConflict), errors.Is(err, ErrURL), errors.Is(err, pgdirect.ErrPooler):
		return err
	case errors.Is(err, gorm.ErrRecordNotFound), errors.Is(err, pgx.ErrNoRows):
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	case ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled):
		return fmt.Errorf("query database: %w", context.Canceled)
	case pgdirect.Refusal(err) != nil:
		return pgdirect.Refusal(err)
	case errors.As(err, &pg):
		return c.fromServer(pg, errors.As(err, &dial), err)
	case ctx.Err() != nil, errors.Is(err, context.DeadlineExceeded) && !errors.As(err, &dial):
		return &Error{Kind: ErrTimeout, Message: "the time allowed for this command ran out", cause: err}
	case errors.As(err, &dial) && errors.As(pgtls.Refused(err), &open):
		return &Error{Kind: pgtls.ErrUnprotected, Message: open.Reason, Target: c.target.String(), cause: err}
	case errors.As(err, &dial):
		return &Error{Kind: ErrUnavailable, Message: reason(err), Target: c.target.String(), cause: err}
	case lost(err):
		return &Error{Kind: ErrConnectionLost, Message: reason(err), Target: c.target.String(), cause: err}
	default:
		return err
	}
}

func lost(err error) bool {
	var network net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed) ||
		errors.As(err, &network) || strings.Contains(err.Error(), "conn closed")
}

// reason is the innermost cause: pgx repeats the whole address list around it.
func reason(err error) string {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ENOENT):
		return "no such socket"
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the server closed the connection"
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return "host " + dns.Name + " not found"
	}
	inner := err
	for {
		next := errors.Unwrap(inner)
		if next == nil {
			return inner.Error()
		}
		inner = next
	}
}
