package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

func addUser(t *testing.T, db *store.DB, name string) models.User {
	t.Helper()
	u := models.User{Email: name + "@example.com", Username: name, PlanType: models.PlanFree}
	require.NoError(t, db.CreateUser(t.Context(), &u))
	return u
}

func addAccount(t *testing.T, db *store.DB, userID, name, credentials string, active bool) models.UserExchangeAccounts {
	t.Helper()
	e, err := db.FindExchange(t.Context(), "lnmarkets")
	require.NoError(t, err)
	row := models.UserExchangeAccounts{
		UserID: userID, ExchangeID: e.ID, AccountName: name, Credentials: models.JSON(credentials), IsActive: active,
	}
	require.NoError(t, db.CreateAccount(t.Context(), &row))
	require.NotEmpty(t, row.ID)
	return row
}

func TestListAccounts(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	ana, bob := addUser(t, db, "ana"), addUser(t, db, "bob")
	for i := range 5 {
		addAccount(t, db, ana.ID, fmt.Sprintf("Account %02d", i), `{"passphrase":"x:y:z","api_key":"a:b:c"}`, i == 2)
	}
	odd := addAccount(t, db, bob.ID, "Odd", `"one text"`, true)

	all, err := db.ListAccounts(t.Context(), store.AccountFilter{}, store.Page{All: true}).Collect()
	require.NoError(t, err)
	require.Len(t, all, 6)
	for _, a := range all {
		require.Equal(t, "lnmarkets", a.ExchangeSlug)
		require.Nil(t, a.Credentials, "the ciphertext is not read")
		if a.ID == odd.ID {
			require.Empty(t, a.Fields)
		} else {
			require.Equal(t, models.Texts{"api_key", "passphrase"}, a.Fields)
		}
	}
	active, err := db.ListAccounts(t.Context(), store.AccountFilter{UserID: ana.ID, Active: new(true)}, store.Page{}).Collect()
	require.NoError(t, err)
	require.Len(t, active, 1)
	require.Equal(t, "Account 02", active[0].AccountName)

	for _, sort := range []string{"created_at", "-updated_at", "account_name", "-user_id", "last_test"} {
		var names []string
		page := store.Page{Limit: 2, Sort: sort}
		for {
			list := db.ListAccounts(t.Context(), store.AccountFilter{Created: store.TimeRange{Since: time.Now().Add(-time.Hour)}}, page)
			rows, err := list.Collect()
			require.NoError(t, err, sort)
			for _, r := range rows {
				names = append(names, r.AccountName)
			}
			if page.Cursor = list.Next(); page.Cursor == "" {
				break
			}
		}
		require.Len(t, names, 6, sort)
	}
}

func TestAccountByIDAndDeactivate(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	ana, bob := addUser(t, db, "ana"), addUser(t, db, "bob")
	first := addAccount(t, db, ana.ID, "one", `{}`, true)
	second := addAccount(t, db, ana.ID, "two", `{}`, true)
	other := addAccount(t, db, bob.ID, "one", `{}`, true)

	ids, err := db.DeactivateAccounts(t.Context(), ana.ID, second.ID, db.Now())
	require.NoError(t, err)
	require.Equal(t, []string{first.ID}, ids)
	of, err := db.AccountsOf(t.Context(), ana.ID)
	require.NoError(t, err)
	require.Len(t, of, 2)
	require.False(t, of[0].IsActive)
	require.True(t, of[1].IsActive)
	require.True(t, of[0].UpdatedAt.After(first.UpdatedAt))
	untouched, err := db.AccountByID(t.Context(), other.ID)
	require.NoError(t, err)
	require.True(t, untouched.IsActive)

	_, err = db.AccountByID(t.Context(), "nothing")
	var nf *store.NotFoundError
	require.ErrorAs(t, err, &nf)
	require.Equal(t, "account", nf.Kind)
}
