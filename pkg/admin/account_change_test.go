package admin_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

func (b accountBundle) active(t *testing.T) []string {
	t.Helper()
	all, err := b.db.AccountsOf(t.Context(), b.ana.ID)
	require.NoError(t, err)
	var names []string
	for _, a := range all {
		if a.IsActive {
			names = append(names, a.AccountName)
		}
	}
	return names
}

func (b accountBundle) actions(t *testing.T, resource string) []string {
	t.Helper()
	var actions []string
	require.NoError(t, b.db.Gorm(t.Context()).Raw(`SELECT action FROM "AuditLog" WHERE resource = ?`, resource).Scan(&actions).Error)
	return actions
}

func TestAccounts_OneIsActive(t *testing.T) {
	t.Parallel()
	b := setupAccounts(t, models.PlanPro)
	for _, name := range []string{"One", "Two", "Three"} {
		_, err := b.create(t.Context(), input(name))
		require.NoError(t, err)
	}
	dry, err := b.svc.ActivateAccount(t.Context(), admin.Mode{DryRun: true}, "ana/one")
	require.NoError(t, err)
	require.True(t, dry.After.IsActive)
	require.Empty(t, b.active(t))

	c, err := b.svc.ActivateAccount(t.Context(), admin.Mode{}, "ana/one")
	require.NoError(t, err)
	require.Equal(t, words.Updated, c.Status)
	c, err = b.svc.ActivateAccount(t.Context(), admin.Mode{}, "ana@example.com/One")
	require.NoError(t, err)
	require.Equal(t, words.Unchanged, c.Status)
	_, err = b.svc.ActivateAccount(t.Context(), admin.Mode{}, "ana/two")
	require.NoError(t, err)
	require.Equal(t, []string{"Two"}, b.active(t))

	// Everybody at once: one of them wins.
	var wg sync.WaitGroup
	for _, name := range []string{"ana/One", "ana/Two", "ana/Three", "ana/One"} {
		wg.Go(func() {
			_, err := b.svc.ActivateAccount(t.Context(), admin.Mode{}, name)
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Len(t, b.active(t), 1)

	c, err = b.svc.DeactivateAccount(t.Context(), admin.Mode{}, "ana/"+b.active(t)[0])
	require.NoError(t, err)
	require.Equal(t, words.Updated, c.Status)
	require.Empty(t, b.active(t))
	_, err = b.svc.ActivateAccount(t.Context(), admin.Mode{}, "ana/Tow")
	var missing *store.NotFoundError
	require.ErrorAs(t, err, &missing)
	require.Equal(t, []string{"ana/Two"}, missing.Near[:1])
}

func TestAccounts_RepairKeepsTheOldest(t *testing.T) {
	t.Parallel()
	b := setupAccounts(t, models.PlanPro)
	var ids []string
	for _, name := range []string{"One", "Two", "Three"} {
		c, err := b.create(t.Context(), input(name))
		require.NoError(t, err)
		ids = append(ids, c.After.ID)
	}
	require.NoError(t, b.db.Gorm(t.Context()).Exec(`UPDATE "UserExchangeAccounts" SET is_active = account_name <> 'One',
		created_at = created_at + CASE account_name WHEN 'Two' THEN interval '1s' ELSE interval '2s' END`).Error)
	rows, err := b.db.WrongActiveCounts(t.Context())
	require.NoError(t, err)
	require.Equal(t, []store.ActiveCount{{UserID: b.ana.ID, Email: b.ana.Email, Accounts: 3, Active: 2}}, rows)
	kept, off, err := b.svc.KeepOldestActive(t.Context(), admin.Mode{DryRun: true}, b.ana.ID)
	require.NoError(t, err)
	require.Equal(t, ids[1], kept)
	require.Equal(t, ids[2:], off)
	require.Len(t, b.active(t), 2)
	_, _, err = b.svc.KeepOldestActive(t.Context(), admin.Mode{}, b.ana.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"Two"}, b.active(t))
	rows, err = b.db.WrongActiveCounts(t.Context())
	require.NoError(t, err)
	require.Empty(t, rows)
	require.Contains(t, b.actions(t, "account"), "account.repair")
}

func TestAccounts_RenameAndDelete(t *testing.T) {
	t.Parallel()
	b := setupAccounts(t, models.PlanPro)
	for _, name := range []string{"One", "Two"} {
		_, err := b.create(t.Context(), input(name))
		require.NoError(t, err)
	}
	_, err := b.svc.RenameAccount(t.Context(), admin.Mode{}, "ana/One", "TWO")
	require.ErrorIs(t, err, store.ErrConflict)
	c, err := b.svc.RenameAccount(t.Context(), admin.Mode{}, "ana/One", "ONE")
	require.NoError(t, err, "a change of case is a rename")
	require.Equal(t, "ONE", c.After.AccountName)

	require.NoError(t, b.db.Gorm(t.Context()).Exec(`INSERT INTO "Automation" (user_id, user_exchange_account_id, type, config, is_active)
		VALUES (?, ?, 'margin_guard', '{}', false)`, b.ana.ID, c.After.ID).Error)
	_, err = b.svc.DeleteAccount(t.Context(), admin.Mode{}, c.After.ID)
	var conflict *admin.ConflictError
	require.ErrorAs(t, err, &conflict)
	require.Equal(t, "account_in_use", conflict.Code)
	_, err = b.svc.DeleteAccount(t.Context(), admin.Mode{DryRun: true}, "ana/Two")
	require.NoError(t, err)
	_, err = b.svc.DeleteAccount(t.Context(), admin.Mode{}, "ana/Two")
	require.NoError(t, err)
	all, err := b.db.AccountsOf(t.Context(), b.ana.ID)
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.ElementsMatch(t, []string{"account.create", "account.create", "account.rename", "account.delete"}, b.actions(t, "account"))
}
