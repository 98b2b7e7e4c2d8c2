package doctor_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/lnsim"
)

func TestDoctor_ExitsZeroOnWarnings(t *testing.T) {
	t.Parallel()
	p := clitest.WithDB(t, "AXISOR_LNMARKETS_BASE_URL="+lnsim.NewServer(t).URL)
	r := p.OK("doctor")
	require.Contains(t, r.Stdout, "PostgreSQL")
	require.Contains(t, r.Stderr, "0 failed")

	items := p.OK("doctor", "-o", "json").Items()
	for _, i := range items {
		var fields []string
		for k := range i {
			fields = append(fields, k)
		}
		require.ElementsMatch(t, []string{"name", "title", "level", "finding", "fix", "fixable", "fixed"}, fields)
	}
	require.NotContains(t, r.Stdout+r.Stderr, clitest.Key)
}

func TestDoctor_ExitsEightAndStillReportsEverything(t *testing.T) {
	t.Parallel()
	p := clitest.New(t, "DATABASE_URL=postgres://someone:hunter2@127.0.0.1:1/none", "AXISOR_LNMARKETS_BASE_URL=http://127.0.0.1:1/v3")
	r := p.Run("doctor", "-o", "jsonl")
	require.Equal(t, 8, r.Code)
	require.Equal(t, "checks_failed", r.Error()["code"])
	require.Len(t, strings.Split(strings.TrimSpace(r.Stdout), "\n"), 26)
	require.NotContains(t, r.Stdout+r.Stderr, "hunter2")
}

func TestDoctor_OfABrokenConfiguration(t *testing.T) {
	t.Parallel()
	p := clitest.New(t, "AXISOR_DATABASE_MAX_CONNECTIONS=many")
	r := p.Run("doctor", "-o", "json")
	require.Equal(t, 8, r.Code, r.Stderr)
	items := r.Items()
	require.Equal(t, "fail", items[0]["level"])
	require.Contains(t, items[0]["finding"], "max_connections")
	p.Fails(2, "doctor", "stray")
}

// damaged is an installation in which many things are wrong.
func damaged(t *testing.T) *clitest.Program {
	t.Helper()
	p := clitest.WithDB(t, "AXISOR_LNMARKETS_BASE_URL=http://127.0.0.1:1/v3")
	require.NoError(t, os.Mkdir(filepath.Join(p.Dir, "backups"), 0o700))
	require.NoError(t, os.Chmod(filepath.Join(p.Dir, "backups"), 0o755))
	var url string
	for _, kv := range p.Env {
		if v, ok := strings.CutPrefix(kv, "DATABASE_URL="); ok {
			url = v
		}
	}
	db, err := sql.Open("pgx", url)
	require.NoError(t, err)
	defer db.Close()
	for _, q := range []string{
		`INSERT INTO "User" (id, email, username) VALUES ('u1', 'ann@example.com', 'ann'), ('u2', 'Ann@example.com', 'bob')`,
		`INSERT INTO "UserExchangeAccounts" (user_id, exchange_id, credentials, is_active) SELECT 'u1', id, '{"k": "clear"}', true FROM "Exchange", generate_series(1, 2)`,
		`INSERT INTO "Payment" (user_id, amount_sats, lightning_invoice, status, plan_type, expires_at)
			VALUES ('u1', 1, 'ln', 'pending', 'pro', '2020-01-01'), ('u1', 1, 'ln', 'paid', 'pro', '2020-01-01')`,
		`INSERT INTO "MarginGuardConfig" (user_id, is_active) VALUES ('u1', true)`,
		`DELETE FROM "Plan" WHERE slug = 'pro'`,
		`DROP INDEX idx_payment_pending`,
		`DROP POLICY own_rows ON "TradeLog"`,
	} {
		_, err := db.ExecContext(t.Context(), q)
		require.NoError(t, err, q)
	}
	return p
}

// What stands under FIX is pasted at three in the morning: every axisor command among it exists, with its flags.
func TestDoctor_ProposesCommandsThatExist(t *testing.T) {
	t.Parallel()
	p := damaged(t)
	r := p.Run("doctor", "-o", "json")
	require.Equal(t, 8, r.Code, r.Stderr)
	proposed := 0
	for _, i := range r.Items() {
		require.Equal(t, i["level"] == "ok" || i["level"] == "skip", i["fix"] == nil, "%s: %s", i["name"], i["finding"])
		fix, _ := i["fix"].(string)
		command, ok := strings.CutPrefix(fix, "axisor ")
		if !ok {
			require.Regexp(t, `^(chmod|apt-get|timedatectl|)( |$)`, fix)
			continue
		}
		proposed++
		command, _, _ = strings.Cut(command, " -- ") // what follows is for psql
		p.OK(append(strings.Fields(command), "--help")...)
	}
	require.Greater(t, proposed, 8)
}

func TestDoctor_FixRepairsWhatCannotHurt(t *testing.T) {
	t.Parallel()
	p := damaged(t)
	p.Fails(2, "doctor", "--dry-run")
	require.Equal(t, "pending", p.OK("payment", "list", "--status", "pending", "-o", "json").Items()[0]["status"])

	r := p.Run("doctor", "--fix", "--dry-run", "-o", "json")
	require.Equal(t, 8, r.Code, r.Stderr)
	require.Contains(t, r.Stderr, "payments: would be repaired: 1 payment expired")
	require.Len(t, p.OK("payment", "list", "--status", "pending", "-o", "json").Items(), 1)

	r = p.Run("doctor", "--fix", "-o", "json", "--reason", "weekly")
	require.Equal(t, 8, r.Code, "what needs a person is left: %s", r.Stderr)
	level := map[any]any{}
	fixed := map[any]any{}
	for _, i := range r.Items() {
		level[i["name"]], fixed[i["name"]] = i["level"], i["fixed"]
	}
	require.Equal(t, "warn", level["files"], "closing a directory is for a person")
	for _, name := range []string{"reference_rows", "payments"} {
		require.Equal(t, "ok", level[name], name)
		require.NotNil(t, fixed[name], name)
	}
	require.Equal(t, "fail", level["emails"])
	require.Nil(t, fixed["emails"])
	audit := p.OK("audit", "list", "--action", "payment.expire", "-o", "json").Items()
	require.Len(t, audit, 1)
	require.Equal(t, "weekly", audit[0]["details"].(map[string]any)["reason"])
	require.NotContains(t, p.Run("db", "index", "--problems", "-o", "json").Stdout, "missing")
	require.NotContains(t, r.Stdout+r.Stderr, clitest.Key)
}
