package admin_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

// fillAccounts stores accounts under the bundle's key, more than one page of them.
func (b accountBundle) fillAccounts(t *testing.T, n int) {
	t.Helper()
	var ids, columns models.Texts
	for i := range n {
		id := fmt.Sprintf("row-%05d", i)
		sealed, err := b.keys.EncryptFields(admin.AccountPlace(id, b.ana.ID), map[string]secret.Secret{
			"api_key": secret.New("key of " + id), "API Secret": secret.New("secret of " + id),
		})
		require.NoError(t, err)
		column, err := models.NewJSON(sealed)
		require.NoError(t, err)
		ids, columns = append(ids, id), append(columns, string(column))
	}
	require.NoError(t, b.db.Gorm(t.Context()).Exec(`INSERT INTO "UserExchangeAccounts" (id, user_id, exchange_id, credentials, updated_at)
		SELECT v.id, ?, e.id, v.c::jsonb, '2020-01-01' FROM (SELECT unnest(?::text[]) AS id, unnest(?::text[]) AS c) v, "Exchange" e`,
		b.ana.ID, ids, columns).Error)
}

func (b accountBundle) rotated(t *testing.T, format crypto.Format) *crypto.Keyring {
	t.Helper()
	kr, err := crypto.NewKeyring(secret.New(strings.Repeat("n", 40)), []secret.Secret{secret.New(strings.Repeat("k", 40))})
	require.NoError(t, err)
	kr, err = kr.Writing(format)
	require.NoError(t, err)
	return kr
}

func TestRekey(t *testing.T) {
	t.Parallel()
	b := setupAccounts(t, models.PlanPro)
	b.fillAccounts(t, 1500)
	g := b.db.Gorm(t.Context())
	require.NoError(t, g.Exec(`INSERT INTO "UserExchangeCredentials" (user_id, exchange_id, credentials)
		SELECT ?, id, '{"api_key": "in clear", "api_secret": "00010203040506070809:zz", "isTestnet": "true", "x": 7}' FROM "Exchange"`, b.ana.ID).Error)
	keys := b.rotated(t, crypto.FormatV2)

	dry, err := b.svc.Rekey(t.Context(), admin.Mode{DryRun: true}, admin.RekeyInput{Keys: keys, AcceptUnbound: true})
	require.NoError(t, err)
	require.EqualValues(t, 3002, dry.Sealed)
	require.Empty(t, b.actions(t, "credential"))
	var old int64
	require.NoError(t, g.Raw(`SELECT count(*) FROM "UserExchangeAccounts" WHERE updated_at = '2020-01-01'`).Scan(&old).Error)
	require.EqualValues(t, 1500, old)

	var progress atomic.Int64
	got, err := b.svc.Rekey(t.Context(), admin.Mode{}, admin.RekeyInput{Keys: keys, AcceptUnbound: true, Progress: func(n int64) { progress.Add(n) }})
	require.NoError(t, err)
	require.EqualValues(t, 1501, progress.Load())
	require.EqualValues(t, 1501, got.Rows)
	require.EqualValues(t, 1501, got.RowsChanged)
	require.EqualValues(t, 3002, got.Sealed)
	require.EqualValues(t, 1, got.Left, "a number is no credential")
	require.Equal(t, map[crypto.State]int64{
		crypto.StateOutdated: 3000, crypto.StateClear: 2, crypto.StateFlag: 1, crypto.StateUnreadable: 1,
	}, got.States)
	require.Len(t, got.Failed, 1)
	require.Equal(t, "x", got.Failed[0].Field)

	for page, err := range b.db.ScanSealed(t.Context(), store.SealedAccounts) {
		require.NoError(t, err)
		for _, row := range page {
			opened, err := keys.DecryptJSON(admin.AccountPlace(row.ID, row.UserID), row.Credentials)
			require.NoError(t, err)
			require.Equal(t, "key of "+row.ID, opened["api_key"].Reveal())
			require.Equal(t, "secret of "+row.ID, opened["API Secret"].Reveal())
		}
	}
	require.NoError(t, g.Raw(`SELECT count(*) FROM "UserExchangeAccounts" WHERE updated_at = '2020-01-01'`).Scan(&old).Error)
	require.Zero(t, old)
	require.ElementsMatch(t, []string{"credential.rekey.batch", "credential.rekey.batch", "credential.rekey.batch", "credential.rekey"}, b.actions(t, "credential"))

	require.NoError(t, g.Exec(`UPDATE "UserExchangeAccounts" SET updated_at = '2020-01-01'`).Error)
	again, err := b.svc.Rekey(t.Context(), admin.Mode{}, admin.RekeyInput{Keys: keys, AcceptUnbound: true})
	require.NoError(t, err)
	require.Zero(t, again.Sealed)
	require.NoError(t, g.Raw(`SELECT count(*) FROM "UserExchangeAccounts" WHERE updated_at = '2020-01-01'`).Scan(&old).Error)
	require.EqualValues(t, 1500, old, "what does not change keeps its time")
	var events []string
	require.NoError(t, g.Raw(`SELECT action FROM "SecurityAuditLog"`).Scan(&events).Error)
	require.Equal(t, []string{"KEY_ROTATION", "KEY_ROTATION"}, events)
}

// A value that somebody changes between reading and writing keeps their change, and is rotated with it.
func TestRekey_NeverOverwritesAChange(t *testing.T) {
	t.Parallel()
	b := setupAccounts(t, models.PlanPro)
	b.fillAccounts(t, 2500)
	keys := b.rotated(t, crypto.FormatSeed)
	fresh, err := b.keys.Encrypt(crypto.Place{}, "changed meanwhile")
	require.NoError(t, err)
	stop, done := make(chan struct{}), make(chan error, 1)
	var changes atomic.Int64
	go func() {
		for i := 0; ; i = (i + 37) % 2500 {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			err := b.db.Gorm(context.WithoutCancel(t.Context())).Exec(`UPDATE "UserExchangeAccounts"
				SET credentials = jsonb_set(credentials, '{api_key}', to_jsonb(?::text)) WHERE id = ?`, fresh, fmt.Sprintf("row-%05d", i)).Error
			if err != nil {
				done <- err
				return
			}
			changes.Add(1)
		}
	}()
	got, err := b.svc.Rekey(t.Context(), admin.Mode{}, admin.RekeyInput{Keys: keys, AcceptUnbound: true})
	close(stop)
	require.NoError(t, err)
	require.NoError(t, <-done)
	require.Positive(t, changes.Load())
	require.EqualValues(t, 2500, got.Rows)

	_, err = b.svc.Rekey(t.Context(), admin.Mode{}, admin.RekeyInput{Keys: keys, AcceptUnbound: true})
	require.NoError(t, err)
	only, err := crypto.NewKeyring(secret.New(strings.Repeat("n", 40)), nil)
	require.NoError(t, err)
	changed := 0
	for page, err := range b.db.ScanSealed(t.Context(), store.SealedAccounts) {
		require.NoError(t, err)
		for _, row := range page {
			opened, err := only.DecryptJSON(admin.AccountPlace(row.ID, row.UserID), row.Credentials)
			require.NoError(t, err)
			require.Equal(t, "secret of "+row.ID, opened["API Secret"].Reveal())
			if v := opened["api_key"].Reveal(); v != "key of "+row.ID {
				require.Equal(t, "changed meanwhile", v)
				changed++
			}
		}
	}
	require.EqualValues(t, min(changes.Load(), 2500), changed, "no change was lost")
}

func TestRekey_InterruptedLeavesASummary(t *testing.T) {
	t.Parallel()
	b := setupAccounts(t, models.PlanPro)
	b.fillAccounts(t, 3500)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	got, err := b.svc.Rekey(ctx, admin.Mode{}, admin.RekeyInput{
		Keys: b.rotated(t, crypto.FormatSeed), Progress: func(int64) { cancel() },
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Positive(t, got.RowsChanged)
	require.Less(t, got.RowsChanged, int64(3500))
	var summary string
	require.NoError(t, b.db.Gorm(t.Context()).Raw(`SELECT new_values::text FROM "AuditLog" WHERE action = 'credential.rekey'`).Scan(&summary).Error)
	require.Contains(t, summary, `"complete": false`)
	require.Contains(t, summary, fmt.Sprintf(`"rows_changed": %d`, got.RowsChanged))
}

func TestReplaceSealed_OnlyOverWhatWasRead(t *testing.T) {
	t.Parallel()
	b := setupAccounts(t, models.PlanPro)
	b.fillAccounts(t, 2)
	rows, err := b.db.SealedRows(t.Context(), store.SealedAccounts, []string{"row-00000", "row-00001", "gone"})
	require.NoError(t, err)
	require.Len(t, rows, 2)
	err = b.db.Transaction(t.Context(), func(tx *store.DB) error {
		changed, err := tx.ReplaceSealed(t.Context(), store.SealedAccounts, []store.Replacement{
			{ID: rows[0].ID, Old: rows[0].Credentials, New: models.JSON(`{"a":"new"}`)},
			{ID: rows[1].ID, Old: models.JSON(`{"a":"something else"}`), New: models.JSON(`{"a":"new"}`)},
		}, b.now)
		require.Equal(t, []string{"row-00000"}, changed)
		return err
	})
	require.NoError(t, err)
	after, err := b.db.SealedRows(t.Context(), store.SealedAccounts, []string{"row-00001"})
	require.NoError(t, err)
	require.Equal(t, rows[1].Credentials, after[0].Credentials)
}
