package account_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

const canary = "s3cretCANARY"

const keysJSON = `{"api_key":"` + canary + `1","api_secret":"` + canary + `2","passphrase":"` + canary + `3"}`

// setup is an installation with two users: ana on pro, bob on free.
func setup(t *testing.T) (*clitest.Program, *store.DB) {
	t.Helper()
	p := clitest.WithDB(t)
	url := ""
	for _, pair := range p.Env {
		if v, ok := strings.CutPrefix(pair, "DATABASE_URL="); ok {
			url = v
		}
	}
	db, err := store.Open(store.Options{URL: secret.New(url), MaxConnections: 2})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	svc := admin.New(db, admin.Options{Actor: "test"})
	for name, plan := range map[string]models.PlanType{"ana": models.PlanPro, "bob": models.PlanFree} {
		_, err := svc.CreateUser(t.Context(), admin.Mode{}, admin.CreateUserInput{Email: name + "@example.com", Username: name, Plan: plan})
		require.NoError(t, err)
	}
	return p, db
}

func create(user, name string, more ...string) []string {
	return append([]string{"account", "create", user, "--exchange", "lnmarkets", "--name", name, "--from-stdin"}, more...)
}

func TestCreateAndList(t *testing.T) {
	t.Parallel()
	p, db := setup(t)
	r := p.Input(keysJSON).OK(create("Ana@Example.com", "Main", "--activate", "-o", "json", "--reason", "ticket 7")...)
	require.NotContains(t, r.Stdout+r.Stderr, canary)
	got := r.JSON()
	id, _ := got["id"].(string)
	require.Len(t, id, 36)
	require.Equal(t, "lnmarkets", got["exchange"])
	require.Equal(t, "Main", got["account_name"])
	require.Equal(t, []any{"api_key", "api_secret", "passphrase"}, got["fields"])
	require.Equal(t, true, got["is_active"])
	require.Equal(t, "created", got["result"])
	require.Nil(t, got["last_test"])
	require.Len(t, got, 12)

	var stored string
	require.NoError(t, db.Gorm(t.Context()).Raw(`SELECT credentials::text FROM "UserExchangeAccounts"`).Scan(&stored).Error)
	require.NotContains(t, stored, canary)
	require.Regexp(t, `"api_key": "[0-9a-f]{32}:[0-9a-f]{32}:[0-9a-f]+"`, stored)

	second := p.Input(keysJSON).OK(create("ana", "Second", "--activate")...)
	require.Contains(t, second.Stderr, "account Second of ana@example.com is stored and active")
	items := p.OK("account", "list", "--user", "ana", "--sort", "account_name", "-o", "json").Items()
	require.Len(t, items, 2)
	require.Equal(t, id, items[0]["id"])
	require.Equal(t, false, items[0]["is_active"])
	require.Equal(t, true, items[1]["is_active"])

	require.Empty(t, p.OK("account", "list", "--user", "bob", "-o", "json").Items())
	require.Len(t, p.OK("account", "ls", "--active", "--exchange", "lnmarkets", "-o", "json").Items(), 1)
	require.Equal(t, id+"\n", p.OK("accounts", "list", "--inactive", "-q").Stdout)
	table := p.OK("account", "list").Stdout
	require.Contains(t, table, "api_key, api_secret, passphrase")
	require.NotContains(t, table+p.OK("account", "list", "-o", "csv").Stdout, canary)
	require.Contains(t, p.Fails(3, "account", "list", "--user", "anna").Stderr, "did you mean ana")
	require.Contains(t, p.Fails(3, "account", "list", "--exchange", "lnmarket").Stderr, "did you mean lnmarkets?")

	var audited string
	require.NoError(t, db.Gorm(t.Context()).Raw(`SELECT string_agg(new_values::text || details::text, ' ') FROM "AuditLog" WHERE action = 'account.create'`).Scan(&audited).Error)
	require.Contains(t, audited, "ticket 7")
	require.NotContains(t, audited, canary)
}

func TestCreate_FromFile(t *testing.T) {
	t.Parallel()
	p, _ := setup(t)
	path := filepath.Join(p.Dir, "keys.json")
	require.NoError(t, os.WriteFile(path, []byte(keysJSON), 0o644))
	args := []string{"account", "create", "ana", "--exchange", "lnmarkets", "--name", "Main", "--from-file", "keys.json"}
	r := p.Fails(10, args...)
	require.Contains(t, r.Stderr, "others can open")
	require.Contains(t, r.Stderr, "hint: chmod 600 "+path)
	require.NoError(t, os.Chmod(path, 0o600))
	dry := p.OK(append(args, "--dry-run", "-o", "json")...)
	require.Equal(t, true, dry.JSON()["dry_run"])
	require.Empty(t, p.OK("account", "list", "-o", "json").Items())
	p.OK(args...)
	require.Len(t, p.OK("account", "list", "-o", "json").Items(), 1)
}

func TestCreate_BadInput(t *testing.T) {
	t.Parallel()
	p, _ := setup(t)
	p.Input(keysJSON).OK(create("bob", "Main")...)
	for _, tc := range []struct {
		name  string
		stdin string
		args  []string
		exit  int
		code  string
		want  string
	}{
		{"no user", keysJSON, []string{"account", "create"}, 2, "usage", "needs a USER"},
		{"unknown user", keysJSON, create("nobody@example.com", "Main"), 3, "user_not_found", "nobody@example.com"},
		{"unknown exchange", keysJSON, []string{"account", "create", "ana", "--exchange", "binance", "--name", "x", "--from-stdin"}, 3, "exchange_not_found", "binance"},
		{"no name", keysJSON, []string{"account", "create", "ana", "--exchange", "lnmarkets", "--from-stdin"}, 2, "usage", "--name"},
		{"nothing to ask on", "", []string{"account", "create", "ana", "--exchange", "lnmarkets", "--name", "x"}, 2, "usage", "--from-stdin"},
		{"two sources", keysJSON, create("ana", "x", "--from-file", "f"), 2, "usage", "exclude each other"},
		{"no json", canary, create("ana", "x"), 2, "usage", "want one JSON object"},
		{"empty", "", create("ana", "x"), 2, "usage", "want one JSON object"},
		{"array", `["` + canary + `"]`, create("ana", "x"), 2, "usage", "want one JSON object"},
		{"number", `{"api_key":1234567890}`, create("ana", "x"), 2, "usage", `field \"api_key\" must be a text`},
		{"missing field", `{"api_key":"` + canary + `"}`, create("ana", "x"), 2, "invalid_credentials", "missing required field api_secret, passphrase"},
		{"unknown field", `{"apiKey":"` + canary + `"}`, create("ana", "x"), 2, "invalid_credentials", "lnmarkets takes: api_key, api_secret, passphrase"},
		{"taken name", keysJSON, create("bob", "main", "--override-limit"), 4, "account_exists", "already has an account"},
		{"limit", keysJSON, create("bob", "Second"), 4, "plan_limit_reached", "--override-limit"},
		{"bad name", keysJSON, create("ana", " x"), 2, "invalid_account_name", "space"},
	} {
		r := p.Input(tc.stdin).Fails(tc.exit, append(tc.args, "-o", "json")...)
		require.Empty(t, r.Stdout, tc.name)
		require.Equal(t, tc.code, r.Error()["code"], tc.name)
		require.Contains(t, r.Stderr, tc.want, tc.name)
		require.NotContains(t, r.Stderr, canary, tc.name)
	}
	require.Len(t, p.OK("account", "list", "-o", "json").Items(), 1, "nothing was half-written")
	p.Input(keysJSON).OK(create("bob", "Second", "--override-limit")...)
}

func TestCreate_WithoutKey(t *testing.T) {
	t.Parallel()
	p, _ := setup(t)
	r := p.With("ENCRYPTION_KEY=").Input(keysJSON).Fails(10, create("ana", "Main")...)
	require.Contains(t, r.Stderr, "no encryption key is configured")
	r = p.With("ENCRYPTION_KEY=short").Input(keysJSON).Fails(10, create("ana", "Main")...)
	require.Contains(t, r.Stderr, "must have at least 32 characters")
	require.Empty(t, p.OK("account", "list", "-o", "json").Items())
}
