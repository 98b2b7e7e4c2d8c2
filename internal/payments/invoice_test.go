package payments_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/lightningsim"
	"github.com/axisor/axisor/internal/payments"
	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/bolt11"
	"github.com/axisor/axisor/pkg/lightning"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

func (w *world) maker() *payments.Maker {
	return &payments.Maker{
		DB: w.db, Service: w.svc, Backend: w.node, Rules: admin.InvoiceRules{Network: bolt11.Mainnet, NodeID: w.sim.NodeID()},
		Timeout: 5 * time.Second, Now: w.clock,
	}
}

func wanted() admin.InvoiceInput {
	return admin.InvoiceInput{User: "ana", Plan: "pro", Expiry: time.Hour}
}

func (w *world) states(t *testing.T) map[string]int {
	t.Helper()
	var rows []struct {
		State string
		N     int
	}
	require.NoError(t, w.db.Gorm(t.Context()).Raw(`SELECT state, count(*) AS n FROM axisor.payment_intent GROUP BY 1`).Scan(&rows).Error)
	out := map[string]int{}
	for _, r := range rows {
		out[r.State] = r.N
	}
	return out
}

func TestInvoice(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		m := w.maker()
		m.Mode.DryRun = true
		c, _, err := m.Make(t.Context(), wanted())
		require.NoError(t, err)
		require.EqualValues(t, 500000, c.After.AmountSats, "the plan's price")
		require.Empty(t, c.After.LightningInvoice)
		_, creates := w.sim.Counts()
		require.Zero(t, creates, "a dry run asks for nothing")
		require.Empty(t, w.states(t))

		m.Mode.DryRun = false
		c, recovered, err := m.Make(t.Context(), wanted())
		require.NoError(t, err)
		require.False(t, recovered)
		v, err := bolt11.Decode(c.After.LightningInvoice)
		require.NoError(t, err)
		require.Equal(t, *c.After.PaymentHash, v.Hash())
		require.Equal(t, w.clock().Add(time.Hour), c.After.ExpiresAt.UTC())
		require.Regexp(t, `^Axisor plan pro \[ref [0-9a-f]{12}\]$`, *c.After.Description)
		require.Equal(t, map[string]int{"recorded": 1}, w.states(t))

		in := wanted()
		in.IfNotExists = true
		again, _, err := m.Make(t.Context(), in)
		require.NoError(t, err)
		require.Equal(t, words.AlreadyExists, again.Status)
		require.Equal(t, c.After.ID, again.After.ID)
		require.NoError(t, w.sim.Settle(*c.After.PaymentHash, w.clock().Add(time.Minute), 0))
		items, _ := w.reconcile(t, true)
		require.True(t, items[c.After.ID].Applied)
	})
}

// The answer is lost after the node made the invoice. The next run finds it and makes no second one.
func TestInvoice_LostAnswer(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		w.sim.Fail(lightningsim.Fault{Cut: true, Times: 1})
		_, _, err := w.maker().Make(t.Context(), wanted())
		require.ErrorIs(t, err, payments.ErrInvoiceUnknown)
		require.Equal(t, map[string]int{"planned": 1}, w.states(t))
		require.Zero(t, w.count(t, `SELECT count(*) FROM "Payment"`))

		c, recovered, err := w.maker().Make(t.Context(), wanted())
		require.NoError(t, err)
		require.True(t, recovered)
		require.Equal(t, models.PaymentPending, c.After.Status)
		_, creates := w.sim.Counts()
		require.Equal(t, 1, creates)
		require.Equal(t, map[string]int{"recorded": 1}, w.states(t))
	})
}

// The node never got the request. While it may be on its way the user waits; then a new invoice is made.
func TestInvoice_LostRequest(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		w.sim.Fail(lightningsim.Fault{Status: 502, Times: 1})
		_, _, err := w.maker().Make(t.Context(), wanted())
		require.ErrorIs(t, err, payments.ErrInvoiceUnknown)
		_, _, err = w.maker().Make(t.Context(), wanted())
		require.ErrorIs(t, err, payments.ErrInvoiceBusy)
		w.pass(time.Minute)
		_, recovered, err := w.maker().Make(t.Context(), wanted())
		require.NoError(t, err)
		require.False(t, recovered)
		require.Equal(t, map[string]int{"abandoned": 1, "recorded": 1}, w.states(t))
	})
}

// The program dies between the node and the database, and comes back when the invoice has expired.
func TestInvoice_FoundTooLate(t *testing.T) {
	t.Parallel()
	w := setup(t, "lnd")
	w.sim.Fail(lightningsim.Fault{Cut: true, Times: 1})
	_, _, err := w.maker().Make(t.Context(), wanted())
	require.ErrorIs(t, err, payments.ErrInvoiceUnknown)
	w.pass(2 * time.Hour)
	_, recovered, err := w.maker().Make(t.Context(), wanted())
	require.NoError(t, err)
	require.False(t, recovered)
	require.Equal(t, map[string]int{"abandoned": 1, "recorded": 1}, w.states(t))
}

// While the node cannot be searched, nothing new is asked for.
func TestInvoice_SearchFails(t *testing.T) {
	t.Parallel()
	w := setup(t, "lnd")
	w.sim.Fail(lightningsim.Fault{Cut: true, Times: 1})
	w.sim.Fail(lightningsim.Fault{Status: 500})
	for range 3 {
		_, _, err := w.maker().Make(t.Context(), wanted())
		require.ErrorIs(t, err, payments.ErrInvoiceUnknown)
		w.pass(time.Hour)
	}
	_, creates := w.sim.Counts()
	require.Equal(t, 1, creates)
}

func TestInvoice_Refused(t *testing.T) {
	t.Parallel()
	w := setup(t, "lnd")
	w.sim.Fail(lightningsim.Fault{Status: 400, Body: `{"message":"memo too large"}`, Times: 1})
	_, _, err := w.maker().Make(t.Context(), wanted())
	require.ErrorIs(t, err, lightning.ErrRefused)
	require.ErrorContains(t, err, "memo too large")
	m := w.maker()
	m.Rules.Network = bolt11.Regtest
	_, _, err = m.Make(t.Context(), wanted())
	require.ErrorIs(t, err, store.ErrInvalid, "an invoice of another network is never handed out")
	require.Equal(t, map[string]int{"refused": 2}, w.states(t))
	require.Zero(t, w.count(t, `SELECT count(*) FROM "Payment"`))

	w.exec(t, `UPDATE "User" SET plan_type = 'lifetime'`)
	_, _, err = w.maker().Make(t.Context(), wanted())
	require.ErrorIs(t, err, store.ErrConflict, "a cheaper plan")
	w.exec(t, `UPDATE "User" SET plan_type = 'free', is_active = false`)
	_, _, err = w.maker().Make(t.Context(), wanted())
	require.ErrorIs(t, err, store.ErrConflict, "an inactive user")
}

// Many at once with --if-not-exists: one invoice. Those who came while it was being made are told so.
func TestInvoice_ManyAtOnce(t *testing.T) {
	t.Parallel()
	w := setup(t, "lnd")
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			in := wanted()
			in.IfNotExists = true
			_, _, err := w.maker().Make(context.Background(), in)
			if err != nil && !errors.Is(err, payments.ErrInvoiceBusy) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	_, creates := w.sim.Counts()
	require.Equal(t, 1, creates)
	require.Equal(t, 1, w.count(t, `SELECT count(*) FROM "Payment"`))
	require.Equal(t, map[string]int{"recorded": 1}, w.states(t))
}
