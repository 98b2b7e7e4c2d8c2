package store

import (
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
)

// fromServer sorts an error of the server by its SQLSTATE. Only messages that
// cannot quote a row's value are kept.
func (c *core) fromServer(pg *pgconn.PgError, connecting bool, err error) error {
	if connecting && (pg.Code == "42704" || pg.Code == "08P01") { // a parameter the server or pooler does not know
		return fmt.Errorf("%w: %s", ErrURL, pg.Message)
	}
	switch pg.Code {
	case "23505":
		return &ConflictError{Kind: "unique", Table: pg.TableName, Constraint: pg.ConstraintName, cause: err}
	case "23503":
		return &ConflictError{Kind: "foreign_key", Table: pg.TableName, Constraint: pg.ConstraintName, cause: err}
	case "23514":
		return &ConflictError{Kind: "check", Table: pg.TableName, Constraint: pg.ConstraintName, cause: err}
	case "23P01":
		return &ConflictError{Kind: "exclusion", Table: pg.TableName, Constraint: pg.ConstraintName, cause: err}
	}
	e := &Error{Kind: kindOf(pg.Code), Code: pg.Code, Table: pg.TableName, Column: pg.ColumnName, cause: err}
	switch {
	case !errors.Is(e.Kind, ErrInvalid):
		e.Message = pg.Message
	case pg.ColumnName != "":
		e.Message = "column " + pg.ColumnName
	}
	if connecting && errors.Is(e.Kind, ErrConnectionLost) {
		e.Kind = ErrUnavailable // nothing was lost: it never began
	}
	if errors.Is(e.Kind, ErrUnavailable) || errors.Is(e.Kind, ErrNoDatabase) || errors.Is(e.Kind, ErrAuth) {
		e.Target = c.target.String()
	}
	return e
}

// Refusal tells, for an error of the server that came by another way than this package, which of its kinds it is when
// the server refused to serve: ErrReadOnly, ErrTimeout, ErrLocked and the like. For anything else it is nil.
func Refusal(code string) error {
	if kind := kindOf(code); !slices.Contains([]error{ErrServer, ErrInvalid, ErrSchemaMissing}, kind) {
		return kind
	}
	return nil
}

func kindOf(code string) error {
	switch code {
	case "3D000":
		return ErrNoDatabase
	case "42P01", "3F000", "42703", "42704", "42883":
		return ErrSchemaMissing
	case "42501":
		return ErrDenied
	case "57014":
		return ErrTimeout
	case "55P03":
		return ErrLocked
	case "40001", "40P01":
		return ErrSerialization
	case "25006":
		return ErrReadOnly
	case "57P01", "57P02", "25P03", "57P05":
		return ErrConnectionLost
	case "57P03", "53300", "53400", "53200", "53100":
		return ErrUnavailable
	}
	switch code[:min(2, len(code))] {
	case "28":
		return ErrAuth
	case "08":
		return ErrConnectionLost
	case "22", "23":
		return ErrInvalid
	}
	return ErrServer
}
