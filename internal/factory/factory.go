// Package factory inserts valid rows for tests. A test states only what it is
// about; everything else gets a value that satisfies the schema. It is test
// support only and must not be imported by anything that ships.
package factory

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// serial keeps natural keys apart within one test process.
var serial atomic.Int64

func insert[T any](t testing.TB, db *store.DB, row T, set []func(*T)) T {
	t.Helper()
	for _, fn := range set {
		fn(&row)
	}
	require.NoError(t, db.Gorm(t.Context()).Create(&row).Error)
	return row
}

// User inserts a user with an e-mail and a username of its own.
func User(t testing.TB, db *store.DB, set ...func(*models.User)) models.User {
	t.Helper()
	name := fmt.Sprintf("user%d", serial.Add(1))
	return insert(t, db, models.User{
		Email: name + "@example.com", Username: name, EmailVerified: new(true), TwoFactorEnabled: new(false), LoginAttempts: new(int32(0)),
	}, set)
}

// Account inserts an active account on LN Markets, with credentials that no key opens.
func Account(t testing.TB, db *store.DB, userID string, set ...func(*models.UserExchangeAccounts)) models.UserExchangeAccounts {
	t.Helper()
	e, err := db.FindExchange(t.Context(), "lnmarkets")
	require.NoError(t, err)
	return insert(t, db, models.UserExchangeAccounts{
		UserID: userID, ExchangeID: e.ID, AccountName: fmt.Sprintf("Account %02d", serial.Add(1)), Credentials: models.JSON(`{}`), IsActive: true,
	}, set)
}

// Automation inserts an active take-profit automation.
func Automation(t testing.TB, db *store.DB, userID, accountID string, set ...func(*models.Automation)) models.Automation {
	t.Helper()
	return insert(t, db, models.Automation{
		UserID: userID, UserExchangeAccountID: accountID, Type: "tp_sl",
		Config: models.JSON(`{"strategy":"take_profit","parameters":{"trigger_price":60000}}`),
	}, set)
}

// Guard inserts an active margin guard with the column defaults.
func Guard(t testing.TB, db *store.DB, userID string, set ...func(*models.MarginGuardConfig)) models.MarginGuardConfig {
	t.Helper()
	return insert(t, db, models.MarginGuardConfig{UserID: userID, IsActive: true}, set)
}

// Trade inserts a successful trade log.
func Trade(t testing.TB, db *store.DB, userID string, set ...func(*models.TradeLog)) models.TradeLog {
	t.Helper()
	return insert(t, db, models.TradeLog{
		UserID: userID, TradeID: fmt.Sprintf("trade-%d", serial.Add(1)), Status: models.TradeSuccess, ExecutedAt: db.Now(),
	}, set)
}

// Payment inserts a pending payment.
func Payment(t testing.TB, db *store.DB, userID string, set ...func(*models.Payment)) models.Payment {
	t.Helper()
	n := serial.Add(1)
	return insert(t, db, models.Payment{
		UserID: userID, AmountSats: 21000, LightningInvoice: fmt.Sprintf("lnbc-test-%d", n), Status: models.PaymentPending,
		PlanType: models.PlanBasic, PaymentHash: new(fmt.Sprintf("%064x", n)), ExpiresAt: new(db.Now().Add(time.Hour)),
	}, set)
}

// Session inserts a refresh token that is valid for a week.
func Session(t testing.TB, db *store.DB, userID string, set ...func(*models.RefreshToken)) models.RefreshToken {
	t.Helper()
	return insert(t, db, models.RefreshToken{
		UserID: userID, Token: fmt.Sprintf("token-%d", serial.Add(1)), ExpiresAt: db.Now().Add(7 * 24 * time.Hour),
	}, set)
}
