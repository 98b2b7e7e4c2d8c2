package admin_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
)

// one reads one text.
func (b bundle) one(t *testing.T, query string) string {
	t.Helper()
	var text string
	require.NoError(t, b.db.Gorm(t.Context()).Raw(query).Scan(&text).Error)
	return text
}

// What the web application keeps beside its users follows from what is done to them here, in whatever naming: it lets in
// whom an operator adds, and knows of every change of a plan.
func TestUsers_TheWebApplicationFollows(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	require.NoError(t, b.db.Gorm(ctx).Exec(`ALTER TABLE "User" ADD COLUMN IF NOT EXISTS account_status text NOT NULL DEFAULT 'pending_verification'`).Error)
	for _, table := range []string{
		`CREATE TABLE IF NOT EXISTS user_upgrade_history (id text PRIMARY KEY, user_id text NOT NULL, old_plan text NOT NULL, new_plan text NOT NULL, reason text NOT NULL,
			effective_date timestamp(6) NOT NULL, upgraded_by text NOT NULL, created_at timestamp(6), updated_at timestamp(6))`,
		`CREATE TABLE IF NOT EXISTS user_entitlements (id text PRIMARY KEY, user_id text NOT NULL UNIQUE, plan text DEFAULT 'FREE', feature_set text DEFAULT 'free',
			demo_mode boolean DEFAULT true, created_at timestamp(3), updated_at timestamp(3))`,
	} {
		require.NoError(t, b.db.Gorm(ctx).Exec(table).Error)
	}
	const state = `SELECT concat_ws(' ', u.email_verified, account_status, e.plan, e.feature_set, e.demo_mode)
		FROM "User" u LEFT JOIN user_entitlements e ON e.user_id = u.id WHERE u.username = 'ana'`
	_, err := b.svc.CreateUser(ctx, admin.Mode{}, admin.CreateUserInput{Email: "ana@example.com", Username: "ana", EmailVerified: new(false)})
	require.NoError(t, err)
	require.Equal(t, "f pending_verification FREE free t", b.one(t, state))
	_, err = b.svc.VerifyEmail(ctx, admin.Mode{}, "ana")
	require.NoError(t, err)
	require.Equal(t, "t active FREE free f", b.one(t, state))

	_, err = b.svc.SetPlan(ctx, admin.Mode{Reason: "ticket 9"}, admin.SetPlanInput{User: "ana", Plan: models.PlanPro})
	require.NoError(t, err)
	_, err = b.svc.SetPlan(ctx, admin.Mode{DryRun: true}, admin.SetPlanInput{User: "ana", Plan: models.PlanBasic})
	require.NoError(t, err)
	require.Equal(t, "t active PRO pro f", b.one(t, state))
	rows := func(yield func(admin.ImportRow, error) bool) {
		cell := func(s string) *string { return &s }
		_ = yield(admin.ImportRow{Line: 2, Values: map[string]*string{"email": cell("ana@example.com"), "username": cell("ana"), "plan_type": cell("basic")}}, nil) &&
			yield(admin.ImportRow{Line: 3, Values: map[string]*string{"email": cell("bob@example.com"), "username": cell("bob"), "email_verified": cell("true")}}, nil)
	}
	_, err = b.svc.ImportUsers(ctx, admin.Mode{}, rows, admin.ImportOptions{OnConflict: admin.OnConflictUpdate})
	require.NoError(t, err)
	require.Equal(t, "t active BASIC basic f", b.one(t, state))
	require.Equal(t, "t active FREE free f", b.one(t, strings.Replace(state, "'ana'", "'bob'", 1)))
	require.Equal(t, "free pro ticket 9, pro basic user.import", b.one(t, `SELECT string_agg(concat_ws(' ', old_plan, new_plan, reason), ', ' ORDER BY h.created_at, new_plan DESC)
		FROM user_upgrade_history h JOIN "User" u ON u.id = h.user_id AND h.upgraded_by = u.id`))
}

// Values are written as the web application reads them where the tables are its own, and as the design says elsewhere.
func TestValues_AreSpelledForWhoReadsThem(t *testing.T) {
	t.Parallel()
	const trade = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
	want := map[bool][]string{
		false: {"false", "unit", `{"` + trade + `": {"note": "x", "enabled": true, "threshold": 12}}`, "api_key,api_secret,passphrase", "api_key,api_secret,passphrase"},
		true:  {"true", "unitario", `{"` + trade + `": {"note": "x", "is_active": true, "margin_threshold": 12}}`, "API Key,API Secret,Passphrase", "API Key,API Secret,Passphrase"},
	}
	check := func(t *testing.T, b bundle, want []string) {
		t.Helper()
		ctx := t.Context()
		_, err := b.svc.CreateUser(ctx, admin.Mode{}, admin.CreateUserInput{Email: "ana@example.com", Username: "ana", Plan: models.PlanPro})
		require.NoError(t, err)
		got := []string{b.one(t, `SELECT email_verified FROM "User"`)}
		unit, individual := models.GuardUnit, models.GuardIndividual
		set := admin.GuardConfigInput{User: "ana", Mode: &unit, Positions: []admin.GuardPosition{{ID: trade}}}
		c, err := b.svc.SetGuardConfig(ctx, admin.Mode{}, set)
		require.NoError(t, err)
		require.Equal(t, models.GuardUnit, c.After.Mode)
		got = append(got, b.one(t, `SELECT mode FROM "MarginGuardConfig"`))
		c, err = b.svc.SetGuardConfig(ctx, admin.Mode{}, set)
		require.NoError(t, err)
		require.Equal(t, words.Unchanged, c.Status)
		require.NoError(t, b.db.Gorm(ctx).Exec(`UPDATE "MarginGuardConfig" SET individual_configs = '{"`+trade+`": {"note": "x", "threshold": 9, "is_active": false}}'`).Error)
		_, err = b.svc.SetGuardConfig(ctx, admin.Mode{}, admin.GuardConfigInput{User: "ana", Mode: &individual, Positions: []admin.GuardPosition{{ID: strings.ToUpper(trade), Threshold: 12}}})
		require.NoError(t, err)
		got = append(got, b.one(t, `SELECT individual_configs FROM "MarginGuardConfig"`))

		keys, err := crypto.NewKeyring(secret.New(strings.Repeat("k", 40)), nil)
		require.NoError(t, err)
		_, err = b.svc.CreateAccount(ctx, admin.Mode{}, input("main"), keys)
		require.NoError(t, err)
		fields := admin.SetCredentialInput{User: "ana", Exchange: "lnmarkets", Fields: input("").Fields}
		_, err = b.svc.SetCredential(ctx, admin.Mode{}, fields, keys)
		require.NoError(t, err)
		for _, table := range []string{"UserExchangeAccounts", "UserExchangeCredentials"} {
			got = append(got, b.one(t, `SELECT string_agg(k, ',' ORDER BY k) FROM "`+table+`", jsonb_object_keys(credentials) k`))
		}
		require.Equal(t, want, got)
	}
	b := setup(t)
	app, err := b.db.Application(t.Context())
	require.NoError(t, err)
	check(t, b, want[app])
	if !app {
		b.db = testdb.Application(t)
		b.svc = admin.New(b.db, admin.Options{Actor: "olga"})
		require.NoError(t, b.db.Gorm(t.Context()).Exec(`INSERT INTO "Exchange" (id, name, slug) VALUES ('x1', 'LN Markets', 'lnmarkets') ON CONFLICT DO NOTHING`).Error)
		check(t, b, want[true])
	}
}
