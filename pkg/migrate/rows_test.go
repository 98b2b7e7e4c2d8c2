package migrate_test

import (
	"database/sql"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
)

// list reads rows of one text column.
func (b *testBundle) list(t *testing.T, query string) []string {
	t.Helper()
	rows, err := b.db.QueryContext(b.ctx, query)
	require.NoError(t, err)
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		require.NoError(t, rows.Scan(&s))
		out = append(out, s)
	}
	require.NoError(t, rows.Err())
	return out
}

func TestReferenceRows(t *testing.T) {
	t.Parallel()
	b := setupMigrated(t)
	require.Equal(t, []string{"LN Markets lnmarkets v3 https://lnmarkets.com true"},
		b.list(t, `SELECT concat_ws(' ', name, slug, api_version, website, is_active::text) FROM "Exchange"`))
	require.Equal(t, []string{"API Key|api_key|text|true", "API Secret|api_secret|password|true", "Passphrase|passphrase|password|true"},
		b.list(t, `SELECT concat_ws('|', name, field_name, field_type, is_required::text) FROM "ExchangeCredentialType" ORDER BY "order"`))
	require.Equal(t, []string{"auto_entry", "margin_guard", "tp_sl"}, b.list(t, `SELECT slug FROM "AutomationType" ORDER BY slug`))
	require.Equal(t, []string{
		"free Free 0 - ftff 10 1/1/3/5/2", "basic Basic 100000 100000 ttft 25 2/3/10/20/10", "advanced Advanced 250000 250000 tttt 50 5/8/25/50/25",
		"pro Pro 500000 500000 tttt 100 10/15/50/100/50", "lifetime Lifetime 1000000 - tttt -1 -1/-1/-1/-1/-1",
	}, b.list(t, `SELECT concat_ws(' ', slug, name, price_sats, COALESCE(price_yearly::text, '-'),
			left(has_api_access::text, 1) || left(is_active::text, 1) || left(has_advanced::text, 1) || left(has_priority::text, 1), max_notifications,
			concat_ws('/', max_exchange_accounts, max_automations, max_indicators, max_simulations, max_backtests))
		FROM "Plan" p JOIN "PlanLimits" l ON l.plan_id = p.id ORDER BY sort_order`))
}

// An operator's edits survive the migration that inserts the rows, and going down does not delete what
// accounts and automations refer to.
func TestReferenceRows_LeaveEditsAlone(t *testing.T) {
	t.Parallel()
	b := setupEmpty(t)
	_, err := b.m.UpTo(b.ctx, 11)
	require.NoError(t, err)
	b.exec(t, `INSERT INTO "Exchange" (name, slug, api_version) VALUES ('LN Markets', 'ln-markets', 'v2')`)
	b.exec(t, `INSERT INTO "Plan" (name, slug, price_sats) VALUES ('Grundlagen', 'basic', 7)`)

	_, err = b.m.Up(b.ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"ln-markets v2"}, b.list(t, `SELECT concat_ws(' ', slug, api_version) FROM "Exchange"`))
	require.Equal(t, []string{"Grundlagen 7 3"}, b.list(t, `SELECT concat_ws(' ', name, price_sats, max_automations)
		FROM "Plan" p JOIN "PlanLimits" l ON l.plan_id = p.id WHERE slug = 'basic'`))

	_, err = b.m.Down(b.ctx, 11)
	require.NoError(t, err)
	_, err = b.m.Up(b.ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"5"}, b.list(t, `SELECT count(*)::text FROM "Plan"`))
}

func TestReferenceRows_AreWrittenInUTC(t *testing.T) {
	t.Parallel()
	b := setupEmpty(t)
	b.exec(t, `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = ''Asia/Tokyo''', current_database()); END $$`)
	b.db.SetMaxIdleConns(0) // new sessions, with the new setting
	_, err := b.m.Up(b.ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"Asia/Tokyo"}, b.list(t, `SHOW timezone`))
	require.Equal(t, []string{"true"}, b.list(t,
		`SELECT (abs(extract(epoch FROM created_at - (now() AT TIME ZONE 'UTC'))) < 600)::text FROM "Exchange"`))
	items, err := b.m.Status(b.ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"true"}, b.list(t,
		`SELECT (abs(extract(epoch FROM max(tstamp) - (now() AT TIME ZONE 'UTC'))) < 600)::text FROM axisor.axisor_migrations`), items)
}

// The policies do what the design wants of them, for a role that the operator has given grants.
func TestRowSecurity(t *testing.T) {
	t.Parallel()
	b := setupMigrated(t)
	b.exec(t, `GRANT USAGE ON SCHEMA public TO authenticated`)
	b.exec(t, `GRANT SELECT, INSERT, UPDATE, DELETE ON "User", "UserExchangeCredentials", "Payment" TO authenticated`)
	b.exec(t, `GRANT SELECT ON "Exchange" TO authenticated`)
	b.exec(t, `INSERT INTO "User" (id, email, username) VALUES ('u1', 'a@example.com', 'ann'), ('u2', 'b@example.com', 'bob')`)
	b.exec(t, `INSERT INTO "UserExchangeCredentials" (id, user_id, exchange_id, credentials)
		SELECT md5(u.email), u.id, e.id, '{}' FROM "User" u, "Exchange" e`)
	b.exec(t, `INSERT INTO "Payment" (id, user_id, amount_sats, lightning_invoice, status, plan_type)
		SELECT md5(email), id, 1, 'ln', 'pending', 'basic' FROM "User"`)

	// as runs fn as the API would: with the role, and with the user set for one transaction.
	as := func(user string, fn func(tx *sql.Tx)) {
		tx, err := b.db.BeginTx(b.ctx, nil)
		require.NoError(t, err)
		defer tx.Rollback()
		_, err = tx.ExecContext(b.ctx, `SET LOCAL ROLE authenticated`)
		require.NoError(t, err)
		_, err = tx.ExecContext(b.ctx, `SELECT set_config('app.current_user_id', $1, true)`, user)
		require.NoError(t, err)
		fn(tx)
	}
	count := func(tx *sql.Tx, table string) (n int) {
		require.NoError(t, tx.QueryRowContext(b.ctx, `SELECT count(*) FROM `+table).Scan(&n))
		return n
	}
	denied := func(tx *sql.Tx, query string) {
		_, err := tx.ExecContext(b.ctx, query)
		var pg *pgconn.PgError
		require.ErrorAs(t, err, &pg, query)
		require.Equal(t, "42501", pg.Code, query)
	}

	for user, want := range map[string]int{"u1": 1, "u2": 1, "": 0, "u1' OR 'a' = 'a": 0} {
		as(user, func(tx *sql.Tx) {
			for _, table := range []string{`"User"`, `"UserExchangeCredentials"`, `"Payment"`} {
				require.Equal(t, want, count(tx, table), "%s as %q", table, user)
			}
		})
	}
	as("u1", func(tx *sql.Tx) {
		denied(tx, `INSERT INTO "Payment" (user_id, amount_sats, lightning_invoice, status, plan_type) VALUES ('u2', 1, 'ln', 'paid', 'pro')`)
	})
	as("u1", func(tx *sql.Tx) { denied(tx, `UPDATE "UserExchangeCredentials" SET user_id = 'u2'`) })
	as("u1", func(tx *sql.Tx) {
		res, err := tx.ExecContext(b.ctx, `DELETE FROM "Payment" WHERE user_id = 'u2'`)
		require.NoError(t, err)
		n, err := res.RowsAffected()
		require.NoError(t, err)
		require.Zero(t, n)
	})
	require.Equal(t, []string{"2"}, b.list(t, `SELECT count(*)::text FROM "User"`), "the owner sees all")
}
