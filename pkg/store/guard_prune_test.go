package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/namespace"
	"github.com/axisor/axisor/pkg/store"
)

// TestGuardOld_OnlyHistoryGoes: rows that something still depends on stay whatever their age.
func TestGuardOld_OnlyHistoryGoes(t *testing.T) {
	t.Parallel()
	b := guardSetup(t)
	ctx := t.Context()
	g := b.db.Gorm(ctx)
	exec := func(sql string, args ...any) {
		t.Helper()
		require.NoError(t, g.Exec(sql, args...).Error)
	}
	old, young := guardNow.Add(-100*24*time.Hour), guardNow.Add(-10*24*time.Hour)
	for _, r := range []struct {
		id, state string
		at        time.Time
	}{{"gone", "finished", old}, {"empty", "finished", old}, {"kept-by-intent", "finished", old}, {"kept-by-notice", "finished", old}, {"running", "running", old}, {"young", "finished", young}} {
		exec(`INSERT INTO axisor.guard_run (id, state, reading, started_at, finished_at) VALUES (?, ?, 'remaining', ?, CASE WHEN ? = 'running' THEN NULL ELSE ?::timestamp END)`,
			r.id, r.state, r.at, r.state, r.at)
	}
	for _, i := range []struct {
		id, run, state string
		at             time.Time
	}{
		{"applied", "gone", "applied", old},
		{"refused", "gone", "rejected", old},
		{"open", "kept-by-intent", "unknown", old},
		{"told-late", "gone2", "applied", old},
		{"fresh", "young", "applied", young},
	} {
		exec(`INSERT INTO axisor.guard_intent (id, run_id, trade_id, side, amount_sats, margin_before, liquidation_before, entry_price, price, threshold,
				state, planned_at, sent_at, resolved_at, updated_at)
			VALUES (?, (SELECT id FROM axisor.guard_run WHERE id = ?), ?, 'buy', 1, 1, 1, 1, 1, 10, ?, ?, ?, CASE WHEN ? = 'unknown' THEN NULL ELSE ?::timestamp END, ?)`,
			i.id, i.run, "trade-"+i.id, i.state, i.at, i.at, i.state, i.at, i.at)
	}
	for _, n := range []struct {
		id, run, intent, state string
		at                     time.Time
	}{
		{"done", "gone", "applied", "delivered", old},
		{"given-up", "gone", "", "expired", old},
		{"waits", "kept-by-notice", "", "pending", old},
		{"late", "", "told-late", "pending", old},
		{"new", "young", "fresh", "delivered", young},
	} {
		exec(`INSERT INTO axisor.guard_notice (id, kind, severity, run_id, intent_id, message, details, state, next_attempt_at, created_at, delivered_at)
			VALUES (?, 'margin_added', 'info', NULLIF(?, ''), NULLIF(?, ''), 'x', '{}', ?, ?, ?, CASE WHEN ? = 'delivered' THEN ?::timestamp END)`,
			n.id, n.run, n.intent, n.state, n.at, n.at, n.state, n.at)
	}
	for n, mode := range []string{"global", "unit"} {
		id := b.user
		if mode == "unit" {
			id = newUser(t, b.db, "names").ID
		}
		exec(`DELETE FROM "MarginGuardConfig" WHERE user_id = ?`, id)
		exec(`INSERT INTO "MarginGuardConfig" (user_id, mode, updated_at) VALUES (?, ?, now())`, id, mode)
		account := fmt.Sprint("account-", n)
		exec(`INSERT INTO "UserExchangeAccounts" (id, user_id, exchange_id, credentials, updated_at)
			SELECT ?, ?, id, '{}', now() FROM "Exchange" WHERE slug = 'lnmarkets'`, account, id)
		for trade, at := range map[string]*time.Time{"old": &old, "young": &young, "pending": nil} {
			exec(`INSERT INTO axisor.guard_event (id, account_id, trade_id, kind, user_id, side, code, message, seen_at, told_at)
				VALUES (?, ?, ?, 'end', ?, 'buy', 'position_closed', 'x', ?, ?)`, mode+"-"+trade, account, trade, id, old, at)
		}
	}
	exec(`INSERT INTO axisor.guard_outcome (user_id, looked_at, positions, unprotected, problems) VALUES (?, ?, 1, 0, '[]')`, b.user, old)
	for name, at := range map[string]time.Time{"outcome-active": old, "outcome-young": young} {
		id := newUser(t, b.db, name).ID
		exec(`DELETE FROM "MarginGuardConfig" WHERE user_id = ?`, id)
		exec(`INSERT INTO "MarginGuardConfig" (user_id, is_active, updated_at) VALUES (?, ?, now())`, id, name == "outcome-active")
		exec(`INSERT INTO axisor.guard_outcome (user_id, looked_at, positions, unprotected, problems) VALUES (?, ?, 1, 0, '[]')`, id, at)
	}
	before := guardNow.Add(-90 * 24 * time.Hour)
	want := store.GuardOld{Notices: 2, Intents: 2, Runs: 2, Ends: 1, Outcomes: 1}
	n, err := b.db.CountGuardOld(ctx, before)
	require.NoError(t, err)
	require.Equal(t, want, n)

	var done store.GuardOld
	for {
		part, err := b.db.DeleteGuardOld(ctx, before, 1)
		require.NoError(t, err)
		if part.Total() == 0 {
			break
		}
		require.Equal(t, int64(1), part.Total(), "one row a batch")
		done = done.Plus(part)
	}
	require.Equal(t, want, done, "what was counted")
	for table, ids := range map[string][]string{
		"guard_run":    {"kept-by-intent", "kept-by-notice", "running", "young"},
		"guard_intent": {"fresh", "open", "told-late"},
		"guard_notice": {"late", "new", "waits"},
		"guard_event":  {"global-pending", "global-young", "unit-old", "unit-pending", "unit-young"},
	} {
		var left []string
		require.NoError(t, g.Raw(`SELECT id FROM `+namespace.Table(table)+` ORDER BY id`).Scan(&left).Error)
		require.Equal(t, ids, left, table)
	}
	var left []string
	require.NoError(t, g.Raw(`SELECT u.username FROM axisor.guard_outcome o JOIN "User" u ON u.id = o.user_id ORDER BY 1`).Scan(&left).Error)
	require.Equal(t, []string{"outcome-active", "outcome-young"}, left)
}
