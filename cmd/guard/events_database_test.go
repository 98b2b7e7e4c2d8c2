package guard_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/secret"
)

// address is the database's, as the program is told.
func (s *stage) address(t *testing.T) secret.Secret {
	t.Helper()
	for _, e := range s.Env {
		if address, ok := strings.CutPrefix(e, "DATABASE_URL="); ok {
			return secret.New(address)
		}
	}
	t.Fatal("no database")
	return secret.Secret{}
}

// databaseEvents are what the database, its rows and the way to it can do to a guard.
func databaseEvents() map[string]scenario {
	return map[string]scenario{
		"a pooler is in between, and the address does not say so": {
			arrange: func(t *testing.T, s *stage) {
				t.Helper()
				s.sim.MustPrice(91650)
				s.Program = s.With("DATABASE_URL=" + testdb.Pooler(t, s.address(t)).Reveal())
			},
			sees: func(t *testing.T, s *stage, printed map[string]clitest.Result) {
				t.Helper()
				for _, r := range printed {
					require.Contains(t, r.Stderr, "the address of PostgreSQL itself")
				}
				require.Zero(t, s.requests(addMargin))
				var rows int64
				require.NoError(t, s.db.Gorm(t.Context()).Raw(`SELECT (SELECT count(*) FROM guard_run) + (SELECT count(*) FROM guard_worker)`).Scan(&rows).Error)
				require.Zero(t, rows)
				release, err := s.db.LockGuardRun(t.Context(), "the next one")
				require.NoError(t, err, "no lock is left behind")
				release()
			},
		},
	}
}
