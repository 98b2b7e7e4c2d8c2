package admin_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

func TestExchange_LifeCycle(t *testing.T) {
	t.Parallel()
	b := setupAccounts(t, models.PlanFree)
	in := admin.ExchangeInput{Slug: new("kraken"), Name: new("Kraken"), Website: new("https://www.kraken.com")}
	c, err := b.svc.CreateExchange(t.Context(), admin.Mode{}, in)
	require.NoError(t, err)
	require.Equal(t, words.Created, c.Status)
	_, err = b.svc.CreateExchange(t.Context(), admin.Mode{}, in)
	require.ErrorIs(t, err, store.ErrConflict)
	in.IfNotExists = true
	c, err = b.svc.CreateExchange(t.Context(), admin.Mode{}, in)
	require.NoError(t, err)
	require.Equal(t, words.AlreadyExists, c.Status)
	_, err = b.svc.CreateExchange(t.Context(), admin.Mode{}, admin.ExchangeInput{Slug: new("ln-markets"), Name: new("Other")})
	require.ErrorIs(t, err, store.ErrConflict, "the same exchange in its other spelling")

	for _, bad := range []admin.ExchangeInput{
		{Slug: new("Kraken"), Name: new("x")},
		{Slug: new("a--b"), Name: new("x")},
		{Slug: new("x"), Name: new(" x")},
		{Slug: new("x"), Name: new("")},
		{Slug: new("x"), Name: new("x"), Website: new("kraken.com")},
		{Name: new("x")},
	} {
		_, err := b.svc.CreateExchange(t.Context(), admin.Mode{}, bad)
		require.ErrorIs(t, err, store.ErrInvalid)
	}

	c, err = b.svc.UpdateExchange(t.Context(), admin.Mode{}, "kraken", admin.ExchangeInput{Website: new(""), APIVersion: new("v0")})
	require.NoError(t, err)
	require.Nil(t, c.After.Website)
	require.Equal(t, "v0", *c.After.APIVersion)
	require.Equal(t, "Kraken", c.After.Name)
	c, err = b.svc.UpdateExchange(t.Context(), admin.Mode{}, "kraken", admin.ExchangeInput{Active: new(true)})
	require.NoError(t, err)
	require.Equal(t, words.Unchanged, c.Status)
	_, err = b.svc.UpdateExchange(t.Context(), admin.Mode{}, "kraken", admin.ExchangeInput{Name: new("ln markets")})
	require.ErrorIs(t, err, store.ErrConflict)

	_, err = b.svc.AddCredentialType(t.Context(), admin.Mode{}, admin.CredentialTypeInput{Exchange: "kraken", FieldName: "api_key"})
	require.NoError(t, err)
	second, err := b.svc.AddCredentialType(t.Context(), admin.Mode{}, admin.CredentialTypeInput{Exchange: "kraken", FieldName: "private_key", FieldType: "password"})
	require.NoError(t, err)
	require.EqualValues(t, 2, second.After.Order)
	_, err = b.svc.AddCredentialType(t.Context(), admin.Mode{}, admin.CredentialTypeInput{Exchange: "kraken", FieldName: "apiKey"})
	require.ErrorIs(t, err, store.ErrConflict, "a second spelling of a field")
	_, err = b.svc.AddCredentialType(t.Context(), admin.Mode{}, admin.CredentialTypeInput{Exchange: "kraken", FieldName: "isTestnet"})
	require.ErrorIs(t, err, store.ErrInvalid)
	_, err = b.svc.RemoveCredentialType(t.Context(), admin.Mode{}, "kraken", "token")
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = b.svc.RemoveCredentialType(t.Context(), admin.Mode{}, "kraken", "API Key")
	require.NoError(t, err)

	_, use, err := b.svc.DeleteExchange(t.Context(), admin.Mode{}, "kraken")
	require.NoError(t, err)
	require.EqualValues(t, 1, use.CredentialTypes)
	_, err = b.create(t.Context(), input("Main"))
	require.NoError(t, err)
	_, _, err = b.svc.DeleteExchange(t.Context(), admin.Mode{DryRun: true}, "lnmarkets")
	var conflict *admin.ConflictError
	require.ErrorAs(t, err, &conflict)
	require.Equal(t, "exchange_in_use", conflict.Code)
	require.ElementsMatch(t, []string{
		"exchange.create", "exchange.update", "exchange.credential_type.add", "exchange.credential_type.add",
		"exchange.credential_type.remove", "exchange.delete",
	}, b.actions(t, "exchange"))
}
