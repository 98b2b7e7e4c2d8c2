package admin_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

func (b accountBundle) set(t *testing.T, fields map[string]string) (admin.Change[store.Credential], error) {
	t.Helper()
	in := admin.SetCredentialInput{User: "ana", Exchange: "ln-markets", Fields: map[string]secret.Secret{}}
	for k, v := range fields {
		in.Fields[k] = secret.New(v)
	}
	return b.svc.SetCredential(t.Context(), admin.Mode{}, in, b.keys)
}

func (b accountBundle) stored(t *testing.T, id string) map[string]string {
	t.Helper()
	rows, err := b.db.SealedRows(t.Context(), store.SealedCredentials, []string{id})
	require.NoError(t, err)
	require.Len(t, rows, 1)
	opened, err := b.keys.DecryptJSON(admin.CredentialPlace(id, rows[0].UserID), rows[0].Credentials)
	require.NoError(t, err)
	out := map[string]string{}
	for k, v := range opened {
		out[k] = v.Reveal()
	}
	return out
}

func TestSetCredential_KeepsTheSpelling(t *testing.T) {
	t.Parallel()
	for _, format := range crypto.Writable() {
		b := setupAccounts(t, models.PlanFree)
		var err error
		b.keys, err = b.keys.Writing(format)
		require.NoError(t, err)
		_, err = b.set(t, map[string]string{"api_key": "k"})
		require.ErrorContains(t, err, "missing required field api_secret, passphrase")
		c, err := b.set(t, map[string]string{"apiKey": "k", "API Secret": "s", "passphrase": "p", "isTestnet": "true"})
		require.NoError(t, err)
		require.Equal(t, words.Created, c.Status)
		require.Equal(t, map[string]string{"api_key": "k", "api_secret": "s", "passphrase": "p", "isTestnet": "true"}, b.stored(t, c.After.ID))

		// As the web application stores it, by label, with a field of its own.
		require.NoError(t, b.db.Gorm(t.Context()).Exec(`UPDATE "UserExchangeCredentials" SET is_verified = true, last_test = now(),
			credentials = '{"API Key": "old", "API Secret": "s2", "Passphrase": "p2", "Note": "kept"}'`).Error)
		c, err = b.set(t, map[string]string{"api_key": "k2"})
		require.NoError(t, err)
		require.Equal(t, words.Updated, c.Status)
		require.Equal(t, map[string]string{"API Key": "k2", "API Secret": "s2", "Passphrase": "p2", "Note": "kept"}, b.stored(t, c.After.ID))
		require.False(t, c.After.IsVerified)
		require.Nil(t, c.After.LastTest)
		_, err = b.set(t, map[string]string{"api_key": " "})
		require.ErrorContains(t, err, "missing required field api_key", "a required field cannot be emptied")
		_, err = b.set(t, map[string]string{"api_key": "a", "API Key": "b"})
		require.ErrorContains(t, err, "given twice")
		_, err = b.set(t, map[string]string{"token": "a"})
		require.ErrorContains(t, err, "unknown field token")
		require.ElementsMatch(t, []string{"credential.create", "credential.update"}, b.actions(t, "credential"))
	}
}

func TestCredential_SwitchRevealDelete(t *testing.T) {
	t.Parallel()
	b := setupAccounts(t, models.PlanFree)
	c, err := b.set(t, map[string]string{"api_key": accountCanary + "1", "api_secret": accountCanary + "2", "passphrase": accountCanary + "3"})
	require.NoError(t, err)
	off, err := b.svc.SwitchCredential(t.Context(), admin.Mode{}, c.After.ID, false)
	require.NoError(t, err)
	require.False(t, *off.After.IsActive)
	off, err = b.svc.SwitchCredential(t.Context(), admin.Mode{}, c.After.ID, false)
	require.NoError(t, err)
	require.Equal(t, words.Unchanged, off.Status)

	got, err := b.svc.RevealCredential(t.Context(), admin.Mode{Reason: "ticket 7"}, c.After.ID, "API Secret", b.keys)
	require.NoError(t, err)
	require.Equal(t, "api_secret", got.Field)
	require.Equal(t, accountCanary+"2", got.Value.Reveal())
	_, err = b.svc.RevealCredential(t.Context(), admin.Mode{}, c.After.ID, "token", b.keys)
	require.ErrorContains(t, err, "no such field")
	other, err := crypto.NewKeyring(secret.New("another key that is also long enough"), nil)
	require.NoError(t, err)
	_, err = b.svc.RevealCredential(t.Context(), admin.Mode{}, c.After.ID, "api_key", other)
	require.ErrorIs(t, err, crypto.ErrWrongKey)

	var events []models.SecurityAuditLog
	require.NoError(t, b.db.Gorm(t.Context()).Order("created_at, id").Find(&events).Error)
	require.Len(t, events, 2)
	outcomes := map[bool]int{}
	for _, e := range events {
		require.Equal(t, "CREDENTIAL_REVEALED", e.Action)
		require.Equal(t, b.ana.ID, *e.UserID)
		outcomes[*e.Success]++
		require.NotContains(t, string(e.Details), accountCanary)
	}
	require.Equal(t, map[bool]int{true: 1, false: 1}, outcomes, "a try that failed is on record, too")

	_, err = b.svc.DeleteCredential(t.Context(), admin.Mode{}, c.After.ID)
	require.NoError(t, err)
	_, err = b.db.CredentialByID(t.Context(), c.After.ID)
	require.ErrorIs(t, err, store.ErrNotFound)
	var all string
	require.NoError(t, b.db.Gorm(t.Context()).Raw(`SELECT string_agg(a::text, ' ') FROM "AuditLog" a`).Scan(&all).Error)
	require.NotContains(t, all, accountCanary)
}

func TestRecordTest_OnlyForWhatWasTested(t *testing.T) {
	t.Parallel()
	b := setupAccounts(t, models.PlanFree)
	c, err := b.create(t.Context(), input("Main"))
	require.NoError(t, err)
	rows, err := b.db.SealedRows(t.Context(), store.SealedAccounts, []string{c.After.ID})
	require.NoError(t, err)
	recorded, err := b.svc.RecordTest(t.Context(), admin.Mode{}, rows[0], admin.TestResult{Outcome: "works", Verified: true})
	require.NoError(t, err)
	require.True(t, recorded)
	a, err := b.db.AccountByID(t.Context(), c.After.ID)
	require.NoError(t, err)
	require.True(t, a.IsVerified)
	require.NotNil(t, a.LastTest)

	stale := rows[0]
	stale.Credentials, err = models.NewJSON(map[string]json.RawMessage{})
	require.NoError(t, err)
	recorded, err = b.svc.RecordTest(t.Context(), admin.Mode{}, stale, admin.TestResult{Outcome: "wrong_key"})
	require.NoError(t, err)
	require.False(t, recorded)
	a, err = b.db.AccountByID(t.Context(), c.After.ID)
	require.NoError(t, err)
	require.True(t, a.IsVerified, "a result for other credentials changes nothing")
}
