package admin_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

const accountCanary = "s3cretCANARY"

type accountBundle struct {
	bundle
	keys *crypto.Keyring
	ana  models.User
}

func setupAccounts(t *testing.T, plan models.PlanType) accountBundle {
	t.Helper()
	b := accountBundle{bundle: setup(t)}
	var err error
	b.keys, err = crypto.NewKeyring(secret.New(strings.Repeat("k", 40)), nil)
	require.NoError(t, err)
	c, err := b.svc.CreateUser(t.Context(), admin.Mode{}, admin.CreateUserInput{Email: "ana@example.com", Username: "ana", Plan: plan})
	require.NoError(t, err)
	b.ana = *c.After
	return b
}

func input(name string) admin.CreateAccountInput {
	return admin.CreateAccountInput{User: "ana", Exchange: "lnmarkets", Name: name, Fields: map[string]secret.Secret{
		"api_key": secret.New(accountCanary + "1"), "api_secret": secret.New(accountCanary + "2"), "passphrase": secret.New(accountCanary + "3"),
	}}
}

func (b accountBundle) create(ctx context.Context, in admin.CreateAccountInput) (admin.Change[store.Account], error) {
	return b.svc.CreateAccount(ctx, admin.Mode{}, in, b.keys)
}

func (b accountBundle) audits(t *testing.T) []models.AuditLog {
	t.Helper()
	logs, err := b.db.ListAudit(t.Context(), store.AuditFilter{Action: "account.create"}, store.Page{}).Collect()
	require.NoError(t, err)
	return logs
}

func TestCreateAccount(t *testing.T) {
	t.Parallel()
	b := setupAccounts(t, models.PlanPro)
	in := input("Main")
	in.Fields["isTestnet"] = secret.New("true")
	c, err := b.create(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, words.Created, c.Status)
	require.Equal(t, b.ana.ID, c.After.UserID)
	require.Equal(t, "lnmarkets", c.After.ExchangeSlug)
	require.Equal(t, models.Texts{"api_key", "api_secret", "isTestnet", "passphrase"}, c.After.Fields)
	require.False(t, c.After.IsActive)
	require.Equal(t, b.now.UTC().Truncate(1000), c.After.CreatedAt)

	var row models.UserExchangeAccounts
	require.NoError(t, b.db.Gorm(t.Context()).Where("id = ?", c.After.ID).Take(&row).Error)
	require.NotContains(t, string(row.Credentials), accountCanary)
	var stored map[string]string
	require.NoError(t, row.Credentials.Decode(&stored))
	require.Equal(t, "true", stored["isTestnet"])
	opened, err := b.keys.DecryptJSON(admin.AccountPlace(row.ID, row.UserID), row.Credentials)
	require.NoError(t, err)
	require.Equal(t, accountCanary+"2", opened["api_secret"].Reveal())

	logs := b.audits(t)
	require.Len(t, logs, 1)
	require.Equal(t, b.ana.ID, *logs[0].UserID)
	require.Equal(t, c.After.ID, *logs[0].ResourceID)
	all := string(logs[0].NewValues) + string(logs[0].Details)
	require.NotContains(t, all, accountCanary)
	require.NotContains(t, all, stored["api_key"])
	require.Contains(t, all, `"api_key"`, "field names are recorded")
}

func TestCreateAccount_ActivatingSwitchesTheOthersOff(t *testing.T) {
	t.Parallel()
	b := setupAccounts(t, models.PlanPro)
	first := input("One")
	first.Activate = true
	one, err := b.create(t.Context(), first)
	require.NoError(t, err)
	second := input("Two")
	second.Activate = true
	two, err := b.create(t.Context(), second)
	require.NoError(t, err)
	_, err = b.create(t.Context(), input("Three"))
	require.NoError(t, err)
	of, err := b.db.AccountsOf(t.Context(), b.ana.ID)
	require.NoError(t, err)
	for _, a := range of {
		require.Equal(t, a.ID == two.After.ID, a.IsActive, a.AccountName)
	}
	var recorded string
	for _, l := range b.audits(t) {
		if *l.ResourceID == two.After.ID {
			recorded = string(l.NewValues)
		}
	}
	require.Contains(t, recorded, one.After.ID)
}

func TestCreateAccount_RefusesAndWritesNothing(t *testing.T) {
	t.Parallel()
	b := setupAccounts(t, models.PlanFree)
	_, err := b.create(t.Context(), input("Main"))
	require.NoError(t, err)
	for _, tc := range []struct {
		name  string
		spoil func(*admin.CreateAccountInput)
		is    error
		want  string
	}{
		{"unknown user", func(in *admin.CreateAccountInput) { in.User = "anna" }, store.ErrNotFound, `user "anna" not found`},
		{"unknown exchange", func(in *admin.CreateAccountInput) { in.Exchange = "lnmarket" }, store.ErrNotFound, "exchange"},
		{"empty name", func(in *admin.CreateAccountInput) { in.Name = "" }, store.ErrInvalid, "must not be empty"},
		{"padded name", func(in *admin.CreateAccountInput) { in.Name = " x" }, store.ErrInvalid, "space"},
		{"long name", func(in *admin.CreateAccountInput) { in.Name = strings.Repeat("x", 101) }, store.ErrInvalid, "100"},
		{"line in name", func(in *admin.CreateAccountInput) { in.Name = "a\nb" }, store.ErrInvalid, "unprintable"},
		{"same name", func(in *admin.CreateAccountInput) { in.Name = "MAIN" }, store.ErrConflict, `already has an account "Main" on lnmarkets`},
		{"over the limit", func(*admin.CreateAccountInput) {}, store.ErrConflict, "plan free allows 1 exchange accounts and ana@example.com has 1"},
		{"missing field", func(in *admin.CreateAccountInput) { delete(in.Fields, "api_secret") }, store.ErrInvalid, "missing required field api_secret"},
		{"blank field", func(in *admin.CreateAccountInput) { in.Fields["passphrase"] = secret.New("  ") }, store.ErrInvalid, "missing required field passphrase"},
		{"unknown field", func(in *admin.CreateAccountInput) { in.Fields["token"] = secret.New(accountCanary) }, store.ErrInvalid, "unknown field token"},
		{"odd flag", func(in *admin.CreateAccountInput) { in.Fields["testnet"] = secret.New(accountCanary) }, store.ErrInvalid, "must be true or false"},
	} {
		in := input("Second")
		tc.spoil(&in)
		_, err := b.create(t.Context(), in)
		require.ErrorIs(t, err, tc.is, tc.name)
		require.ErrorContains(t, err, tc.want, tc.name)
		require.NotContains(t, err.Error(), accountCanary, tc.name)
	}
	require.Equal(t, 1, b.rows(t, "UserExchangeAccounts"))
	require.Len(t, b.audits(t), 1)

	var input1 *admin.InputError
	in := input("Second")
	in.Fields["x"] = secret.New("y")
	_, err = b.create(t.Context(), in)
	require.ErrorAs(t, err, &input1)
	require.Equal(t, "lnmarkets takes: api_key, api_secret, passphrase", input1.Hint)
}

func TestCreateAccount_LimitOverride(t *testing.T) {
	t.Parallel()
	b := setupAccounts(t, models.PlanFree)
	_, err := b.create(t.Context(), input("One"))
	require.NoError(t, err)
	over := input("Two")
	over.OverrideLimit = true
	c, err := b.create(t.Context(), over)
	require.NoError(t, err)
	for _, l := range b.audits(t) {
		require.Equal(t, *l.ResourceID == c.After.ID, strings.Contains(string(l.NewValues), "limit_overridden"))
	}

	free := setupAccounts(t, models.PlanLifetime)
	for i := range 12 {
		_, err := free.create(t.Context(), input(fmt.Sprintf("Account %d", i)))
		require.NoError(t, err, "-1 is no limit")
	}
}

func TestCreateAccount_InactiveUserOrExchange(t *testing.T) {
	t.Parallel()
	b := setupAccounts(t, models.PlanPro)
	require.NoError(t, b.db.Gorm(t.Context()).Exec(`UPDATE "User" SET is_active = false`).Error)
	_, err := b.create(t.Context(), input("Main"))
	require.ErrorIs(t, err, store.ErrConflict)
	require.ErrorContains(t, err, "user ana@example.com is not active")
	require.NoError(t, b.db.Gorm(t.Context()).Exec(`UPDATE "User" SET is_active = true`).Error)
	require.NoError(t, b.db.Gorm(t.Context()).Exec(`UPDATE "Exchange" SET is_active = false`).Error)
	_, err = b.create(t.Context(), input("Main"))
	require.ErrorIs(t, err, store.ErrConflict)
	require.ErrorContains(t, err, `exchange "lnmarkets" is not active`)
	require.NoError(t, b.db.Gorm(t.Context()).Exec(`UPDATE "Exchange" SET is_active = true`).Error)
	require.NoError(t, b.db.Gorm(t.Context()).Exec(`DELETE FROM "ExchangeCredentialType"`).Error)
	_, err = b.create(t.Context(), input("Main"))
	require.ErrorContains(t, err, "has no credential fields defined")
}

func TestCreateAccount_DryRun(t *testing.T) {
	t.Parallel()
	b := setupAccounts(t, models.PlanPro)
	active := input("One")
	active.Activate = true
	one, err := b.create(t.Context(), active)
	require.NoError(t, err)
	second := input("Two")
	second.Activate = true
	c, err := b.svc.CreateAccount(t.Context(), admin.Mode{DryRun: true}, second, b.keys)
	require.NoError(t, err)
	require.True(t, c.DryRun)
	require.True(t, c.After.IsActive)
	require.Equal(t, 1, b.rows(t, "UserExchangeAccounts"))
	still, err := b.db.AccountByID(t.Context(), one.After.ID)
	require.NoError(t, err)
	require.True(t, still.IsActive)
	require.Len(t, b.audits(t), 1)
}

// Two operators who add the last allowed account at once must not both succeed.
func TestCreateAccount_LimitHoldsUnderConcurrency(t *testing.T) {
	t.Parallel()
	b := setupAccounts(t, models.PlanBasic)
	limits, _, err := b.db.LimitsOfPlan(t.Context(), "basic")
	require.NoError(t, err)
	const tries = 8
	errs := make([]error, tries)
	var wg sync.WaitGroup
	for i := range tries {
		wg.Go(func() {
			in := input(fmt.Sprintf("Account %d", i))
			in.Activate = true
			_, errs[i] = b.create(t.Context(), in)
		})
	}
	wg.Wait()
	created := 0
	for _, err := range errs {
		if err == nil {
			created++
			continue
		}
		require.ErrorIs(t, err, store.ErrConflict)
	}
	require.EqualValues(t, *limits.MaxExchangeAccounts, created)
	of, err := b.db.ListAccounts(t.Context(), store.AccountFilter{Active: new(true)}, store.Page{}).Collect()
	require.NoError(t, err)
	require.Len(t, of, 1, "one active account per user")
}
