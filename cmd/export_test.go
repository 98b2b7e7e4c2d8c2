package cmd_test

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestExport_ServerWritesTheSameCSV compares every csv that the server writes with the one that is made of the rows, over
// texts that a spreadsheet would run, and that a csv has to quote.
func TestExport_ServerWritesTheSameCSV(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	exec := func(sql string, args ...any) { require.NoError(t, w.db.Gorm(t.Context()).Exec(sql, args...).Error) }
	for i, text := range []string{"=1+1", "'=quoted", "\tx", "+a, \"b\"", "line\r\nline", "<&>", "ümläut", ""} {
		exec(`INSERT INTO "Payment" (user_id, amount_sats, lightning_invoice, status, plan_type, description, payment_method, preimage, amount, paid_at)
			SELECT id, ?, 'ln' || CAST(? AS text), ?, 'pro', ?, ?, 'secret', ?, now() FROM "User" WHERE username = 'ana'`,
			i+1, text, []string{"paid", "pending", "completed", "expired"}[i%4], text, text, float64(i)/4)
		exec(`INSERT INTO axisor.payment_settlement (payment_id, source, late, created_at) SELECT id, 'forced', true, now() FROM "Payment" WHERE amount_sats = ? AND status = 'paid'`, i+1)
		exec(`INSERT INTO "AuditLog" (action, resource, old_values, new_values, user_agent) VALUES ('test.text', ?, ?, ?, ?)`,
			text, `{"b": "<`+strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(text, `"`, `\"`), "\r\n", `\n`), "\t", `\t`)+`>", "password": "hunter2", "a": 1.50}`, `[1, null]`, text)
		exec(`INSERT INTO "SecurityAuditLog" (action, success, details, user_agent) VALUES ('TEST', ?, '{"token": "hunter2"}', ?)`, i%2 == 0, text)
		exec(`INSERT INTO "TradeLog" (user_id, trade_id, status, error_message, pnl, executed_at) SELECT id, ?, 'success', ?, ?, now() FROM "User" WHERE username = 'ana'`,
			text, text, float64(i)-3.5)
		exec(`UPDATE "User" SET preferences = ?, last_login_ip = ?, locked_until = now(), is_active = ? WHERE username = 'ana'`,
			`{"theme": "<dark>", "n": [1, 2.50]}`, text, i%2 == 0)
	}
	for _, c := range []struct{ rows, server string }{
		{"user list --sort created_at", "user export"},
		{"user list --sort created_at --plan pro --search an --since 30d", "user export --plan pro --search an --since 30d"},
		{"payment list --sort created_at", "payment export"},
		{"payment list --sort created_at --status paid --user ana --since 1d", "payment export --status paid --user ana --since 1d"},
		{"payment list --sort created_at --overdue --plan basic", "payment export --overdue --plan basic"},
		{"payment list --sort created_at --columns status,user_email,id --no-headers", "payment export --columns status,user_email,id --no-headers"},
		{"audit list --sort created_at", "audit export"},
		{"audit list --sort created_at --action test. --since 1d", "audit export --action test. --since 1d"},
		{"audit security list --sort created_at", "audit export --security"},
		{"trade list --sort executed_at", "trade export --ordered"},
	} {
		rows := w.p.OK(append(strings.Fields(c.rows), "--all", "-o", "csv")...).Stdout
		server := w.p.OK(strings.Fields(c.server)...).Stdout
		require.Equal(t, records(t, rows), records(t, server), c.server)
		require.NotContains(t, server, "hunter2")
	}
	for _, noun := range []string{"user", "payment", "audit", "trade"} {
		require.Contains(t, w.p.Fails(2, noun, "export", "--columns", "id,nonsense").Stderr, "nonsense")
	}
}

func records(t *testing.T, text string) [][]string {
	t.Helper()
	r, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err)
	return slices.Clip(r)
}
