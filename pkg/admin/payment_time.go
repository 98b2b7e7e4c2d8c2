package admin

import (
	"fmt"
	"time"

	"github.com/axisor/axisor/pkg/bolt11"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// InvoiceSlack is how far a row's times may be from its invoice's: the web application computes them anew, a moment
// later.
const InvoiceSlack = 2 * time.Second

// PaidBeforeInvoice reports whether a time of payment is before the invoice that was paid.
func PaidBeforeInvoice(v *bolt11.Invoice, paidAt time.Time) bool {
	return paidAt.Before(v.Timestamp.Add(-InvoiceSlack))
}

// expiryOf is when the invoice of a payment runs out: what the row says, unless it contradicts the invoice. v is nil
// when the invoice cannot be read; the answer is nil when nobody knows.
func expiryOf(p store.Payment, v *bolt11.Invoice) *time.Time {
	at := p.ExpiresAt
	if at == nil && p.ExpirySeconds != nil {
		at = new(p.CreatedAt.Add(time.Duration(*p.ExpirySeconds) * time.Second))
	}
	if v != nil && (at == nil || at.Sub(v.ExpiresAt()).Abs() > InvoiceSlack) {
		at = new(v.ExpiresAt())
	}
	return at
}

// timeOf is when a payment was made, and whether that was late: after its invoice ran out, or for a payment that was
// given up. A late one is accepted on purpose only, with a reason.
func (t *txn) timeOf(p store.Payment, in SettleInput) (paidAt time.Time, late bool, err error) {
	v, unreadable := bolt11.Decode(bolt11.Normal(p.LightningInvoice))
	if unreadable != nil {
		v = nil
	}
	paidAt = in.PaidAt.UTC().Truncate(time.Microsecond)
	switch {
	case in.PaidAt.IsZero():
		paidAt = t.now
	case v != nil && PaidBeforeInvoice(v, paidAt):
		return paidAt, false, &ConflictError{
			Kind: "payment", Code: "paid_before_invoice", Field: "paid_at", Existing: p.ID,
			Message: fmt.Sprintf("payment %s cannot have been paid at %s: its invoice was made at %s", p.ID, paidAt.Format(time.RFC3339), v.Timestamp.UTC().Format(time.RFC3339)),
			Hint:    "axisor payment decode " + p.LightningInvoice,
		}
	}
	expiry := expiryOf(p, v)
	late = p.Status != models.PaymentPending || expiry != nil && paidAt.After(*expiry)
	onPurpose := (in.Late || in.Source == models.SourceForced) && t.mode.Reason != ""
	if !late || onPurpose {
		return paidAt, late, nil
	}
	e := &ConflictError{Kind: "payment", Code: "payment_late", Field: "expires_at", Existing: p.ID, Hint: `add --late --reason "…"`}
	if p.Status == models.PaymentFailed {
		e.Code, e.Field = "payment_failed", "status"
		e.Message = fmt.Sprintf("payment %s was given up; money that came for it is accepted on purpose only", p.ID)
		return paidAt, late, e
	}
	ended := ""
	if expiry != nil {
		ended = " at " + expiry.UTC().Format(time.RFC3339)
	}
	e.Message = fmt.Sprintf("payment %s expired%s; money that came later is accepted on purpose only", p.ID, ended)
	return paidAt, late, e
}
