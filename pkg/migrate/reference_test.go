package migrate_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
)

// rowsOf are statements that give a user one row in every table that refers to rows of users. {u} is the user.
const rowsOf = `
	INSERT INTO "User" (id, email, username) VALUES ('{u}', '{u}@example.com', 'user-{u}');
	INSERT INTO "RefreshToken" (id, user_id, token, expires_at) VALUES ('{u}', '{u}', '{u}', now());
	INSERT INTO "SecurityAuditLog" (id, user_id, action) VALUES ('{u}', '{u}', 'a');
	INSERT INTO "AuditLog" (id, user_id, action) VALUES ('{u}', '{u}', 'a');
	INSERT INTO "UserExchangeCredentials" (id, user_id, exchange_id, credentials) SELECT '{u}', '{u}', id, '{}' FROM "Exchange";
	INSERT INTO "UserExchangeAccounts" (id, user_id, exchange_id, credentials) SELECT '{u}', '{u}', id, '{}' FROM "Exchange";
	INSERT INTO "Automation" (id, user_id, user_exchange_account_id, type, config) VALUES ('{u}', '{u}', '{u}', 'margin_guard', '{}');
	INSERT INTO "TradeLog" (id, user_id, automation_id, trade_id, status, executed_at) VALUES ('{u}', '{u}', '{u}', 't', 'success', now());
	INSERT INTO "MarginGuardConfig" (id, user_id) VALUES ('{u}', '{u}');
	INSERT INTO "Payment" (id, user_id, amount_sats, lightning_invoice, status, plan_type) VALUES ('{u}', '{u}', 1, 'ln', 'pending', 'pro');
	INSERT INTO "Notification" (id, user_id, type, channel_config) VALUES ('{u}', '{u}', 'email', '{}');
	INSERT INTO "BacktestReport" (id, user_id, config, result) VALUES ('{u}', '{u}', '{}', '{}');
	INSERT INTO "Simulation" (id, user_id, name, config) VALUES ('{u}', '{u}', 'n', '{}');
	INSERT INTO axisor.guard_intent (id, user_id, account_id, trade_id, side, amount_sats, margin_before, liquidation_before, entry_price, price,
		threshold, planned_at, updated_at) VALUES ('{u}', '{u}', '{u}', '{u}', 'buy', 1, 1, 1, 1, 1, 10, now(), now());
	INSERT INTO axisor.guard_control (id, scope, user_id, disabled, updated_at) VALUES ('{u}', 'user', '{u}', true, now());
	INSERT INTO axisor.guard_notice (id, kind, severity, user_id, intent_id, message, details, next_attempt_at, created_at)
		VALUES ('{u}', 'k', 'info', '{u}', '{u}', 'm', '{}', now(), now());
	INSERT INTO axisor.guard_setting (user_id, updated_at) VALUES ('{u}', now());
	INSERT INTO axisor.guard_watch (account_id, trade_id, user_id, side, trigger_price, refreshed_at) VALUES ('{u}', 't', '{u}', 'buy', 1, now());
	INSERT INTO axisor.guard_look (user_id, looked_at) VALUES ('{u}', now());
	INSERT INTO axisor.guard_outcome (user_id, looked_at, positions, unprotected, problems) VALUES ('{u}', now(), 0, 0, '[]');
	INSERT INTO axisor.guard_event (id, account_id, trade_id, kind, user_id, side, code, message, seen_at)
		VALUES ('{u}', '{u}', 't', 'near', '{u}', 'buy', 'c', 'm', now());
	INSERT INTO axisor.payment_settlement (payment_id, source, created_at) VALUES ('{u}', 'node', now());
	INSERT INTO axisor.payment_refund (id, payment_id, amount_sats, reason, created_at) VALUES ('{u}', '{u}', 1, 'r', now());
	INSERT INTO axisor.payment_intent (id, user_id, plan_type, amount_sats, expiry_seconds, description, backend, payment_id, created_at, updated_at)
		VALUES ('{u}', '{u}', 'pro', 1, 1, 'd', 'lnd', '{u}', now(), now());`

// userKeys lists the foreign keys to rows that belong to a user: table, column, and the columns of the table.
const userKeys = `SELECT k.conrelid::regclass::text, quote_ident(a.attname),
		(SELECT string_agg(quote_ident(c.attname), ', ' ORDER BY c.attnum) FROM pg_attribute c
			WHERE c.attrelid = k.conrelid AND c.attnum > 0 AND NOT c.attisdropped),
		EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = k.conrelid AND p.polcmd IN ('*', 'w'))
	FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
	WHERE k.contype = 'f' AND (k.confrelid = '"User"'::regclass OR EXISTS (SELECT FROM pg_attribute u WHERE u.attrelid = k.confrelid AND u.attname = 'user_id'))
	ORDER BY 1, 2`

// With every right that can be granted, a user attaches none of his rows to a row of somebody else, whatever table and
// key: neither by changing his row nor by adding one.
func TestRowSecurity_CoversWhatARowRefersTo(t *testing.T) {
	t.Parallel()
	b := setupMigrated(t)
	for _, user := range []string{"me", "other"} {
		b.exec(t, strings.ReplaceAll(rowsOf, "{u}", user))
	}
	b.exec(t, `GRANT ALL ON ALL TABLES IN SCHEMA public, axisor TO authenticated; GRANT USAGE ON SCHEMA public, axisor TO authenticated`)
	try := func(statement string) (int64, error) {
		tx, err := b.db.BeginTx(b.ctx, nil)
		require.NoError(t, err)
		defer tx.Rollback()
		_, err = tx.ExecContext(b.ctx, `SET LOCAL ROLE authenticated; SELECT set_config('app.current_user_id', 'me', true)`)
		require.NoError(t, err)
		res, err := tx.ExecContext(b.ctx, statement)
		if err != nil {
			return 0, err
		}
		return res.RowsAffected()
	}
	denied := func(err error, statement string) {
		var pg *pgconn.PgError
		require.ErrorAs(t, err, &pg, statement)
		require.Equal(t, "42501", pg.Code, statement)
	}
	keys, writable := keysOfUsers(t, b)
	require.GreaterOrEqual(t, len(keys), 30)
	for _, k := range keys {
		table, column := k[0], k[1]
		var rows int
		require.NoError(t, b.db.QueryRowContext(b.ctx, fmt.Sprintf(`SELECT count(*) FROM %s WHERE %s = 'me'`, table, column)).Scan(&rows))
		require.Equal(t, 1, rows, "%s.%s: give rowsOf a row of this table", table, column)
		own := fmt.Sprintf(`UPDATE %s SET %s = 'me' WHERE %s = 'me'`, table, column, column)
		n, err := try(own)
		if writable[table] {
			require.NoError(t, err, own)
			require.EqualValues(t, 1, n, own)
		}
		theirs := fmt.Sprintf(`UPDATE %s SET %s = 'other' WHERE %s = 'me'`, table, column, column)
		if n, err = try(theirs); writable[table] {
			denied(err, theirs)
		} else {
			require.NoError(t, err, theirs)
			require.Zero(t, n, theirs)
		}
		var values []string
		for c := range strings.SplitSeq(k[2], ", ") {
			switch {
			case c == column:
				c = "'other'"
			case c == "id":
				c = "'new'"
			}
			values = append(values, c)
		}
		added := fmt.Sprintf(`INSERT INTO %s (%s) SELECT %s FROM %s WHERE %s = 'me'`, table, k[2], strings.Join(values, ", "), table, column)
		_, err = try(added)
		denied(err, added)
	}
	n, err := try(`INSERT INTO "TradeLog" (user_id, trade_id, status, executed_at) VALUES ('me', 't', 'success', now())`)
	require.NoError(t, err, "a trade without an automation refers to nobody")
	require.EqualValues(t, 1, n)
}

func keysOfUsers(t *testing.T, b *testBundle) (keys [][3]string, writable map[string]bool) {
	t.Helper()
	rows, err := b.db.QueryContext(b.ctx, userKeys)
	require.NoError(t, err)
	defer rows.Close()
	writable = map[string]bool{}
	for rows.Next() {
		var k [3]string
		var w bool
		require.NoError(t, rows.Scan(&k[0], &k[1], &k[2], &w))
		keys, writable[k[0]] = append(keys, k), w
	}
	require.NoError(t, rows.Err())
	return keys, writable
}

// A policy that an operator made read only stays as it is, and one that is missing stays missing: verify names both.
func TestReferences_MigrationLeavesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	b := setupEmpty(t)
	_, err := b.m.UpTo(b.ctx, 900)
	require.NoError(t, err)
	old := b.list(t, policyTexts)
	_, err = b.m.UpTo(b.ctx, 910)
	require.NoError(t, err)
	_, err = b.m.Down(b.ctx, 900)
	require.NoError(t, err)
	require.Equal(t, old, b.list(t, policyTexts), "taken back")

	b.exec(t, `DROP POLICY own_rows ON "Automation"; DROP POLICY own_rows ON "TradeLog";
		CREATE POLICY own_rows ON "TradeLog" FOR SELECT TO authenticated USING (false)`)
	old = b.list(t, policyTexts)
	_, err = b.m.UpTo(b.ctx, 910)
	require.NoError(t, err)
	require.Equal(t, old, b.list(t, policyTexts))
	_, err = b.m.Down(b.ctx, 900)
	require.NoError(t, err)
	require.Equal(t, old, b.list(t, policyTexts))
}

const policyTexts = `SELECT format('%s %s %s %s %s', polrelid::regclass, polname, polcmd, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
	FROM pg_policy ORDER BY 1`
