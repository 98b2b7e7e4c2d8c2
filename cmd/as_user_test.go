package cmd_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

// asUser says how a command that reads rows is called. Words in braces stand for ids of one of the users. A new
// command with an argument adds a line here, or to notAsUser with the reason.
var asUser = map[string]string{
	"account show": "{u}-account", "audit show": "{u}-audit", "automation show": "{u}-automation", "credential show": "{u}-credential",
	"exchange show": "lnmarkets", "exchange credential-type list": "lnmarkets", "guard config show": "{u}", "payment show": "{u}-payment",
	"plan show": "pro", "plan limits show": "pro", "plan usage": "{u}", "report show": "{u}-report", "simulation show": "{u}-simulation",
	"search": "{u}@example.com", "trade show": "{u}-trade", "user show": "{u}", "user session list": "{u}", "user timeline": "{u}",
}

// notAsUser are commands that read no rows in a session of a user.
var notAsUser = map[string]string{
	"credential check": "opens credentials", "guard explain": "opens credentials", "guard preview": "opens credentials",
	"guard backtest": "reads prices from a file", "payment check": "asks a node", "trade follow": "does not end: see its own test",
}

// ofEverybody are lists whose rows belong to nobody; what they count is of the user.
var ofEverybody = []string{"plan list", "exchange list", "automation type list"}

// twins writes the same rows for ana and bob, each with the name in its id, and a secret in every secret column.
func twins(t *testing.T) (*clitest.Program, *store.DB) {
	t.Helper()
	p := clitest.WithDB(t)
	db, err := store.Open(store.Options{URL: secret.New(databaseURL(t, p)), MaxConnections: 2})
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	for _, u := range []string{"ana", "bob"} {
		for _, sql := range []string{
			`INSERT INTO "User" (id, email, username, plan_type, password_hash, two_factor_secret, two_factor_backup_codes)
				VALUES ('{u}-id', '{u}@example.com', '{u}', 'free', 'hush-1', 'hush-2', '["hush-3"]')`,
			`INSERT INTO "UserExchangeAccounts" (id, user_id, exchange_id, account_name, credentials) SELECT '{u}-account-' || n, '{u}-id', id, '{u}' || n, '{"k": "hush-4"}'
				FROM "Exchange", generate_series(1, 2) n`,
			`UPDATE "UserExchangeAccounts" SET id = '{u}-account' WHERE id = '{u}-account-1'`,
			`INSERT INTO "UserExchangeCredentials" (id, user_id, exchange_id, credentials) SELECT '{u}-credential', '{u}-id', id, '{"k": "hush-5"}' FROM "Exchange"`,
			`INSERT INTO "Automation" (id, user_id, user_exchange_account_id, type, config) VALUES ('{u}-automation', '{u}-id', '{u}-account', 'tp_sl', '{}')`,
			`INSERT INTO "TradeLog" (id, user_id, trade_id, status, executed_at, pnl) VALUES ('{u}-trade', '{u}-id', '{u}-t', 'success', now(), 7)`,
			`INSERT INTO "Payment" (id, user_id, amount_sats, lightning_invoice, status, plan_type, payment_hash, preimage, expires_at)
				VALUES ('{u}-payment', '{u}-id', 100, 'lnbc-{u}', 'paid', 'pro', '{u}-hash', 'hush-6', now())`,
			`INSERT INTO "Notification" (id, user_id, type, channel_config, is_enabled) VALUES ('{u}-notification', '{u}-id', 'email', '{"a": "hush-7"}', true)`,
			`INSERT INTO "BacktestReport" (id, user_id, config, result, status) VALUES ('{u}-report', '{u}-id', '{}', '{}', 'completed')`,
			`INSERT INTO "Simulation" (id, user_id, name, config, status) VALUES ('{u}-simulation', '{u}-id', '{u}', '{}', 'completed')`,
			`INSERT INTO "RefreshToken" (id, user_id, token, expires_at) VALUES ('{u}-session', '{u}-id', 'hush-8-{u}', now() + interval '1 day')`,
			`INSERT INTO "AuditLog" (id, user_id, action, resource, resource_id) VALUES ('{u}-audit', '{u}-id', 'user.update', 'user', '{u}-id')`,
			`INSERT INTO "SecurityAuditLog" (id, user_id, action) VALUES ('{u}-security', '{u}-id', 'LOGIN_{u}')`,
			`INSERT INTO "MarginGuardConfig" (id, user_id, is_active) VALUES ('{u}-guard', '{u}-id', true)`,
			`INSERT INTO axisor.guard_intent (id, user_id, account_id, trade_id, side, amount_sats, margin_before, liquidation_before, entry_price, price, threshold, planned_at, updated_at)
				VALUES ('{u}-intent', '{u}-id', '{u}-account', '{u}-position', 'buy', 1, 1, 1, 1, 1, 1, now(), now())`,
		} {
			sql = strings.ReplaceAll(sql, "{u}", u)
			_, err := db.SQL().ExecContext(t.Context(), sql)
			require.NoError(t, err, sql)
		}
	}
	p.OK("db", "roles", "create")
	return p, db
}

func databaseURL(t *testing.T, p *clitest.Program) string {
	t.Helper()
	for _, kv := range p.Env {
		if url, ok := strings.CutPrefix(kv, "DATABASE_URL="); ok {
			return url
		}
	}
	t.Fatal("no database")
	return ""
}

func readsRows(c *cobra.Command) bool {
	for p := c; p != nil; p = p.Parent() {
		if p.Annotations[flags.LocalKey] != "" || p.Annotations[flags.NoRowsKey] != "" {
			return false
		}
	}
	return c.Annotations[flags.EffectKey] == flags.Read
}

func pathOf(c *cobra.Command) string { return strings.TrimPrefix(c.CommandPath(), "axisor ") }

// call makes the command line of a reading command, about u where it is about somebody.
func call(t *testing.T, c *cobra.Command, u string, more ...string) []string {
	t.Helper()
	path := pathOf(c)
	line, known := asUser[path]
	require.True(t, known || !strings.ContainsAny(c.Use, " "), "axisor %s reads rows: add it to asUser (or notAsUser) in this file", path)
	args := append(strings.Fields(path), strings.Fields(strings.ReplaceAll(line, "{u}", u))...)
	if c.Flags().Lookup("all") != nil {
		args = append(args, "--all")
	}
	return append(args, more...)
}

// TestAsUser_EveryReadShowsTheRowsOfOneUser goes through the commands that read rows: as ana each shows hers, none
// shows anything of bob, and asking for bob's by id finds nothing.
func TestAsUser_EveryReadShowsTheRowsOfOneUser(t *testing.T) {
	t.Parallel()
	p, _ := twins(t)
	tried := 0
	for _, c := range leaves(t) {
		path := pathOf(c)
		if !readsRows(c) || notAsUser[path] != "" {
			continue
		}
		tried++
		all := p.Run(call(t, c, "bob", "-o", "json")...)
		mine := p.Run(call(t, c, "ana", "-o", "json", "--as-user", "ANA@example.com")...)
		require.Contains(t, []int{0, all.Code}, mine.Code, "%s: %s", path, mine.Stderr)
		require.NotContains(t, mine.Stdout+mine.Stderr, "bob", path)
		require.NotContains(t, mine.Stdout+mine.Stderr, "hush", path)
		if strings.Contains(all.Stdout, "bob") {
			require.Contains(t, mine.Stdout, "ana", path)
		}
		for _, list := range ofEverybody {
			if path == list {
				require.Len(t, mine.Items(), len(all.Items()), path)
			}
		}
		if !strings.Contains(asUser[path], "{u}") {
			continue
		}
		theirs := p.Run(call(t, c, "bob", "-o", "json", "--as-user", "ana")...)
		if theirs.Code == 0 { // a search finds nothing
			require.Empty(t, theirs.Items(), path)
			continue
		}
		require.Equal(t, 3, theirs.Code, "%s of somebody else: %s%s", path, theirs.Stdout, theirs.Stderr)
		require.Empty(t, theirs.Stdout, path)
		require.NotContains(t, theirs.Stderr, "bob@example.com", path)
	}
	require.Greater(t, tried, 35)
	for _, format := range []string{"csv", "jsonl"} { // these stream through COPY and rows
		r := p.OK("trade", "export", "--as-user", "ana", "-o", format)
		require.Contains(t, r.Stdout, "ana-trade")
		require.NotContains(t, r.Stdout, "bob")
	}
}

// TestAsUser_IsForReadingRowsAlone refuses it before anything is opened: the database is dead.
func TestAsUser_IsForReadingRowsAlone(t *testing.T) {
	t.Parallel()
	p := clitest.New(t, "DATABASE_URL=postgres://nobody@127.0.0.1:1/none", "ENCRYPTION_KEY="+clitest.Key)
	for _, c := range leaves(t) {
		path := pathOf(c)
		if readsRows(c) {
			continue
		}
		var words []string
		for c.Args(c, words) != nil && len(words) < 3 {
			words = append(words, "x")
		}
		args := append(append(strings.Fields(path), words...), "--as-user", "ana")
		r := p.Run(args...)
		require.Equal(t, 2, r.Code, "%s: %s", path, r.Stderr)
		require.Contains(t, r.Stderr, "--as-user", path)
	}
	p.Fails(2, "user", "list", "--as-user", "")
	p.Fails(11, "user", "list", "--as-user", "ana")
}

func TestAsUser_Failures(t *testing.T) {
	t.Parallel()
	p, db := twins(t)
	require.Equal(t, "user_not_found", p.Fails(3, "trade", "list", "--as-user", "nobody", "-o", "json").Error()["code"])
	for _, args := range []string{"credential check", "guard preview", "guard explain ana", "credential show ana-credential --reveal --field k --yes"} {
		r := p.Fails(2, append(strings.Fields(args), "--as-user", "ana")...)
		require.Contains(t, r.Stderr, "--as-user", args)
	}
	followed := p.Run("trade", "follow", "--as-user", "ana", "--since", "1d", "-o", "jsonl", "--timeout", "1s")
	require.Contains(t, followed.Stdout, "ana-trade", followed.Stderr)
	require.NotContains(t, followed.Stdout, "bob")

	// Nothing of it stays on a pooled connection: the pool of two has served the session before.
	session, end, err := db.AsUser(t.Context(), "ana-id")
	require.NoError(t, err)
	var n int64
	require.NoError(t, session.Gorm(t.Context()).Raw(`SELECT count(*) FROM "User"`).Scan(&n).Error)
	require.EqualValues(t, 1, n)
	require.ErrorIs(t, session.Gorm(t.Context()).Exec(`UPDATE "User" SET username = 'x'`).Error, store.ErrReadOnly)
	_, err = session.SQL().ExecContext(t.Context(), `SELECT 1`)
	require.Error(t, err, "there is no way around the transaction")
	// Whoever ends the transaction ends the session with it.
	err = session.WithPgx(t.Context(), func(c *pgx.Conn) error {
		_, err := c.Exec(t.Context(), `COMMIT`)
		return err
	})
	require.ErrorContains(t, err, "has ended")
	require.Error(t, session.Gorm(t.Context()).Raw(`SELECT count(*) FROM "User"`).Scan(&n).Error)
	require.Error(t, session.WithPgx(t.Context(), func(*pgx.Conn) error { return nil }))
	_ = end()
	for range 4 {
		var role, user string
		require.NoError(t, db.SQL().QueryRowContext(t.Context(), `SELECT current_user, COALESCE(current_setting('app.current_user_id', true), '')`).Scan(&role, &user))
		require.NotEqual(t, store.RoleAuthenticated, role)
		require.Empty(t, user)
	}
}

// A login that is no member of the role is told what makes it one.
func TestAsUser_NeedsTheRightToTakeTheRole(t *testing.T) {
	t.Parallel()
	p, db := twins(t)
	var name string
	require.NoError(t, db.SQL().QueryRowContext(t.Context(), `SELECT current_database()`).Scan(&name))
	login := name + "_login" // roles belong to the whole server
	exec := func(q string) {
		_, err := db.SQL().ExecContext(context.WithoutCancel(t.Context()), q)
		require.NoError(t, err, q)
	}
	exec(`CREATE ROLE ` + login + ` LOGIN BYPASSRLS PASSWORD 'pw'`)
	t.Cleanup(func() { exec(`DROP OWNED BY ` + login + `; DROP ROLE ` + login) })
	exec(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ` + login)
	u, err := url.Parse(databaseURL(t, p))
	require.NoError(t, err)
	u.User = url.UserPassword(login, "pw")
	q := u.Query()
	q.Del("user")
	u.RawQuery = q.Encode()
	p = p.With("DATABASE_URL=" + u.String())
	r := p.Fails(6, "user", "list", "--as-user", "ana", "-o", "json")
	require.Equal(t, "as_user_refused", r.Error()["code"])
	exec(`GRANT ` + store.RoleAuthenticated + ` TO ` + login)
	require.Equal(t, "ana-id\n", p.OK("user", "list", "--as-user", "ana", "-q").Stdout)
}

// TestSupport_NoCommandReadsASecret runs every reading command in a session of the role of support.
func TestSupport_NoCommandReadsASecret(t *testing.T) {
	t.Parallel()
	p, _ := twins(t)
	address := databaseURL(t, p)
	join := "?"
	if strings.Contains(address, "?") {
		join = "&"
	}
	p = p.With("DATABASE_URL=" + address + join + "options=-crole%3D" + store.RoleSupport)
	for _, c := range leaves(t) {
		path := pathOf(c)
		if !readsRows(c) || notAsUser[path] != "" && path != "credential check" {
			continue
		}
		r := p.Run(call(t, c, "bob", "-o", "json")...)
		require.NotContains(t, r.Stdout+r.Stderr, "hush", path)
		if path == "credential check" {
			require.Equal(t, 6, r.Code, "it may not read what it would open")
			continue
		}
		require.Contains(t, []int{0, 8}, r.Code, "%s: %s", path, r.Stderr)
		if strings.Contains(asUser[path], "{u}") {
			require.Contains(t, r.Stdout, "bob", path)
		}
	}
}
