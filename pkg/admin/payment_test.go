package admin_test

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/bolt11"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// made is when the derived examples were made: 2026-01-01.
var made = time.Date(2026, 1, 1, 0, 10, 0, 0, time.UTC)

// example returns a published or derived invoice and its preimage.
func example(t testing.TB, id string) (invoice, preimage string) {
	t.Helper()
	raw, err := os.ReadFile("../bolt11/testdata/examples.json")
	require.NoError(t, err)
	var all struct {
		Valid []struct{ ID, Invoice, Preimage string } `json:"valid"`
	}
	require.NoError(t, json.Unmarshal(raw, &all))
	for _, x := range all.Valid {
		if x.ID == id {
			return x.Invoice, x.Preimage
		}
	}
	require.Fail(t, "no example "+id)
	return "", ""
}

type payBundle struct {
	bundle
	user models.User
}

// setupPay has the user ana on the free plan, ten minutes after the invoices were made.
func setupPay(t *testing.T, plan models.PlanType) *payBundle {
	t.Helper()
	b := &payBundle{bundle: setup(t)}
	b.now = made
	b.svc = admin.New(b.db, admin.Options{Actor: "olga", Host: "ops1", Version: "1", Now: func() time.Time { return b.now }})
	c, err := b.svc.CreateUser(t.Context(), admin.Mode{}, admin.CreateUserInput{Email: "ana@example.com", Username: "ana", Plan: plan})
	require.NoError(t, err)
	b.user = *c.After
	return b
}

func (b *payBundle) create(t *testing.T, id, plan string) store.Payment {
	t.Helper()
	invoice, _ := example(t, id)
	c, err := b.svc.CreatePayment(t.Context(), admin.Mode{}, admin.CreatePaymentInput{User: "ana", Plan: plan, Invoice: invoice})
	require.NoError(t, err)
	return *c.After
}

func (b *payBundle) audits(t *testing.T, action string) []models.AuditLog {
	t.Helper()
	rows, err := b.db.ListAudit(t.Context(), store.AuditFilter{Action: action}, store.Page{}).Collect()
	require.NoError(t, err)
	return rows
}

func (b *payBundle) plan(t *testing.T) models.PlanType {
	t.Helper()
	u, err := b.db.UserByID(t.Context(), b.user.ID, false)
	require.NoError(t, err)
	return u.PlanType
}

const exampleID = "plan_29000_sat_default_expiry"

func preimage(t *testing.T, id string) admin.SettleInput {
	t.Helper()
	_, secret := example(t, id)
	return admin.SettleInput{Source: models.SourcePreimage, Preimage: secret}
}

func code(t *testing.T, err error) string {
	t.Helper()
	var c *admin.ConflictError
	require.ErrorAs(t, err, &c)
	require.ErrorIs(t, err, store.ErrConflict)
	return c.Code
}

func TestCreatePayment(t *testing.T) {
	t.Parallel()
	b := setupPay(t, models.PlanFree)
	p := b.create(t, exampleID, "basic")
	invoice, _ := example(t, exampleID)
	require.Equal(t, models.PaymentPending, p.Status)
	require.Equal(t, int32(29000), p.AmountSats)
	require.Equal(t, invoice, p.LightningInvoice)
	require.Equal(t, "axisor plan basic", *p.Description)
	require.Equal(t, "lightning", *p.PaymentMethod)
	require.Equal(t, int32(3600), *p.ExpirySeconds)
	require.Equal(t, time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC), p.ExpiresAt.UTC())
	require.Len(t, *p.PaymentHash, 64)
	require.Equal(t, "ana@example.com", p.UserEmail)
	require.Len(t, b.audits(t, "payment.create"), 1)

	in := admin.CreatePaymentInput{User: "ana", Plan: "basic", Invoice: "LIGHTNING:" + strings.ToUpper(invoice)}
	_, err := b.svc.CreatePayment(t.Context(), admin.Mode{}, in)
	require.ErrorIs(t, err, store.ErrConflict, "the same invoice in another spelling")
	require.ErrorContains(t, err, p.ID)
	in.IfNotExists = true
	c, err := b.svc.CreatePayment(t.Context(), admin.Mode{}, in)
	require.NoError(t, err)
	require.Equal(t, words.AlreadyExists, c.Status)
	in.Plan = "pro"
	_, err = b.svc.CreatePayment(t.Context(), admin.Mode{}, in)
	require.ErrorIs(t, err, store.ErrConflict, "another plan is another payment")
	require.Equal(t, 1, b.rows(t, "Payment"))
	require.Len(t, b.audits(t, "payment.create"), 1)
}

func TestCreatePayment_Refuses(t *testing.T) {
	t.Parallel()
	b := setupPay(t, models.PlanFree)
	good := admin.CreatePaymentInput{User: "ana", Plan: "basic", Rules: admin.InvoiceRules{Network: bolt11.Mainnet}}
	for name, c := range map[string]struct {
		id    string
		spoil func(*admin.CreatePaymentInput)
		is    error
		want  string
	}{
		"other amount":     {exampleID, func(in *admin.CreatePaymentInput) { in.AmountSats = 28999 }, store.ErrInvalid, "29000 sats, not 28999"},
		"no amount":        {"no_amount_known_preimage", nil, store.ErrInvalid, "names no amount"},
		"other network":    {"regtest_1000_sat", nil, store.ErrInvalid, "regtest"},
		"part of a sat":    {"pico_amount_one_week_cltv10_route_hint", nil, store.ErrInvalid, "whole number"},
		"expired":          {exampleID, func(*admin.CreatePaymentInput) { b.now = made.Add(time.Hour) }, store.ErrConflict, "expired at 2026-01-01T01:00:00Z"},
		"other node":       {exampleID, func(in *admin.CreatePaymentInput) { in.Rules.NodeID = "02" + strings.Repeat("0", 64) }, store.ErrInvalid, "not ours"},
		"unknown plan":     {exampleID, func(in *admin.CreatePaymentInput) { in.Plan = "gold" }, store.ErrInvalid, "gold"},
		"free plan":        {exampleID, func(in *admin.CreatePaymentInput) { in.Plan = "free" }, store.ErrInvalid, "nobody pays"},
		"unknown user":     {exampleID, func(in *admin.CreatePaymentInput) { in.User = "nobody" }, store.ErrNotFound, "nobody"},
		"long description": {exampleID, func(in *admin.CreatePaymentInput) { in.Description = strings.Repeat("x", 640) }, store.ErrInvalid, "639"},
		"no invoice":       {exampleID, func(in *admin.CreatePaymentInput) { in.Invoice = "lnbc1" }, bolt11.ErrInvalid, "invalid invoice"},
	} {
		b.now = made
		in := good
		in.Invoice, _ = example(t, c.id)
		if c.spoil != nil {
			c.spoil(&in)
		}
		_, err := b.svc.CreatePayment(t.Context(), admin.Mode{}, in)
		require.ErrorIs(t, err, c.is, name)
		require.ErrorContains(t, err, c.want, name)
	}
	require.Zero(t, b.rows(t, "Payment"))

	b.now = made // whichever case was the last
	in := good
	in.Invoice, _ = example(t, "no_amount_known_preimage")
	in.AmountSats = 500
	c, err := b.svc.CreatePayment(t.Context(), admin.Mode{DryRun: true}, in)
	require.NoError(t, err)
	require.Equal(t, int32(500), c.After.AmountSats)
	require.Zero(t, b.rows(t, "Payment"))
	in.Invoice, _ = example(t, "expiry_year_2106")
	in.AmountSats = 0
	c, err = b.svc.CreatePayment(t.Context(), admin.Mode{}, in)
	require.NoError(t, err)
	require.Nil(t, c.After.ExpirySeconds, "the column cannot hold it; expires_at can")
	require.Greater(t, c.After.ExpiresAt.Year(), 2106)
}

func TestSettlePayment(t *testing.T) {
	t.Parallel()
	b := setupPay(t, models.PlanFree)
	p := b.create(t, exampleID, "basic")
	in := preimage(t, exampleID)

	_, err := b.svc.SettlePayment(t.Context(), admin.Mode{}, p.ID, preimage(t, "plan_29000_sat_expiry_900"))
	require.Equal(t, "preimage_mismatch", code(t, err))
	c, err := b.svc.SettlePayment(t.Context(), admin.Mode{DryRun: true}, p.ID, in)
	require.NoError(t, err)
	require.Equal(t, models.PaymentPaid, c.After.Status)
	require.Equal(t, models.PlanFree, b.plan(t), "a dry run")

	c, err = b.svc.SettlePayment(t.Context(), admin.Mode{}, p.ID, in)
	require.NoError(t, err)
	require.Equal(t, words.Updated, c.Status)
	require.Equal(t, models.PaymentPaid, c.After.Status)
	require.Equal(t, made, c.After.PaidAt.UTC())
	require.Equal(t, in.Preimage, *c.After.Preimage)
	require.Equal(t, models.SourcePreimage, *c.After.Source)
	require.Equal(t, models.PlanBasic, b.plan(t))
	logs := b.audits(t, "payment.settle")
	require.Len(t, logs, 1)
	require.NotContains(t, string(logs[0].NewValues), in.Preimage)
	require.Contains(t, string(logs[0].OldValues), `"user_plan": "free"`)

	again, err := b.svc.SettlePayment(t.Context(), admin.Mode{}, p.ID, in)
	require.NoError(t, err)
	require.Equal(t, words.Unchanged, again.Status)
	require.Equal(t, c.After.UpdatedAt, again.After.UpdatedAt)
	require.Len(t, b.audits(t, "payment.settle"), 1)
	require.Equal(t, 1, b.rows(t, "SecurityAuditLog"))
	_, err = b.svc.SettlePayment(t.Context(), admin.Mode{}, p.ID, preimage(t, "plan_29000_sat_expiry_900"))
	require.Equal(t, "preimage_mismatch", code(t, err), "paid, but not by this")
	_, err = b.svc.SettlePayment(t.Context(), admin.Mode{}, "nothing", in)
	require.ErrorIs(t, err, store.ErrNotFound)
}

func TestSettlePayment_FiftyAtOnce(t *testing.T) {
	t.Parallel()
	b := setupPay(t, models.PlanFree)
	p := b.create(t, exampleID, "pro")
	in := preimage(t, exampleID)
	var mu sync.Mutex
	status := map[string]int{}
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			c, err := b.svc.SettlePayment(context.Background(), admin.Mode{}, p.ID, in)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			status[c.Status]++
			mu.Unlock()
		})
	}
	wg.Wait()
	require.Equal(t, map[string]int{words.Updated: 1, words.Unchanged: 49}, status)
	require.Equal(t, models.PlanPro, b.plan(t))
	require.Len(t, b.audits(t, "payment.settle"), 1)
	require.Equal(t, 1, b.rows(t, "SecurityAuditLog"))
	require.Equal(t, 1, b.rows(t, "payment_settlement"))
}

func TestSettlePayment_Late(t *testing.T) {
	t.Parallel()
	b := setupPay(t, models.PlanFree)
	p := b.create(t, exampleID, "basic")
	in := preimage(t, exampleID)
	b.now = made.Add(2 * time.Hour)
	_, err := b.svc.SettlePayment(t.Context(), admin.Mode{}, p.ID, in)
	require.Equal(t, "payment_late", code(t, err), "cron has not come yet, and it makes no difference")
	inTime := in
	inTime.PaidAt = made
	c, err := b.svc.SettlePayment(t.Context(), admin.Mode{DryRun: true}, p.ID, inTime)
	require.NoError(t, err, "paid in time, settled later")
	require.False(t, *c.After.Late)

	require.NoError(t, b.svc.ExpirePayments(t.Context(), admin.Mode{}, b.now, nil, func([]store.Payment) {}))
	_, err = b.svc.SettlePayment(t.Context(), admin.Mode{Reason: "x"}, p.ID, inTime)
	require.Equal(t, "payment_late", code(t, err))
	in.Late = true
	_, err = b.svc.SettlePayment(t.Context(), admin.Mode{}, p.ID, in)
	require.ErrorIs(t, err, store.ErrInvalid, "without a reason")
	c, err = b.svc.SettlePayment(t.Context(), admin.Mode{Reason: "ticket 7"}, p.ID, in)
	require.NoError(t, err)
	require.True(t, *c.After.Late)
	require.Equal(t, models.PlanBasic, b.plan(t))
}

func TestSettlePayment_CheaperPlan(t *testing.T) {
	t.Parallel()
	b := setupPay(t, models.PlanLifetime)
	p := b.create(t, exampleID, "basic")
	in := preimage(t, exampleID)
	_, err := b.svc.SettlePayment(t.Context(), admin.Mode{}, p.ID, in)
	require.Equal(t, "payment_downgrade", code(t, err))
	row, err := b.db.PaymentByID(t.Context(), p.ID, false)
	require.NoError(t, err)
	require.Equal(t, models.PaymentPending, row.Status)
	require.Equal(t, models.PlanLifetime, b.plan(t))
	in.AllowDowngrade = true
	_, err = b.svc.SettlePayment(t.Context(), admin.Mode{}, p.ID, in)
	require.NoError(t, err)
	require.Equal(t, models.PlanBasic, b.plan(t))
}

func TestSettlePayment_SamePurchaseTwice(t *testing.T) {
	t.Parallel()
	b := setupPay(t, models.PlanFree)
	first, second := b.create(t, exampleID, "basic"), b.create(t, "plan_29000_sat_expiry_900", "basic")
	_, err := b.svc.SettlePayment(t.Context(), admin.Mode{}, first.ID, preimage(t, exampleID))
	require.NoError(t, err)
	c, err := b.svc.SettlePayment(t.Context(), admin.Mode{}, second.ID, preimage(t, "plan_29000_sat_expiry_900"))
	require.NoError(t, err)
	require.Equal(t, first.ID, *c.After.DuplicateOf)
	require.Equal(t, 1, b.rows(t, "SecurityAuditLog"), "one plan change")
}

func TestSettlePayment_Evidence(t *testing.T) {
	t.Parallel()
	b := setupPay(t, models.PlanFree)
	p := b.create(t, exampleID, "basic")
	settle := func(mode admin.Mode, in admin.SettleInput) error {
		_, err := b.svc.SettlePayment(t.Context(), mode, p.ID, in)
		return err
	}
	require.ErrorIs(t, settle(admin.Mode{}, admin.SettleInput{}), store.ErrInvalid)
	require.ErrorIs(t, settle(admin.Mode{}, admin.SettleInput{Source: models.SourceForced}), store.ErrInvalid, "no reason")
	require.ErrorIs(t, settle(admin.Mode{}, admin.SettleInput{Source: models.SourcePreimage, Preimage: "zz"}), store.ErrInvalid)
	short := admin.SettleInput{Source: models.SourceNode, Backend: "lnd", ReceivedMsat: new(int64(28_999_999))}
	require.Equal(t, "payment_short", code(t, settle(admin.Mode{}, short)))
	require.NoError(t, settle(admin.Mode{Reason: "ticket"}, admin.SettleInput{Source: models.SourceForced}))
	require.NoError(t, settle(admin.Mode{Reason: "ticket"}, admin.SettleInput{Source: models.SourceForced}), "already")
	s, err := b.db.SettlementOf(t.Context(), p.ID)
	require.NoError(t, err)
	require.Equal(t, models.SourceForced, s.Source)
	require.Equal(t, "ticket", *s.Reason)
}

// The web application's tables, where they exist, follow the plan.
func TestSettlePayment_HistoryOfTheWebApplication(t *testing.T) {
	t.Parallel()
	b := setupPay(t, models.PlanAdvanced)
	require.NoError(t, b.db.Gorm(t.Context()).Exec(`CREATE TABLE user_upgrade_history (id text PRIMARY KEY, user_id text NOT NULL REFERENCES "User"(id),
		old_plan text NOT NULL, new_plan text NOT NULL, reason text NOT NULL, effective_date timestamp(6) NOT NULL,
		upgraded_by text NOT NULL REFERENCES "User"(id), created_at timestamp(6) NOT NULL, updated_at timestamp(6) NOT NULL)`).Error)
	require.NoError(t, b.db.Gorm(t.Context()).Exec(`CREATE TABLE user_entitlements (id text PRIMARY KEY, user_id text UNIQUE,
		plan text DEFAULT 'FREE', feature_set text DEFAULT 'free', updated_at timestamp(3))`).Error)
	require.NoError(t, b.db.Gorm(t.Context()).Exec(`INSERT INTO user_entitlements (id, user_id) VALUES ('e', ?)`, b.user.ID).Error)
	p := b.create(t, exampleID, "pro")
	_, err := b.svc.SettlePayment(t.Context(), admin.Mode{}, p.ID, preimage(t, exampleID))
	require.NoError(t, err)
	var history string
	require.NoError(t, b.db.Gorm(t.Context()).Raw(`SELECT old_plan || '>' || new_plan || ' ' || (upgraded_by = user_id) FROM user_upgrade_history`).Scan(&history).Error)
	require.Equal(t, "advanced>pro true", history, "the true old plan and a real user")
	var entitled string
	require.NoError(t, b.db.Gorm(t.Context()).Raw(`SELECT plan || ' ' || feature_set FROM user_entitlements`).Scan(&entitled).Error)
	require.Equal(t, "PRO pro", entitled)
}
