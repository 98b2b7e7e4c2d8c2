package credential_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/secret"
)

// moved gives bob, in the format that the database was designed with, what is sealed for ana, and puts a value of ana's
// into another of her fields.
func (b *fixture) moved(t *testing.T) {
	t.Helper()
	sealed, err := keyring(t, clitest.Key).EncryptFields(crypto.Place{}, map[string]secret.Secret{
		"api_key": secret.New(canary + "ana"), "api_secret": secret.New(canary + "secret"),
	})
	require.NoError(t, err)
	ana, err := json.Marshal(map[string]string{"api_key": sealed["api_key"], "api_secret": sealed["api_key"]})
	require.NoError(t, err)
	b.exec(t, `INSERT INTO "UserExchangeCredentials" (id, user_id, exchange_id, credentials)
		SELECT 'of-' || u.username, u.id, e.id, ?::jsonb FROM "User" u, "Exchange" e WHERE u.username IN ('ana', 'bob')`, string(ana))
}

// What nothing proves to be a row's is neither sealed for it, unless somebody says so, nor opened after the change to v2.
func TestRekey_WhatNothingProves(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.fill(t, 1)
	v2 := b.With("AXISOR_ENCRYPTION_FORMAT=v2")
	refused := v2.Fails(7, "credential", "rekey", "-o", "json")
	require.EqualValues(t, 2, refused.JSON()["values_unbound"])
	require.EqualValues(t, 0, refused.JSON()["values_encrypted"])
	v2.OK("credential", "check") // nothing is through yet: everything is read
	v2.OK("credential", "rekey", "--accept-unbound", "--dry-run")
	b.moved(t)
	v2.OK("credential", "check")
	b.exec(t, `DELETE FROM "UserExchangeCredentials"`)
	v2.OK("credential", "rekey", "--accept-unbound")

	b.moved(t)
	found := v2.Fails(8, "credential", "check", "--problems", "-o", "json")
	require.Len(t, found.Items(), 4)
	require.Equal(t, "not_accepted", found.Items()[0]["state"])
	left := v2.Fails(7, "credential", "rekey")
	for _, id := range []string{"of-ana api_key", "of-ana api_secret", "of-bob api_key", "of-bob api_secret"} {
		require.Contains(t, left.Stderr, "UserExchangeCredentials "+id+" (not_accepted)")
	}
	require.Contains(t, left.Stderr, "--accept-unbound")
	shown := v2.Fails(6, "credential", "show", "bob", "--reveal", "--field", "api_key", "--yes", "-o", "json")
	require.Equal(t, "credential_format_not_accepted", shown.Error()["code"])
	require.NotContains(t, shown.Stdout+shown.Stderr+left.Stdout+left.Stderr+found.Stdout, canary)
	tested := v2.Fails(6, "credential", "test", "bob", "-o", "json")
	require.Contains(t, tested.Stdout, "no longer accepted")
	require.Empty(t, b.sim.Requests(), "nothing was sent with it")

	// Clear text that turns up is no better.
	b.exec(t, `UPDATE "UserExchangeCredentials" SET credentials = '{"api_key": "put-here"}'`)
	require.EqualValues(t, 2, v2.Fails(7, "credential", "rekey", "-o", "json").JSON()["values_unbound"])
	v2.Fails(6, "credential", "show", "ana", "--reveal", "--field", "api_key", "--yes")
	require.Contains(t, b.text(t, `SELECT string_agg(credentials::text, '') FROM "UserExchangeCredentials"`), "put-here")

	// What is remembered outlives the audit trail; a setting overrules it; and a change to another format ends it.
	b.exec(t, `UPDATE "SecurityAuditLog" SET created_at = created_at - interval '400 days'`)
	b.OK("audit", "prune", "--older-than", "365d", "--yes")
	v2.Fails(6, "credential", "show", "ana", "--reveal", "--field", "api_key", "--yes")
	v2.With("AXISOR_ENCRYPTION_ACCEPT=v2,clear").OK("credential", "show", "ana", "--reveal", "--field", "api_key", "--yes")
	b.OK("credential", "rekey", "--to-format", "seed")
	v2.OK("credential", "check")
	v2.With("AXISOR_ENCRYPTION_ACCEPT=v2").Fails(8, "credential", "check")
}

// Another database's key stores nothing here.
func TestSet_UnderAKeyThatOpensNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.set(t, "ana", canaries())
	const strange = "the-key-of-a-database-somewhere-else"
	other := b.With("ENCRYPTION_KEY="+strange, "AXISOR_ENCRYPTION_PREVIOUS_KEYS=")
	b.file(t, canaries())
	for _, args := range [][]string{
		{"credential", "set", "bob", "--exchange", "lnmarkets", "--from-file", keyFile},
		{"account", "create", "bob", "--exchange", "lnmarkets", "--name", "Main", "--from-file", keyFile},
	} {
		r := other.Fails(6, append(args, "-o", "json")...)
		require.Equal(t, "encryption_key_unknown", r.Error()["code"])
		require.NotContains(t, r.Stderr, strange)
	}
	b.exec(t, `INSERT INTO "UserExchangeCredentials" (id, user_id, exchange_id, credentials)
		SELECT 'clear', u.id, e.id, '{"api_key": "in clear"}' FROM "User" u, "Exchange" e WHERE u.username = 'bob'`)
	other.Fails(7, "credential", "rekey")
	require.Equal(t, `{"api_key": "in clear"}`, b.text(t, `SELECT credentials::text FROM "UserExchangeCredentials" WHERE id = 'clear'`))
	b.exec(t, `DELETE FROM "UserExchangeCredentials" WHERE id = 'clear'`)
	require.Equal(t, "1", b.text(t, `SELECT ((SELECT count(*) FROM "UserExchangeCredentials") + (SELECT count(*) FROM "UserExchangeAccounts"))::text`))
	// The older key beside it says that it is meant.
	b.With("ENCRYPTION_KEY="+strange, "AXISOR_ENCRYPTION_PREVIOUS_KEYS="+clitest.Key).OK("credential", "set", "bob", "--exchange", "lnmarkets", "--from-file", keyFile)
	b.exec(t, `DELETE FROM "UserExchangeCredentials" WHERE user_id = (SELECT id FROM "User" WHERE username = 'bob')`)
	other.OK("account", "create", "bob", "--exchange", "lnmarkets", "--name", "Main", "--from-file", keyFile, "--new-key")
	other.OK("credential", "set", "bob", "--exchange", "lnmarkets", "--from-file", keyFile) // it opens that one
}
