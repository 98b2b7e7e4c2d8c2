package doctor_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/doctor"
	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

func TestRun_FindsPeopleWhoseRowsDisagree(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(`INSERT INTO "User" (id, email, username) VALUES ('u1', 'ana@example.com', 'ana'), ('u2', 'Ana@example.com', 'bob')`)
	b.exec(`INSERT INTO "Payment" (user_id, plan_type, amount_sats, lightning_invoice, payment_hash, status, expires_at)
		VALUES ('u1', 'pro', 500, 'lnbc1', 'h', 'paid', now())`)
	b.exec(`INSERT INTO "UserExchangeAccounts" (user_id, exchange_id, credentials) SELECT 'u2', id, '{}' FROM "Exchange", generate_series(1, 2)`)
	b.exec(`DROP POLICY own_rows ON "TradeLog"; CREATE VIEW shown AS SELECT password_hash FROM "User"; GRANT SELECT ON shown TO PUBLIC`)
	found := b.run()
	for name, want := range map[string]struct {
		level   doctor.Level
		finding string
	}{
		"emails":       {doctor.Fail, "1 address in more than one spelling: ana@example.com"},
		"paid_plans":   {doctor.Warn, "1 user with a lower plan than was paid: ana"},
		"plan_limits":  {doctor.Warn, "1 user over the limits of the plan: bob"},
		"row_security": {doctor.Warn, "1 table of users without row security or without a policy: TradeLog"},
	} {
		require.Equal(t, want.level, found[name].Level, name)
		require.Equal(t, want.finding, found[name].Finding, name)
		require.NotEmpty(t, found[name].Fix, name)
	}
	require.Equal(t, doctor.Fail, found["schema"].Level)
	require.Contains(t, found["schema"].Finding, ", but TradeLog: own_rows missing, view public.shown different")
}

func TestRun_FindsReferencesToOthers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(addUser)
	b.exec(`INSERT INTO "User" (id, email, username) VALUES ('u2', 'bob@example.com', 'bob')`)
	b.exec(`INSERT INTO "UserExchangeAccounts" (id, user_id, exchange_id, credentials) SELECT 'a' || n, 'u' || n, id, '{}' FROM "Exchange", generate_series(1, 2) n`)
	b.exec(`INSERT INTO "Automation" (id, user_id, user_exchange_account_id, type, config) VALUES ('m1', 'u1', 'a1', 'tp_sl', '{}')`)
	b.exec(`INSERT INTO axisor.guard_watch (account_id, trade_id, user_id, side, trigger_price, refreshed_at) VALUES ('a1', 't', 'u1', 'buy', 1, now())`)
	require.Equal(t, doctor.OK, b.run()["references"].Level)
	b.exec(`UPDATE "Automation" SET user_exchange_account_id = 'a2'`)
	r := b.run()["references"]
	require.Equal(t, doctor.Fail, r.Level)
	require.Equal(t, "1 reference to a row of another user: Automation.user_exchange_account_id (1, first m1)", r.Finding)
	require.Equal(t, "axisor automation disable m1", r.Fix)
	b.exec(`DELETE FROM "Automation"; UPDATE axisor.guard_watch SET user_id = 'u2'`)
	r = b.run()["references"]
	require.Equal(t, "1 reference to a row of another user: guard_watch.account_id (1, first a1)", r.Finding)
	require.Contains(t, r.Fix, "axisor db shell -- -c 'SELECT t.* FROM axisor.guard_watch t JOIN")
}

// A slot belongs to the whole server, which other tests use: it is there for a moment, and nobody else asks for so few bytes.
func TestRun_FindsAReplicationSlotThatNobodyReads(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.in.SlotKeeps = 1
	var slot string
	require.NoError(t, b.db.SQL().QueryRowContext(t.Context(), `SELECT slot_name FROM pg_create_physical_replication_slot(
		'doctor_' || (SELECT oid FROM pg_database WHERE datname = current_database()), true)`).Scan(&slot))
	t.Cleanup(func() {
		_, err := b.db.SQL().ExecContext(context.Background(), `SELECT pg_drop_replication_slot($1)`, slot)
		require.NoError(t, err)
	})
	b.exec(addUser) // write-ahead log
	r := b.run()["server"]
	require.Equal(t, doctor.Warn, r.Level)
	require.Regexp(t, `^1 replication slot that nobody reads: `+slot+` keeps \d+ \w+ of write-ahead log`, r.Finding)
	require.Contains(t, r.Fix, "pg_replication_slots")
}

// Each damage is found by its check, and gone when it is taken back.
func TestRun_FindsRowsThatContradictThemselves(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(addUser)
	b.addAccount(sealed(t, key))
	b.exec(`INSERT INTO "Automation" (id, user_id, user_exchange_account_id, type, config) SELECT 'm' || n, 'u1', id, t, c::jsonb FROM "UserExchangeAccounts",
		(VALUES (1, 'tp_sl', '{"stop_loss_percentage": 5}'), (2, 'margin_guard', '{"protection_mode": "total"}'), (3, 'auto_entry', '{"side": "b"}'),
			(4, 'margin_guard', '{"strategy": "stop_loss"}')) v (n, t, c)`)
	b.exec(`INSERT INTO "MarginGuardConfig" (user_id, mode, individual_configs) VALUES ('u1', 'individual', '{"a1": {"threshold": 15}, "a2": {"is_active": true}, "a3": null}')`)
	b.exec(`INSERT INTO "Payment" (id, user_id, plan_type, amount_sats, lightning_invoice, payment_hash, status, paid_at)
		SELECT 'p' || n, 'u1', 'free', 500, 'lnbc' || n, 'h' || n, 'paid', now() FROM generate_series(1, 2) n`)
	damages := []struct{ damage, repair, check, finding string }{
		{`UPDATE "Payment" SET paid_at = NULL WHERE id = 'p1'`, `UPDATE "Payment" SET paid_at = now()`, "payment_rows", "1 paid payment without paid_at: p1"},
		{`UPDATE "Automation" SET status = 'error' WHERE id = 'm1'`, `UPDATE "Automation" SET status = 'active'`, "automation_rows", "1 automation whose is_active and status disagree: m1"},
		{
			`INSERT INTO "Exchange" (name, slug) VALUES ('LN-Markets', 'ln-markets')`, `DELETE FROM "Exchange" WHERE slug = 'ln-markets'`,
			"exchanges", "1 exchange in several rows: ln-markets and lnmarkets",
		},
		{
			`ALTER TABLE "TradeLog" SET (autovacuum_enabled = false); UPDATE pg_class SET reltuples = 1e6 WHERE oid = '"TradeLog"'::regclass`,
			`ALTER TABLE "TradeLog" RESET (autovacuum_enabled)`, "server", "1 big table without autovacuum: TradeLog",
		},
		{
			`UPDATE "Payment" SET plan_type = 'pro'`,
			`INSERT INTO "AuditLog" (action, resource, resource_id, new_values, created_at)
				VALUES ('user.set_plan', 'user', 'u1', '{"plan_type": "free"}', now() + interval '1 day')`,
			"paid_plans", "1 user with a lower plan than was paid: ann",
		},
		{`UPDATE "Payment" SET payment_hash = 'h'`, `UPDATE "Payment" SET payment_hash = id`, "payment_rows", "1 hash of several paid payments: h"},
		{
			`UPDATE "Automation" SET config = CASE id WHEN 'm1' THEN '[]' WHEN 'm2' THEN '{"stop_loss_percentage": 5}' WHEN 'm3' THEN '{"limit": 5}' ELSE '{}' END::jsonb;
				UPDATE "MarginGuardConfig" SET individual_configs = '{"a1": {"threshold": 15}, "a2": {"limit": 5}}'`,
			`UPDATE "Automation" SET config = '{"strategy": "stop_loss"}'; UPDATE "MarginGuardConfig" SET individual_configs = 'null'`, "automation_rows",
			"1 configuration that is no object: m1; 3 configurations of no known shape: m2 (margin_guard), m3 (auto_entry), m4 (margin_guard); " +
				"1 user with a position's setting of no known shape: ann",
		},
		{
			`UPDATE "MarginGuardConfig" SET is_active = true`, `UPDATE "MarginGuardConfig" SET is_active = false`,
			"monitors", "the web application's monitor and this guard may both add margin, for 1 user with an active automation margin_guard: ann",
		},
		{`UPDATE "Exchange" SET is_active = false`, `UPDATE "Exchange" SET is_active = true`, "exchanges", "1 inactive exchange with active accounts: lnmarkets"},
	}
	sound := func(r map[string]doctor.Result) {
		for _, d := range damages {
			require.Equal(t, doctor.OK, r[d.check].Level, r[d.check].Finding)
		}
	}
	sound(b.run())
	for _, some := range [][]struct{ damage, repair, check, finding string }{damages[:5], damages[5:]} { // no check twice in one run
		for _, d := range some {
			b.exec(d.damage)
		}
		found := b.run()
		for _, d := range some {
			require.Equal(t, doctor.Warn, found[d.check].Level, d.damage)
			require.Equal(t, d.finding, found[d.check].Finding)
			require.NotEmpty(t, found[d.check].Fix)
			b.exec(d.repair)
		}
		sound(b.run())
	}
}

// What the server is set to, and what sessions leave open, is found in the sessions that the checks get.
func TestRun_FindsSettingsAndSessionsThatHurt(t *testing.T) {
	t.Parallel()
	url := testdb.NewURL(t)
	address := url.Reveal()
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	db, err := store.Open(store.Options{URL: secret.New(address + separator + "options=-c%20default_transaction_read_only%3Don")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	b := setupOn(t, db)
	results := b.run()
	require.Equal(t, "1 default that makes sessions read only: default_transaction_read_only", results["server"].Finding, results["database"].Finding)

	tx, err := db.SQL().BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer tx.Rollback()
	var pid string
	require.NoError(t, tx.QueryRowContext(t.Context(), `SELECT pg_backend_pid()::text`).Scan(&pid))
	require.NotContains(t, b.run()["server"].Finding, "idle in a transaction", "it is so for a moment only")
	b.in.IdleFor = time.Microsecond
	r := b.run()["server"]
	require.Equal(t, doctor.Warn, r.Level)
	require.Regexp(t, `sessions? idle in a transaction for minutes: (.*, )?`+pid+` \(`, r.Finding)
	require.NoError(t, tx.Rollback())
}
