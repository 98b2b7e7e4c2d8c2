package payments_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/lightningsim"
	"github.com/axisor/axisor/internal/payments"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// many makes invoices at the node, a second apart, and rows for four in five of them in states that the node
// contradicts, each by an amount of its own. It returns the class of each hash.
func (w *world) many(t *testing.T, n int) map[string]payments.Class {
	t.Helper()
	want := map[string]payments.Class{}
	var rows []models.Payment
	for i := range n {
		sats := int64(1000 + i)
		v, err := w.sim.Add(sats*1000, fmt.Sprint("invoice ", i), time.Hour)
		require.NoError(t, err)
		h := hash(v)
		row := models.Payment{
			UserID: w.user.ID, AmountSats: int32(sats), LightningInvoice: v.Request, Status: models.PaymentPending, PlanType: models.PlanBasic,
			PaymentHash: &h, ExpiresAt: new(v.CreatedAt.Add(time.Hour)), CreatedAt: v.CreatedAt, UpdatedAt: v.CreatedAt,
		}
		received := sats * 1000
		switch i % 5 {
		case 0:
			want[h], received = payments.AmountShort, received-1
		case 1:
			want[h], received = payments.AmountOver, received+1
		case 2:
			want[h], row.Status = payments.FailedButPaid, models.PaymentFailed
		case 3:
			want[h], row.Status, row.PaidAt = payments.PaidNotAtNode, models.PaymentPaid, &v.CreatedAt
			received = 0
		case 4:
			want[h] = payments.NodeOnly
		}
		if received > 0 {
			require.NoError(t, w.sim.Settle(h, w.clock(), received))
		}
		if want[h] != payments.NodeOnly {
			rows = append(rows, row)
		}
		w.pass(time.Second)
	}
	require.NoError(t, w.db.Gorm(t.Context()).CreateInBatches(rows, 500).Error)
	return want
}

// What is told of an invoice is what the node said of that invoice, however many pages the list has.
func TestReconcile_ThousandInvoicesInPages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		want := w.many(t, 1000)
		w.pass(time.Minute)
		r := &payments.Reconciler{DB: w.db, Backend: w.node, Since: w.clock().Add(-24 * time.Hour), Now: w.clock}
		var items []payments.Item
		sum, err := r.Run(t.Context(), func(i payments.Item) error {
			items = append(items, i)
			return nil
		})
		require.NoError(t, err)
		require.Len(t, items, len(want))
		require.Equal(t, len(want), sum.Open)
		for _, i := range items { // after the run, as the command prints them
			said, ok := w.sim.Get(i.Invoice.PaymentHash)
			require.True(t, ok)
			require.Equal(t, want[i.Invoice.PaymentHash], i.Class, said.Memo)
			require.Equal(t, said.Memo, i.Invoice.Memo)
			require.Equal(t, said.State == lightningsim.Settled, i.Invoice.State == "settled", said.Memo)
			if i.Invoice.ReceivedMsat != nil {
				require.Equal(t, said.PaidMsat, *i.Invoice.ReceivedMsat, said.Memo)
			}
			if i.Payment != nil {
				require.Equal(t, i.Invoice.PaymentHash, *i.Payment.PaymentHash, said.Memo)
			}
		}
	})
}

// Applying hides nothing: what is not resolved is told again, although much younger invoices were dealt with, and
// although its payment is older than --since.
func TestReconcile_OpenDifferencesAreToldUntilResolved(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		alone, err := w.sim.Add(7_000_000, "nobody recorded it", time.Hour)
		require.NoError(t, err)
		require.NoError(t, w.sim.Settle(hash(alone), w.clock(), 0))
		w.pass(time.Second)
		failed, v := w.pay(t, 8000, "basic")
		w.exec(t, `UPDATE "Payment" SET status = 'failed' WHERE id = ?`, failed.ID)
		require.NoError(t, w.sim.Settle(hash(v), w.clock(), 0))
		for range 3 {
			w.pass(60 * 24 * time.Hour)
			young, v := w.pay(t, 1000, "basic")
			require.NoError(t, w.sim.Settle(hash(v), w.clock(), 0))
			items, sum := w.reconcile(t, true)
			require.Equal(t, payments.NodeOnly, items[hash(alone)].Class)
			require.Equal(t, payments.FailedButPaid, items[failed.ID].Class)
			require.True(t, items[young.ID].Applied)
			require.Equal(t, 2, sum.Open)
		}
		_, err = w.svc.CreatePayment(t.Context(), admin.Mode{}, admin.CreatePaymentInput{
			User: "ana", Plan: "basic", Invoice: alone.Request, AllowExpired: true,
		})
		require.NoError(t, err)
		items, sum := w.reconcile(t, true)
		require.Equal(t, 1, sum.Applied, "it has a payment now")
		require.Len(t, items, 2)
		_, sum = w.reconcile(t, true)
		require.Equal(t, 1, sum.Open, "the failed one")
	})
}

// A mark of an earlier version may have passed money; a rescan finds it.
func TestReconcile_RescanBeginsAtTheFirstInvoice(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		alone, err := w.sim.Add(7_000_000, "nobody recorded it", time.Hour)
		require.NoError(t, err)
		require.NoError(t, w.sim.Settle(hash(alone), w.clock(), 0))
		w.exec(t, `INSERT INTO axisor.payment_reconcile VALUES (?, ?, ?, now())`, w.node.Name(), w.node.Address(), w.clock().Unix()+1e6)
		items, _ := w.reconcile(t, false)
		require.Empty(t, items)
		r := &payments.Reconciler{DB: w.db, Backend: w.node, Now: w.clock, Rescan: true}
		sum, err := r.Run(t.Context(), func(i payments.Item) error {
			require.Equal(t, hash(alone), i.Invoice.PaymentHash)
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, 1, sum.Counts[payments.NodeOnly])
	})
}

// LNbits counts in seconds: a second invoice of the same second is not behind the mark.
func TestReconcile_SameSecondAsTheMark(t *testing.T) {
	t.Parallel()
	w := setup(t, "lnbits")
	for i := range 2 {
		v, err := w.sim.Add(int64(1+i)*1000, "same second", time.Hour)
		require.NoError(t, err)
		if i == 0 {
			w.exec(t, `INSERT INTO axisor.payment_reconcile VALUES ('lnbits', ?, ?, now())`, w.node.Address(), w.clock().Unix())
			continue
		}
		require.NoError(t, w.sim.Settle(hash(v), w.clock(), 0))
		items, _ := w.reconcile(t, true)
		require.Contains(t, items, hash(v))
	}
}

// Several payments of one paid invoice: once the money is counted for one, the others can be given up.
func TestReconcile_SharedHashIsResolved(t *testing.T) {
	t.Parallel()
	w := setup(t, "lnd")
	one, v := w.pay(t, 1000, "basic")
	other := one.Payment
	other.ID = ""
	require.NoError(t, w.db.CreatePayment(t.Context(), &other))
	require.NoError(t, w.sim.Settle(hash(v), w.clock(), 0))
	items, _ := w.reconcile(t, true)
	require.Equal(t, payments.SharedHash, items[one.ID].Class)
	_, err := w.svc.SettlePayment(t.Context(), admin.Mode{Reason: "hers"}, one.ID, admin.SettleInput{Source: models.SourceForced})
	require.NoError(t, err)
	_, err = w.svc.FailPayment(t.Context(), admin.Mode{}, other.ID)
	require.NoError(t, err)
	items, sum := w.reconcile(t, true)
	require.Empty(t, items)
	require.Zero(t, sum.Open)
}

// Money for something else is told until an operator says so, and then only to who asks for it.
func TestReconcile_ForeignMoneyIsToldNoMore(t *testing.T) {
	t.Parallel()
	w := setup(t, "lnd")
	mine, err := w.sim.Add(7_000_000, "the office's", time.Hour)
	require.NoError(t, err)
	open, err := w.sim.Add(8_000_000, "open", time.Hour)
	require.NoError(t, err)
	other, v := w.pay(t, 1000, "basic")
	run := func(foreign bool, r *payments.Reconciler) map[string]payments.Item {
		items := map[string]payments.Item{}
		r.Since, r.Now, r.DB, r.Backend, r.Foreign = w.clock().Add(-time.Hour), w.clock, w.db, w.node, foreign
		_, err := r.Run(t.Context(), func(i payments.Item) error {
			if i.Invoice != nil {
				items[i.Invoice.PaymentHash] = i
			}
			return nil
		})
		require.NoError(t, err)
		return items
	}
	ignore := func(mode admin.Mode, what string) (*payments.Reconciler, bool, error) {
		r := &payments.Reconciler{DB: w.db, Backend: w.node, Mode: mode}
		added, err := r.Ignore(t.Context(), w.svc, what)
		return r, added, err
	}
	said := admin.Mode{Reason: "rent"}
	_, _, err = ignore(said, hash(mine))
	require.ErrorAs(t, err, new(*admin.ConflictError), "it is not paid")
	require.NoError(t, w.sim.Settle(hash(mine), w.clock(), 0))
	require.NoError(t, w.sim.Settle(hash(v), w.clock(), 0))
	for what, want := range map[string]any{"12": new(*admin.InputError), strings.Repeat("z", 64): new(*admin.InputError), strings.Repeat("ab", 32): new(*store.NotFoundError), hash(open): new(*admin.ConflictError)} {
		_, _, err = ignore(said, what)
		require.ErrorAs(t, err, want, what)
	}
	_, _, err = ignore(admin.Mode{}, hash(mine))
	require.ErrorContains(t, err, "reason")
	_, _, err = ignore(said, hash(v))
	require.ErrorContains(t, err, other.ID, "somebody's payment")

	r, added, err := ignore(admin.Mode{Reason: "rent", DryRun: true}, strings.ToUpper(hash(mine)))
	require.NoError(t, err)
	require.True(t, added)
	require.NotContains(t, run(false, r), hash(mine))
	require.Equal(t, payments.NodeOnly, run(false, &payments.Reconciler{})[hash(mine)].Class, "it was a dry run")

	for i := range 2 {
		_, added, err = ignore(said, hash(mine))
		require.NoError(t, err)
		require.Equal(t, i == 0, added)
	}
	require.Equal(t, 1, w.count(t, `SELECT count(*) FROM "AuditLog" WHERE action = 'payment.ignore' AND resource_id = ? AND details->>'reason' = 'rent'`, hash(mine)))
	require.NotContains(t, run(false, &payments.Reconciler{Rescan: true}), hash(mine))
	got := run(true, &payments.Reconciler{})[hash(mine)]
	require.Equal(t, payments.Foreign, got.Class)
	require.Contains(t, got.Detail, "rent (olga")
	require.EqualValues(t, 7_000_000, *got.Invoice.ReceivedMsat)
	_, sum := w.reconcile(t, true)
	require.Zero(t, sum.Open)

	c, err := w.svc.CreatePayment(t.Context(), admin.Mode{}, admin.CreatePaymentInput{User: "ana", Plan: "basic", Invoice: mine.Request, AllowExpired: true})
	require.NoError(t, err)
	w.exec(t, `DELETE FROM axisor.payment_reconcile`)
	items, _ := w.reconcile(t, true)
	require.True(t, items[c.After.ID].Applied, "a payment for it counts as any other")
}
