package pgdirect

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Refusal gives an *Error when PgBouncer, as it is set up by default, refused a connection: it takes none that sets a
// parameter which it does not hand on, and says so in words that no PostgreSQL server has. Of anything else it is nil.
func Refusal(err error) *Error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Code != "08P01" {
		return nil
	}
	_, parameter, ok := strings.Cut(pg.Message, "unsupported startup parameter")
	if !ok {
		return nil
	}
	// "…: name" or "… in options: name"
	if i := strings.LastIndex(parameter, ": "); i >= 0 {
		parameter = parameter[i+2:]
	}
	return &Error{Nameable: true, Refused: strings.TrimSpace(parameter)}
}
