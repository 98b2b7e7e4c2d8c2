package payments_test

import (
	"encoding/hex"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/lightningsim"
	"github.com/axisor/axisor/internal/payments"
	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/lightning"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

// world is a database with the user ana, and a simulated node.
type world struct {
	db   *store.DB
	svc  *admin.Service
	sim  *lightningsim.Server
	node lightning.Backend
	user models.User

	mu  sync.Mutex // the node reads the clock too
	now time.Time
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func setup(t *testing.T, backend string) *world {
	t.Helper()
	w := &world{db: testdb.New(t), now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	w.svc = admin.New(w.db, admin.Options{Actor: "olga", Host: "ops1", Version: "1", Now: w.clock})
	w.sim = lightningsim.NewServer(t, w.clock)
	o := lightning.Options{URL: w.sim.URL, Timeout: 5 * time.Second}
	var err error
	if backend == "lnd" {
		o.Key = secret.New(lightningsim.Macaroon)
		w.node, err = lightning.NewLND(o)
	} else {
		o.Key = secret.New(lightningsim.LNbitsKey)
		w.node, err = lightning.NewLNbits(o)
	}
	require.NoError(t, err)
	c, err := w.svc.CreateUser(t.Context(), admin.Mode{}, admin.CreateUserInput{Email: "ana@example.com", Username: "ana"})
	require.NoError(t, err)
	w.user = *c.After
	return w
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	for _, name := range []string{"lnd", "lnbits"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, setup(t, name))
		})
	}
}

// pay makes an invoice at the node and a payment for it.
func (w *world) pay(t *testing.T, sats int64, plan string) (store.Payment, lightningsim.Invoice) {
	t.Helper()
	v, err := w.sim.Add(sats*1000, "test", time.Hour)
	require.NoError(t, err)
	c, err := w.svc.CreatePayment(t.Context(), admin.Mode{}, admin.CreatePaymentInput{User: "ana", Plan: plan, Invoice: v.Request})
	require.NoError(t, err)
	return *c.After, v
}

func (w *world) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	require.NoError(t, w.db.Gorm(t.Context()).Exec(sql, args...).Error)
}

func (w *world) count(t *testing.T, sql string, args ...any) int {
	t.Helper()
	var n int
	require.NoError(t, w.db.Gorm(t.Context()).Raw(sql, args...).Scan(&n).Error)
	return n
}

func (w *world) status(t *testing.T, id string) models.PaymentStatus {
	t.Helper()
	p, err := w.db.PaymentByID(t.Context(), id, false)
	require.NoError(t, err)
	return p.Status
}

// reconcile runs a comparison and returns the class of each payment, or of each hash for node_only.
func (w *world) reconcile(t *testing.T, apply bool) (map[string]payments.Item, payments.Summary) {
	t.Helper()
	r := &payments.Reconciler{DB: w.db, Backend: w.node, Since: w.clock().Add(-30 * 24 * time.Hour), Now: w.clock}
	if apply {
		r.Service = w.svc
	}
	items := map[string]payments.Item{}
	sum, err := r.Run(t.Context(), func(i payments.Item) error {
		var key string
		if i.Payment != nil {
			key = i.Payment.ID
		} else {
			key = i.Invoice.PaymentHash
		}
		require.NotContains(t, items, key, "reported twice")
		items[key] = i
		return nil
	})
	require.NoError(t, err)
	return items, sum
}

func hexOf(b [32]byte) string { return hex.EncodeToString(b[:]) }

// otherInvoice is an invoice of another node, on another network when asked.
func otherInvoice(t *testing.T, now func() time.Time, regtest bool) string {
	t.Helper()
	o := lightningsim.Options{Now: now}
	if regtest {
		o.Prefix = "lnbcrt"
	}
	s, err := lightningsim.New(o)
	require.NoError(t, err)
	v, err := s.Add(1_000_000, "test", time.Hour)
	require.NoError(t, err)
	return v.Request
}
