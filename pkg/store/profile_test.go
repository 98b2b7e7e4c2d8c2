package store_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/models"
)

func TestProfile(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	ctx := t.Context()
	u := models.User{Email: "ann@example.com", Username: "ann", PlanType: models.PlanPro, PasswordHash: new("hash")}
	require.NoError(t, db.CreateUser(ctx, &u))
	empty, err := db.Profile(ctx, newUser(t, db, "bob"))
	require.NoError(t, err)
	require.Equal(t, new(false), empty.HasPassword)
	require.Nil(t, empty.Guard)
	require.Empty(t, empty.Accounts)

	e, err := db.FindExchange(ctx, "lnmarkets")
	require.NoError(t, err)
	account := models.UserExchangeAccounts{UserID: u.ID, ExchangeID: e.ID, AccountName: "Main", Credentials: models.JSON(`{"api_key":"x"}`), IsActive: true}
	require.NoError(t, db.Gorm(ctx).Create(&account).Error)
	now := db.Now()
	require.NoError(t, db.Gorm(ctx).Create(&models.Automation{UserID: u.ID, UserExchangeAccountID: account.ID, Type: "tp_sl", Config: models.JSON(`{}`)}).Error)
	require.NoError(t, db.Gorm(ctx).Create(&models.MarginGuardConfig{UserID: u.ID, MarginThreshold: new(12.5)}).Error)
	for i := range 12 {
		id := fmt.Sprint(i)
		require.NoError(t, db.Gorm(ctx).Create(&models.Payment{UserID: u.ID, AmountSats: int32(i + 1), LightningInvoice: "lnbc1", Status: models.PaymentPaid, PlanType: models.PlanPro, Preimage: new("p")}).Error)
		require.NoError(t, db.Gorm(ctx).Create(&models.TradeLog{UserID: u.ID, TradeID: id, Status: models.TradeSuccess, ExecutedAt: now}).Error)
		require.NoError(t, db.Gorm(ctx).Create(&models.RefreshToken{UserID: u.ID, Token: "tok" + id, ExpiresAt: now}).Error)
	}
	p, err := db.Profile(ctx, u)
	require.NoError(t, err)
	require.Equal(t, new(true), p.HasPassword)
	require.Equal(t, "Pro", p.Plan.Name)
	require.Equal(t, int32(15), *p.Limits.MaxAutomations)
	require.Equal(t, int64(1), p.Usage.Automations)
	require.Equal(t, int64(1), p.Usage.ExchangeAccounts)
	require.Equal(t, "lnmarkets", p.Accounts[0].Exchange)
	require.Equal(t, 12.5, *p.Guard.MarginThreshold)
	require.Len(t, p.Automations, 1)
	require.Len(t, p.Payments, 5)
	require.Len(t, p.Trades, 10)
	require.Len(t, p.Sessions, 10)
	for _, s := range p.Sessions {
		require.Empty(t, s.Token, "tokens are not even read")
	}
	for _, pay := range p.Payments {
		require.Nil(t, pay.Preimage)
	}
}
