package pgdirect_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/pgdirect"
)

func TestRefusal_KnowsPgBouncerByItsWords(t *testing.T) {
	t.Parallel()
	for message, parameter := range map[string]string{
		"unsupported startup parameter: lock_timeout":                   "lock_timeout",
		"unsupported startup parameter in options: statement_timeout":   "statement_timeout",
		"pgbouncer: unsupported startup parameter: extra_float_digits ": "extra_float_digits",
	} {
		e := pgdirect.Refusal(fmt.Errorf("connect: %w", &pgconn.PgError{Code: "08P01", Message: message}))
		require.NotNil(t, e, message)
		require.Equal(t, parameter, e.Refused)
		require.ErrorIs(t, e, pgdirect.ErrPooler)
		require.ErrorContains(t, e, parameter)
		require.Contains(t, e.Hints()[1], "pgbouncer=true")
	}
	for _, err := range []error{
		nil, errors.New("unsupported startup parameter: x"), &pgconn.PgError{Code: "08P01", Message: "invalid startup packet"},
		&pgconn.PgError{Code: "42704", Message: "unsupported startup parameter: x"},
	} {
		require.Nil(t, pgdirect.Refusal(err), err)
	}
}
