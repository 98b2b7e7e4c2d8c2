package payments_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/payments"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/bolt11"
	"github.com/axisor/axisor/pkg/store"
)

func TestExamine(t *testing.T) {
	t.Parallel()
	w := setup(t, "lnd")
	rules := admin.InvoiceRules{Network: bolt11.Mainnet, NodeID: w.sim.NodeID()}
	good, invoice := w.pay(t, 1000, "basic")
	require.Empty(t, payments.Examine(good, rules))
	_, other := w.pay(t, 1000, "basic")
	for kind, spoil := range map[string]func(*store.Payment){
		"status_unknown":      func(p *store.Payment) { p.Status = "SUCCESS" },
		"paid_at_missing":     func(p *store.Payment) { p.Status = "completed" },
		"hash_missing":        func(p *store.Payment) { p.PaymentHash = nil },
		"hash_not_normal":     func(p *store.Payment) { p.PaymentHash = new(strings.ToUpper(*p.PaymentHash)) },
		"hash_mismatch":       func(p *store.Payment) { p.PaymentHash = new(hash(other)) },
		"amount_mismatch":     func(p *store.Payment) { p.AmountSats = 999 },
		"expiry_missing":      func(p *store.Payment) { p.ExpiresAt = nil },
		"expiry_mismatch":     func(p *store.Payment) { p.ExpiresAt = new(p.ExpiresAt.Add(3 * time.Second)) },
		"invoice_invalid":     func(p *store.Payment) { p.LightningInvoice = "lnbc1" },
		"wrong_network":       func(p *store.Payment) { p.LightningInvoice = otherInvoice(t, w.clock, true) },
		"wrong_payee":         func(p *store.Payment) { p.LightningInvoice = otherInvoice(t, w.clock, false) },
		"preimage_mismatch":   func(p *store.Payment) { p.Preimage = new(strings.Repeat("ab", 32)) },
		"paid_before_invoice": func(p *store.Payment) { p.PaidAt = new(w.clock().Add(-time.Hour)) },
	} {
		p := good
		spoil(&p)
		var kinds []string
		for _, f := range payments.Examine(p, rules) {
			kinds = append(kinds, f.Kind)
		}
		require.Contains(t, kinds, kind)
	}
	forgiven := good
	forgiven.ExpiresAt = new(good.ExpiresAt.Add(2 * time.Second))
	forgiven.Preimage = new(hexOf(invoice.Preimage))
	require.Empty(t, payments.Examine(forgiven, rules), "the web application computes the expiry a moment later")
}
