package credential_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSetShowListSwitchDelete(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.file(t, canaries())
	set := []string{"credential", "set", "ana", "--exchange", "lnmarkets", "--from-file", keyFile, "-o", "json"}
	dry := b.OK(append(set, "--dry-run")...).JSON()
	require.Equal(t, true, dry["dry_run"])
	require.Empty(t, b.OK("credential", "list", "-o", "json").Items())
	made := b.OK(set...).JSON()
	require.Equal(t, "created", made["result"])
	require.Equal(t, []any{"api_key", "api_secret", "passphrase"}, made["fields"])
	require.Equal(t, "lnmarkets", made["exchange"])
	require.Equal(t, true, made["is_active"])
	require.Len(t, made, 11)
	again := b.Input(`{"API Key":"`+canary+`4"}`).OK("credential", "set", "ana@example.com", "--exchange", "ln-markets", "--from-stdin", "-o", "json").JSON()
	require.Equal(t, "updated", again["result"])
	require.Equal(t, made["id"], again["id"])

	require.Equal(t, made["id"], b.OK("credential", "show", "ana", "-o", "json").JSON()["id"])
	require.Len(t, b.OK("credentials", "ls", "--user", "ana", "--exchange", "lnmarkets", "--active", "-o", "json").Items(), 1)
	require.Empty(t, b.OK("credential", "list", "--user", "bob", "-o", "json").Items())
	off := b.OK("credential", "disable", "ana", "-o", "json").JSON()
	require.Equal(t, false, off["is_active"])
	require.Equal(t, "unchanged", b.OK("credential", "disable", "ana", "-o", "json").JSON()["result"])
	require.Equal(t, true, b.OK("credential", "enable", "ana", "--exchange", "lnmarkets", "-o", "json").JSON()["is_active"])

	require.Equal(t, "confirmation_needed", b.Fails(2, "credential", "delete", "ana", "-o", "json").Error()["code"])
	b.OK("credential", "delete", "ana", "--dry-run")
	require.Len(t, b.OK("credential", "list", "-o", "json").Items(), 1)
	require.Equal(t, "deleted", b.OK("credential", "delete", "ana", "--yes", "-o", "json").JSON()["result"])
	require.Equal(t, "credential_not_found", b.Fails(3, "credential", "show", "ana", "-o", "json").Error()["code"])
	require.Equal(t, "user_not_found", b.Fails(3, "credential", "show", "anna", "-o", "json").Error()["code"])
}

func TestSet_BadInput(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for want, args := range map[string][]string{
		"needs --exchange":          {"credential", "set", "ana", "--from-stdin"},
		"no field was given":        {"credential", "set", "ana", "--exchange", "lnmarkets", "--from-stdin"},
		"there is no terminal":      {"credential", "set", "ana", "--exchange", "lnmarkets"},
		"exclude each other":        {"credential", "set", "ana", "--exchange", "lnmarkets", "--from-stdin", "--from-file", "x"},
		"needs a CREDENTIAL":        {"credential", "test"},
		"excludes --all":            {"credential", "test", "ana", "--all"},
		"--field goes with":         {"credential", "show", "ana", "--field", "api_key"},
		"--problems and --summary":  {"credential", "check", "--problems", "--summary"},
		"use one of seed, app-cbc,": {"credential", "rekey", "--to-format", "seed-literal"},
	} {
		r := b.Input("{}").Fails(2, args...)
		require.Contains(t, r.Stderr, want)
		require.Empty(t, r.Stdout)
	}
}

func TestReveal(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.set(t, "ana", canaries())
	require.Contains(t, b.Fails(2, "credential", "show", "ana", "--reveal", "--yes").Stderr, "stored are: api_key, api_secret, passphrase")
	refused := b.Fails(2, "credential", "show", "ana", "--reveal", "--field", "api_secret", "-o", "json")
	require.Equal(t, "confirmation_needed", refused.Error()["code"])
	require.Empty(t, b.text(t, `SELECT string_agg(action, ' ') FROM "SecurityAuditLog"`), "nothing was revealed yet")

	r := b.OK("credential", "show", "ana", "--reveal", "--field", "API Secret", "--yes", "--reason", "ticket 7")
	require.Equal(t, canary+"2\n", r.Stdout, "the asked field and nothing else")
	require.NotContains(t, r.Stderr, canary)
	got := b.OK("credential", "show", "ana", "--reveal", "--field", "passphrase", "--yes", "-o", "json").JSON()
	require.Equal(t, canary+"3", got["value"])
	require.Equal(t, "passphrase", got["field"])
	require.Len(t, got, 3)
	require.Equal(t, "CREDENTIAL_REVEALED CREDENTIAL_REVEALED", b.text(t, `SELECT string_agg(action, ' ') FROM "SecurityAuditLog"`))
	details := b.text(t, `SELECT string_agg(details::text, ' ') FROM "SecurityAuditLog"`)
	require.Contains(t, details, "ticket 7")
	require.NotContains(t, details, canary)

	wrong := b.With("ENCRYPTION_KEY=a-key-that-never-wrote-anything-0123456789", "AXISOR_ENCRYPTION_PREVIOUS_KEYS=").
		Fails(6, "credential", "show", "ana", "--reveal", "--field", "api_key", "--yes", "-o", "json")
	require.Equal(t, "wrong_encryption_key", wrong.Error()["code"])
	require.Equal(t, "f", b.text(t, `SELECT success FROM "SecurityAuditLog" ORDER BY created_at DESC LIMIT 1`)[:1])
}

func TestTest_OutcomesAndExitCodes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	good := b.sim.NewUser(1000)
	b.set(t, "ana", keysOf(good))
	r := b.OK("credential", "test", "ana", "-o", "json").JSON()
	require.Equal(t, "works", r["outcome"])
	require.Equal(t, true, r["recorded"])
	shown := b.OK("credential", "show", "ana", "-o", "json").JSON()
	require.Equal(t, true, shown["is_verified"])
	require.NotNil(t, shown["last_test"])

	check := func(exit int, outcome string, verified bool, env ...string) {
		t.Helper()
		r := b.With(env...).Fails(exit, "credential", "test", "ana", "-o", "json")
		require.Equal(t, outcome, r.JSON()["outcome"])
		require.Equal(t, "credential_"+outcome, r.Error()["code"])
		require.Equal(t, verified, b.OK("credential", "show", "ana", "-o", "json").JSON()["is_verified"], outcome)
	}
	check(11, "unreachable", true, "AXISOR_LNMARKETS_BASE_URL=http://127.0.0.1:1/v3")
	require.NoError(t, b.sim.SetSkew(60_000_000_000))
	check(11, "clock_off", true)
	require.NoError(t, b.sim.SetSkew(0))
	check(6, "unreadable", true, "ENCRYPTION_KEY=a-key-that-never-wrote-anything-0123456789", "AXISOR_ENCRYPTION_PREVIOUS_KEYS=")

	bad := keysOf(good)
	bad["api_secret"] = canary
	b.set(t, "ana", bad)
	dry := b.Fails(6, "credential", "test", "ana", "--dry-run", "-o", "json").JSON()
	require.Equal(t, false, dry["recorded"])
	require.Nil(t, b.OK("credential", "show", "ana", "-o", "json").JSON()["last_test"])
	check(6, "wrong_signature", false)
	bad["api_key"] = "nobodys"
	b.set(t, "ana", bad)
	check(6, "wrong_key", false)
	b.set(t, "ana", keysOf(b.sim.NewUser(1000, "futures:isolated:read")))
	check(6, "missing_scope", false)

	b.exec(t, `UPDATE "Exchange" SET api_version = 'v2'`)
	old := b.Fails(4, "credential", "test", "ana", "-o", "json")
	require.Equal(t, "exchange_unsupported", old.Error()["code"])
	require.Contains(t, old.Stderr, "31 March 2026")
	require.Contains(t, old.Stderr, "axisor exchange update lnmarkets --api-version v3")
	b.OK("exchange", "update", "lnmarkets", "--api-version", "v3")
	check(6, "missing_scope", false)
}

func TestTest_All(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Empty(t, b.OK("credential", "test", "--all", "-o", "json").Items())
	good := b.sim.NewUser(1000)
	b.set(t, "ana", keysOf(good))
	b.OK("credential", "test", "--all")
	bad := keysOf(good)
	bad["passphrase"] = canary
	b.set(t, "bob", bad)
	r := b.Fails(7, "credential", "test", "--all", "-o", "json")
	items := r.Items()
	require.Len(t, items, 2)
	require.Equal(t, "works", items[0]["outcome"])
	require.Equal(t, "wrong_signature", items[1]["outcome"])
	require.Equal(t, "credentials_failed", r.Error()["code"])
	require.Contains(t, b.Fails(7, "credential", "test", "--all").Stderr, "1 works, 1 wrong_signature")
	down := b.With("AXISOR_LNMARKETS_BASE_URL=http://127.0.0.1:1/v3").Fails(11, "credential", "test", "--all", "-o", "json")
	require.Equal(t, "credential_unreachable", down.Error()["code"])
}
