package guard_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/lnsim"
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
				require.NoError(t, s.db.Gorm(t.Context()).Raw(`SELECT (SELECT count(*) FROM axisor.guard_run) + (SELECT count(*) FROM axisor.guard_worker)`).Scan(&rows).Error)
				require.Zero(t, rows)
				release, err := s.db.LockGuardRun(t.Context(), "the next one")
				require.NoError(t, err, "no lock is left behind")
				release()
			},
		},
		"a user's configuration holds a time or number that is none": {
			arrange: func(t *testing.T, s *stage) {
				t.Helper()
				s.guarded(t, "carl")
				s.guarded(t, "dora")
				s.exec(t, `UPDATE "MarginGuardConfig" c SET updated_at = '-infinity' FROM "User" u WHERE u.id = c.user_id AND u.username = 'carl'`)
				s.exec(t, `INSERT INTO axisor.guard_setting (user_id, restore_to, updated_at) SELECT id, 50, 'infinity' FROM "User" WHERE username = 'dora'`)
				s.sim.MustPrice(91700)
			},
			sees: func(t *testing.T, s *stage, printed map[string]clitest.Result) {
				t.Helper()
				require.Contains(t, printed["guard run"].Stdout, "3 added")
				for _, column := range []string{"carl  –", "dora  –", "column updated_at cannot be read"} {
					require.Contains(t, printed["guard run"].Stdout, column)
				}
			},
		},
		"what a watcher wrote down of a user is broken": {
			arrange: func(t *testing.T, s *stage) {
				t.Helper()
				s.OK("guard", "watch", "--rounds", "1")
				s.exec(t, `UPDATE axisor.guard_look SET looked_at = 'infinity'`)
				s.exec(t, `UPDATE axisor.guard_outcome SET looked_at = 'infinity'`)
				s.exec(t, `UPDATE axisor.guard_watch SET trigger_price = '-Infinity'`)
				s.sim.MustPrice(91700)
			},
			sees: func(t *testing.T, s *stage, _ map[string]clitest.Result) {
				t.Helper()
				require.Equal(t, 1, s.requests(addMargin))
			},
		},
		"a part of a configuration that its mode does not use is broken": {
			arrange: func(t *testing.T, s *stage) {
				t.Helper()
				s.exec(t, `UPDATE "MarginGuardConfig" SET individual_configs = '["no", {"object": 1}]'`)
				s.sim.MustPrice(91700)
			},
			sees: shows("guard run", "1 added (42105 sats)"),
		},
		"one entry of a user's individual configurations is broken": {
			arrange: func(t *testing.T, s *stage) {
				t.Helper()
				id := s.guarded(t, "ben")
				s.exec(t, `UPDATE "MarginGuardConfig" c SET mode = 'individual', individual_configs = jsonb_build_object(CAST(? AS text),
					'{"enabled": true}'::jsonb, '11111111-2222-4333-8444-555555555555', '{"enabled": "perhaps"}'::jsonb)
					FROM "User" u WHERE u.id = c.user_id AND u.username = 'ben'`, id)
				s.sim.MustPrice(91700)
			},
			sees: func(t *testing.T, _ *stage, printed map[string]clitest.Result) {
				t.Helper()
				require.Contains(t, printed["guard run"].Stdout, "2 added (84210 sats)")
				require.Contains(t, printed["guard run"].Stdout, "11111111")
			},
		},
		"the exchange tells no liquidation price of a position": {
			arrange: func(t *testing.T, s *stage) {
				t.Helper()
				s.sim.MustPrice(94000)
				s.sim.MustFail(lnsim.Fault{Path: "/v3/futures/isolated/trades/running", Count: -1, Text: `[{"id":"7c1d2a34-5b6c-4d7e-8f90-a1b2c3d4e5f6",
					"type":"market","side":"buy","quantity":5000,"margin":210526,"entryMargin":210526,"leverage":25,"price":95000,"liquidation":null,
					"running":true,"pl":-55991}]`})
			},
			sees: shows("guard run", "91346"),
		},
	}
}
