package admin_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// raw inserts a payment the way the web application does.
func (b *payBundle) raw(t *testing.T, status models.PaymentStatus, hash string) string {
	t.Helper()
	row := models.Payment{
		UserID: b.user.ID, AmountSats: 29000, LightningInvoice: "lnbc-" + hash, Status: status, PlanType: models.PlanBasic,
		PaymentHash: &hash, ExpiresAt: new(made), CreatedAt: made.Add(-time.Hour), UpdatedAt: made.Add(-time.Hour),
	}
	if status.Canonical() == models.PaymentPaid {
		row.PaidAt = new(made.Add(-time.Minute))
	}
	require.NoError(t, b.db.CreatePayment(t.Context(), &row))
	return row.ID
}

// Every state against every step: what is not in the table of allowed steps is refused and changes nothing.
func TestPaymentStates(t *testing.T) {
	t.Parallel()
	b := setupPay(t, models.PlanFree)
	b.now = made.Add(time.Minute)
	mode := admin.Mode{Reason: "test"}
	steps := map[models.PaymentStatus]func(id string) error{
		models.PaymentPaid: func(id string) error {
			_, err := b.svc.SettlePayment(t.Context(), mode, id, admin.SettleInput{Source: models.SourceForced, Late: true})
			return err
		},
		models.PaymentFailed:  func(id string) error { _, err := b.svc.FailPayment(t.Context(), mode, id); return err },
		models.PaymentExpired: func(id string) error { _, err := b.svc.ExpirePayment(t.Context(), mode, id); return err },
		models.PaymentRefunded: func(id string) error {
			_, err := b.svc.RefundPayment(t.Context(), mode, id, admin.RefundInput{})
			return err
		},
	}
	allowed := map[string]bool{
		"pending>paid": true, "pending>expired": true, "pending>failed": true, "expired>paid": true, "failed>paid": true, "paid>refunded": true,
		"completed>refunded": true, "expired>refunded": true, "failed>refunded": true,
		// Nothing to do, and no error.
		"paid>paid": true, "completed>paid": true, "failed>failed": true,
	}
	n := 0
	for _, from := range append(models.PaymentStatuses(), models.PaymentCompleted, "cancelled") {
		for to, step := range steps {
			n++
			id := b.raw(t, from, fmt.Sprintf("%064x", n))
			err := step(id)
			name := string(from) + ">" + string(to)
			after, readErr := b.db.PaymentByID(t.Context(), id, false)
			require.NoError(t, readErr)
			if !allowed[name] {
				require.ErrorIs(t, err, store.ErrConflict, name)
				require.Equal(t, from, after.Status, name)
				continue
			}
			require.NoError(t, err, name)
			require.Equal(t, to, after.Status.Canonical(), name)
		}
	}
}

func TestExpirePayments(t *testing.T) {
	t.Parallel()
	b := setupPay(t, models.PlanFree)
	b.now = made.Add(time.Minute)
	for i := range 1203 { // more than two batches
		b.raw(t, models.PaymentPending, fmt.Sprintf("%064x", i))
	}
	later := b.create(t, exampleID, "basic")
	paid := b.raw(t, models.PaymentPaid, fmt.Sprintf("%064x", 9999))
	count := func(mode admin.Mode, only []string) int {
		n := 0
		require.NoError(t, b.svc.ExpirePayments(t.Context(), mode, b.now, only, func(rows []store.Payment) {
			for _, r := range rows {
				require.Equal(t, models.PaymentExpired, r.Status)
			}
			n += len(rows)
		}))
		return n
	}
	require.Equal(t, 0, count(admin.Mode{}, []string{later.ID, paid}))
	require.Equal(t, 1203, count(admin.Mode{DryRun: true}, nil))
	require.Equal(t, 1203, count(admin.Mode{}, nil))
	require.Equal(t, 0, count(admin.Mode{}, nil))
	var n int
	require.NoError(t, b.db.Gorm(t.Context()).Raw(`SELECT count(*) FROM "AuditLog" WHERE action = 'payment.expire'`).Scan(&n).Error)
	require.Equal(t, 1203, n)
}

func TestRefundPayment(t *testing.T) {
	t.Parallel()
	b := setupPay(t, models.PlanFree)
	p := b.create(t, exampleID, "basic")
	_, err := b.svc.SettlePayment(t.Context(), admin.Mode{}, p.ID, preimage(t, exampleID))
	require.NoError(t, err)
	mode := admin.Mode{Reason: "ticket 9"}
	back, secret := example(t, "nano_amount_not_shortest") // also 29000 sats
	own, _ := example(t, exampleID)
	other, _ := example(t, "regtest_1000_sat")
	for name, in := range map[string]admin.RefundInput{
		"too much":             {AmountSats: 29001},
		"own invoice":          {Invoice: own},
		"other amount":         {Invoice: other},
		"wrong preimage":       {Invoice: back, Preimage: preimage(t, exampleID).Preimage},
		"preimage of nothing":  {Preimage: secret},
		"plan that is unknown": {Plan: "gold"},
	} {
		_, err := b.svc.RefundPayment(t.Context(), mode, p.ID, in)
		require.ErrorIs(t, err, store.ErrInvalid, name)
	}
	_, err = b.svc.RefundPayment(t.Context(), admin.Mode{}, p.ID, admin.RefundInput{})
	require.ErrorIs(t, err, store.ErrInvalid, "no reason")

	c, err := b.svc.RefundPayment(t.Context(), mode, p.ID, admin.RefundInput{Invoice: back, Preimage: secret, Plan: "free"})
	require.NoError(t, err)
	require.Equal(t, models.PaymentRefunded, c.After.Status)
	require.Equal(t, models.PlanFree, b.plan(t))
	r, err := b.db.RefundOf(t.Context(), p.ID)
	require.NoError(t, err)
	require.Equal(t, "ticket 9", r.Reason)
	require.Equal(t, int32(29000), r.AmountSats)
	_, err = b.svc.RefundPayment(t.Context(), mode, p.ID, admin.RefundInput{})
	require.Equal(t, "payment_refunded", code(t, err))

	second := b.raw(t, models.PaymentPaid, fmt.Sprintf("%064x", 1))
	_, err = b.svc.RefundPayment(t.Context(), mode, second, admin.RefundInput{Invoice: back})
	require.ErrorIs(t, err, store.ErrConflict, "one invoice is one refund")
	_, err = b.svc.RefundPayment(t.Context(), mode, second, admin.RefundInput{AmountSats: 1000})
	require.NoError(t, err)
}
