package script_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/store"
)

// TestPooler_WhatNeedsASessionRefusesIt: a lock, a setting or a temporary table taken through a transaction pooler is left
// on somebody else's session. The address does not say that it leads to one; the process that answers does.
func TestPooler_WhatNeedsASessionRefusesIt(t *testing.T) {
	t.Parallel()
	url := testdb.NewURL(t)
	db, err := store.Open(store.Options{URL: url, MaxConnections: 2})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.NoError(t, db.Gorm(t.Context()).Exec(`INSERT INTO "User" (id, email, username, updated_at) VALUES ('u-1', 'ana@example.com', 'ana', now())`).Error)
	require.NoError(t, db.Gorm(t.Context()).Exec(`INSERT INTO axisor.guard_notice (kind, severity, message, details, state, next_attempt_at, created_at, delivered_at)
		VALUES ('added', 'info', '', '{}', 'delivered', '2020-01-01', '2020-01-01', '2020-01-01')`).Error)
	require.NoError(t, db.Gorm(t.Context()).Exec(`INSERT INTO "TradeLog" (user_id, trade_id, status, action, executed_at, created_at)
		VALUES ('u-1', 't-0', 'success', 'buy', '2020-01-01', '2020-01-01')`).Error)
	p := clitest.New(t, "DATABASE_URL="+testdb.Pooler(t, url).Reveal(), "ENCRYPTION_KEY="+clitest.Key)
	p.Env = append(p.Env, "AXISOR_BACKUP_DIRECTORY="+filepath.Join(p.Dir, "backups"), "AXISOR_LNMARKETS_BASE_URL=http://127.0.0.1:9")
	users, trades := filepath.Join(p.Dir, "users.csv"), filepath.Join(p.Dir, "trades.csv")
	require.NoError(t, os.WriteFile(users, []byte("email,username\nbob@example.com,bob\n"), 0o600))
	require.NoError(t, os.WriteFile(trades, []byte("user_id,trade_id,status,action,executed_at\nu-1,t-1,success,buy,2026-01-01T00:00:00Z\n"), 0o600))
	untouched := func() {
		var rows int64
		require.NoError(t, db.Gorm(t.Context()).Raw(`SELECT (SELECT count(*) FROM axisor.guard_run) + (SELECT count(*) FROM axisor.guard_worker)
			+ (SELECT count(*) - 1 FROM "TradeLog") + (SELECT count(*) FROM "AuditLog") + (SELECT count(*) FROM "User" WHERE username = 'bob')
			+ (SELECT 1 - count(*) FROM axisor.guard_notice)`).Scan(&rows).Error)
		require.Zero(t, rows)
		stored, _ := filepath.Glob(filepath.Join(p.Dir, "backups", "*", "*"))
		require.Empty(t, stored)
	}
	for _, line := range []string{
		"guard run", "guard watch --rounds 1", "guard worker --rounds 1", "guard prune --older-than 720h --yes",
		"backup create", "backup base", "credential rekey --yes",
		"user import " + users + " --yes", "trade import " + trades + " --yes",
		"trade prune --older-than 17520h --without-backup --yes --reason space",
	} {
		r := p.Fails(10, append(strings.Fields(line), "-o", "json")...)
		require.Equal(t, "pooler", r.Error()["code"], line)
		require.Contains(t, r.Stderr, "the address of PostgreSQL itself", line)
		untouched()
	}
	p.OK("user", "list")
	p.OK("guard", "config", "list", "--all")
}
