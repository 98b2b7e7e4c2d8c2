package guard_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/namespace"
)

// unready is somebody in danger, whom nobody can help for now.
func unready(t *testing.T) *stage {
	t.Helper()
	s := setup(t)
	s.guarded(t, "ana")
	s.sim.MustPrice(91650)
	return s
}

// TestUnready_AStatementThatTakesTooLong: somebody holds a table that is read when the work begins.
func TestUnready_AStatementThatTakesTooLong(t *testing.T) {
	t.Parallel()
	s := unready(t)
	slow := s.With("AXISOR_DATABASE_STATEMENT_TIMEOUT=300ms")
	for _, table := range []string{"MarginGuardConfig", "guard_intent", "guard_breaker"} {
		tx, err := s.db.SQL().BeginTx(t.Context(), nil)
		require.NoError(t, err)
		_, err = tx.ExecContext(t.Context(), "LOCK TABLE "+namespace.Table(table)+" IN ACCESS EXCLUSIVE MODE")
		require.NoError(t, err)
		for _, args := range [][]string{{"run"}, {"run", "-n"}, {"watch", "--rounds", "1"}, {"worker", "--rounds", "1"}, {"preview"}, {"status"}} {
			r := slow.Fails(11, append([]string{"guard"}, append(args, "-o", "json")...)...)
			require.Equal(t, "timeout", r.Error()["code"], "%s: %v", table, args)
		}
		require.NoError(t, tx.Rollback())
	}
	require.Zero(t, s.requests(addMargin))
	s.OK("guard", "run")
	require.Equal(t, 1, s.requests(addMargin))
}

// TestUnready_ADatabaseThatTakesNoWrites: what cannot be written down is not done.
func TestUnready_ADatabaseThatTakesNoWrites(t *testing.T) {
	t.Parallel()
	s := unready(t)
	s.readOnly(t, "on")
	for _, args := range [][]string{
		{"guard", "run"},
		{"guard", "watch", "--rounds", "1"},
		{"guard", "worker", "--rounds", "1"},
		{"guard", "disable", "--reason", "x"},
		{"user", "create", "--email", "b@example.com", "--username", "bob", "--no-password"},
		{"payment", "expire"},
	} {
		r := s.Fails(6, append(args, "-o", "json")...)
		require.Equal(t, "database_read_only", r.Error()["code"], args)
		require.Contains(t, r.Error()["message"], "database is read-only", args)
	}
	s.OK("guard", "run", "-n")
	s.OK("guard", "preview")
	require.Zero(t, s.requests(addMargin))
	s.readOnly(t, "off")
	s.OK("guard", "run")
	require.Equal(t, 1, s.requests(addMargin))
}

// readOnly sets what new sessions in the database begin with.
func (s *stage) readOnly(t *testing.T, value string) {
	t.Helper()
	require.NoError(t, s.db.Gorm(t.Context()).Exec(`SET default_transaction_read_only = off;
		DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = `+value+`', current_database()); END $$`).Error)
}
