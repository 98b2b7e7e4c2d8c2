package payments_test

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/lightningsim"
	"github.com/axisor/axisor/internal/payments"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/lightning"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

func hash(v lightningsim.Invoice) string { return hex.EncodeToString(v.Hash[:]) }

// Every class, in one database: what is safe is put right once, and nothing else is touched.
func TestReconcile_Classes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		want := map[string]payments.Class{}
		settle := func(v lightningsim.Invoice, at time.Time, msat int64) {
			require.NoError(t, w.sim.Settle(hash(v), at, msat))
		}

		open, _ := w.pay(t, 1000, "basic")
		paid, v := w.pay(t, 2000, "basic")
		settle(v, w.clock().Add(time.Minute), 0)
		want[paid.ID] = payments.Settle
		expired, v := w.pay(t, 3000, "basic")
		settle(v, w.clock().Add(50*time.Minute), 0)
		want[expired.ID] = payments.Late
		w.exec(t, `UPDATE "Payment" SET status = 'expired' WHERE id = ?`, expired.ID)
		claimed, _ := w.pay(t, 4000, "basic")
		w.exec(t, `UPDATE "Payment" SET status = 'completed', paid_at = created_at WHERE id = ?`, claimed.ID)
		want[claimed.ID] = payments.PaidNotAtNode
		short, v := w.pay(t, 5000, "basic")
		settle(v, w.clock().Add(time.Minute), 4_999_999)
		want[short.ID] = payments.AmountShort
		over, v := w.pay(t, 6000, "basic")
		settle(v, w.clock().Add(time.Minute), 7_000_000)
		want[over.ID] = payments.AmountOver
		alone, err := w.sim.Add(7_000_000, "not ours", time.Hour)
		require.NoError(t, err)
		settle(alone, w.clock().Add(time.Minute), 0)
		want[hash(alone)] = payments.NodeOnly
		odd, v := w.pay(t, 8000, "basic")
		w.exec(t, `UPDATE "Payment" SET payment_hash = ? WHERE id = ?`, base64.StdEncoding.EncodeToString(v.Hash[:]), odd.ID)
		want[odd.ID] = payments.HashForm
		garbage, _ := w.pay(t, 8500, "basic") // what is no hash is not asked for: the invoice's own is
		w.exec(t, `UPDATE "Payment" SET payment_hash = ? WHERE id = ?`, strings.Repeat("/x", 32), garbage.ID)
		want[garbage.ID] = payments.HashForm
		failed, v := w.pay(t, 9000, "basic")
		settle(v, w.clock().Add(time.Minute), 0)
		w.exec(t, `UPDATE "Payment" SET status = 'failed' WHERE id = ?`, failed.ID)
		want[failed.ID] = payments.FailedButPaid
		elsewhere, _ := w.pay(t, 10000, "basic")
		w.exec(t, `UPDATE "Payment" SET payment_hash = ? WHERE id = ?`, strings.Repeat("ab", 32), elsewhere.ID)
		want[elsewhere.ID] = payments.NotAtNode
		twin, v := w.pay(t, 11000, "basic")
		settle(v, w.clock().Add(time.Minute), 0)
		want[twin.ID] = payments.SharedHash
		copied := twin.Payment
		copied.ID = ""
		require.NoError(t, w.db.CreatePayment(t.Context(), &copied))
		want[copied.ID] = payments.SharedHash
		forced, _ := w.pay(t, 12000, "basic")
		_, err = w.svc.SettlePayment(t.Context(), admin.Mode{Reason: "bank transfer"}, forced.ID, admin.SettleInput{Source: models.SourceForced})
		require.NoError(t, err)
		cancelled, v := w.pay(t, 13000, "basic")
		if w.node.Name() == "lnd" { // LNbits cannot say that
			require.NoError(t, w.sim.Set(hash(v), lightningsim.Cancelled))
			want[cancelled.ID] = payments.Expire
		}

		w.pass(55 * time.Minute)
		check := func(items map[string]payments.Item) {
			got := map[string]payments.Class{}
			for id, i := range items {
				got[id] = i.Class
			}
			require.Equal(t, want, got)
		}
		items, sum := w.reconcile(t, false)
		check(items)
		require.Zero(t, sum.Applied)
		require.Equal(t, models.PaymentPending, w.status(t, paid.ID), "reading changes nothing")
		require.Zero(t, w.count(t, `SELECT count(*) FROM axisor.payment_reconcile`))

		items, sum = w.reconcile(t, true)
		check(items)
		safe := 2
		if w.node.Name() == "lnd" {
			safe = 3
			require.Equal(t, models.PaymentExpired, w.status(t, cancelled.ID))
		}
		require.Equal(t, safe, sum.Applied)
		for id, i := range items {
			require.Equal(t, i.Class.Safe(), i.Applied, id)
		}
		require.Equal(t, models.PaymentPaid, w.status(t, paid.ID))
		p, err := w.db.PaymentByID(t.Context(), expired.ID, false)
		require.NoError(t, err)
		require.Equal(t, models.PaymentPaid, p.Status)
		require.True(t, *p.Late)
		require.Equal(t, time.Date(2026, 3, 1, 12, 50, 0, 0, time.UTC), p.PaidAt.UTC(), "the node's time, not now")
		require.Len(t, *p.Preimage, 64)
		require.Equal(t, models.SourceNode, *p.Source)
		require.Equal(t, models.PaymentPending, w.status(t, open.ID))

		audits := w.count(t, `SELECT count(*) FROM "AuditLog"`)
		_, sum = w.reconcile(t, true)
		require.Zero(t, sum.Applied, "a second run changes nothing")
		require.Equal(t, audits, w.count(t, `SELECT count(*) FROM "AuditLog"`))
	})
}

// The mark stops before the oldest invoice that may still be paid.
func TestReconcile_MarkDoesNotPassAnOpenInvoice(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		settledFirst, v := w.pay(t, 1000, "basic")
		require.NoError(t, w.sim.Settle(hash(v), w.clock(), 0))
		w.pass(time.Minute)
		waiting, err := w.sim.Add(2_000_000, "open, and without a payment", time.Hour)
		require.NoError(t, err)
		w.pass(time.Minute)
		_, last := w.pay(t, 3000, "basic")
		require.NoError(t, w.sim.Settle(hash(last), w.clock(), 0))
		_, sum := w.reconcile(t, true)
		require.Equal(t, 2, sum.Applied)
		require.Equal(t, models.PaymentPaid, w.status(t, settledFirst.ID))

		require.NoError(t, w.sim.Settle(hash(waiting), w.clock(), 0))
		items, _ := w.reconcile(t, true)
		require.Equal(t, payments.NodeOnly, items[hash(waiting)].Class, "it was still looked at")
		items, sum = w.reconcile(t, true)
		require.Equal(t, payments.NodeOnly, items[hash(waiting)].Class, "and is told until there is a payment for it")
		require.Equal(t, 1, sum.Open)
	})
}

// A node that fails says nothing about a payment.
func TestReconcile_FailureIsUnknown(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		var all []string
		for i := range 6 {
			p, _ := w.pay(t, int64(1000+i), "basic")
			all = append(all, p.ID)
		}
		w.exec(t, `INSERT INTO axisor.payment_reconcile VALUES (?, ?, ?, now())`, w.node.Name(), w.node.Address(), w.clock().Unix()+1e6)
		lookup := map[string]string{"lnd": "/v1/invoice/", "lnbits": "/payments/"}[w.node.Name()]
		w.sim.Fail(lightningsim.Fault{Path: lookup, Status: 500, Body: `{"message":"database is locked"}`})
		items, sum := w.reconcile(t, true)
		require.Equal(t, 6, sum.Unknown)
		require.Zero(t, sum.Applied)
		for _, id := range all {
			require.Equal(t, payments.Unknown, items[id].Class)
			require.Equal(t, models.PaymentPending, w.status(t, id))
		}
		requests, _ := w.sim.Counts()
		require.Equal(t, 4, requests, "one list, and three lookups until it gave up")

		w.sim.Heal()
		w.sim.Fail(lightningsim.Fault{Status: 503})
		r := &payments.Reconciler{DB: w.db, Backend: w.node, Service: w.svc, Now: w.clock}
		_, err := r.Run(t.Context(), func(payments.Item) error { return nil })
		require.ErrorIs(t, err, lightning.ErrUnavailable)
	})
}

// One payment that cannot be applied does not stop the others, and stays visible.
func TestReconcile_DowngradeStays(t *testing.T) {
	t.Parallel()
	w := setup(t, "lnd")
	cheap, v := w.pay(t, 1000, "basic")
	require.NoError(t, w.sim.Settle(hash(v), w.clock(), 0))
	w.exec(t, `UPDATE "User" SET plan_type = 'pro'`)
	items, sum := w.reconcile(t, true)
	require.False(t, items[cheap.ID].Applied)
	require.Contains(t, items[cheap.ID].Detail, "higher plan pro")
	require.Equal(t, 1, sum.Open)
	require.Equal(t, models.PaymentPending, w.status(t, cheap.ID))
}

func TestExpire_AsksFirst(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		dead, _ := w.pay(t, 1000, "basic")
		paid, v := w.pay(t, 2000, "basic")
		require.NoError(t, w.sim.Settle(hash(v), w.clock(), 0))
		foreign, _ := w.pay(t, 3000, "basic")
		w.exec(t, `UPDATE "Payment" SET payment_hash = ? WHERE id = ?`, strings.Repeat("cd", 32), foreign.ID)
		w.pass(2 * time.Hour)
		young, _ := w.pay(t, 4000, "basic")
		e := payments.Expirer{DB: w.db, Service: w.svc, Backend: w.node, Before: w.clock()}

		w.sim.Fail(lightningsim.Fault{Status: 500})
		nobody := func([]store.Payment) {}
		done, err := e.Run(t.Context(), nobody)
		require.NoError(t, err)
		require.Equal(t, 3, done.Unknown)
		require.Zero(t, done.Count)
		w.sim.Heal()

		done, err = e.Run(t.Context(), nobody)
		require.NoError(t, err)
		require.Equal(t, 2, done.Count)
		require.Equal(t, []string{paid.ID}, done.Paid)
		require.Equal(t, models.PaymentExpired, w.status(t, dead.ID))
		require.Equal(t, models.PaymentExpired, w.status(t, foreign.ID))
		require.Equal(t, models.PaymentPending, w.status(t, paid.ID))
		require.Equal(t, models.PaymentPending, w.status(t, young.ID))
		items, _ := w.reconcile(t, true)
		require.True(t, items[paid.ID].Applied)
		if w.node.Name() != "lnd" { // LNbits cannot say that
			return
		}
		held, v := w.pay(t, 5000, "basic")
		require.NoError(t, w.sim.Set(hash(v), lightningsim.Accepted))
		w.pass(2 * time.Hour)
		e.Before = w.clock()
		done, err = e.Run(t.Context(), nobody)
		require.NoError(t, err)
		require.Empty(t, done.Paid, "held is not paid")
		require.Equal(t, 1, done.Held)
		require.Equal(t, models.PaymentPending, w.status(t, held.ID))
	})
}

// For one user only that user's payments are looked up; the others, and the mark, stay as they are.
func TestReconcile_OfOneUser(t *testing.T) {
	t.Parallel()
	w := setup(t, "lnd")
	_, err := w.svc.CreateUser(t.Context(), admin.Mode{}, admin.CreateUserInput{Email: "eve@example.com", Username: "eve"})
	require.NoError(t, err)
	of, v := w.pay(t, 1000, "basic")
	others, v2 := w.pay(t, 2000, "basic")
	w.exec(t, `UPDATE "Payment" SET user_id = (SELECT id FROM "User" WHERE username = 'eve') WHERE id = ?`, others.ID)
	require.NoError(t, w.sim.Settle(hash(v), w.clock(), 0))
	require.NoError(t, w.sim.Settle(hash(v2), w.clock(), 0))
	r := &payments.Reconciler{DB: w.db, Backend: w.node, Since: w.clock().Add(-time.Hour), Now: w.clock, Service: w.svc, UserID: w.user.ID}
	var seen []string
	sum, err := r.Run(t.Context(), func(i payments.Item) error {
		seen = append(seen, i.Payment.ID)
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, []string{of.ID}, seen)
	require.Equal(t, 1, sum.Applied)
	require.Equal(t, models.PaymentPaid, w.status(t, of.ID))
	require.Equal(t, models.PaymentPending, w.status(t, others.ID))
	items, _ := w.reconcile(t, true)
	require.Contains(t, items, others.ID, "the mark did not pass it")
}
