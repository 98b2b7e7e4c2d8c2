package payments

import (
	"context"
	"errors"
	"fmt"

	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/lightning"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// Ignore remembers that the money of an invoice is no payment of ours, for the reason of the mode. The node must know the
// invoice, be paid, and no payment may have it. It returns whether that is new. A comparison that follows takes it for done,
// in a dry run too.
func (r *Reconciler) Ignore(ctx context.Context, svc *admin.Service, text string) (bool, error) {
	hash := store.NormalHash(text)
	if !store.IsHash(hash) {
		return false, &admin.InputError{Field: "payment_hash", Value: text, Rule: "it must be the 32 bytes of a payment hash, in hex or base64"}
	}
	v, err := r.Backend.Lookup(ctx, hash)
	if errors.Is(err, lightning.ErrNotFound) {
		return false, &store.NotFoundError{Kind: "invoice", Ref: hash}
	}
	if err != nil {
		return false, err
	}
	if v.State != lightning.Settled {
		return false, &admin.ConflictError{
			Kind: "invoice", Code: "invoice_not_paid", Field: "payment_hash", Existing: hash,
			Message: fmt.Sprintf("invoice %s is not paid: %s says %s", hash, r.Backend.Name(), v.State),
		}
	}
	row := models.PaymentForeign{PaymentHash: hash, Backend: r.Backend.Name(), Address: r.Backend.Address(), ReceivedMsat: v.ReceivedMsat}
	if !v.SettledAt.IsZero() {
		row.SettledAt = new(v.SettledAt.UTC())
	}
	added, err := svc.IgnorePayment(ctx, r.Mode, row)
	if err == nil {
		r.ignored = hash
	}
	return added, err
}

// foreign reports what was called foreign at this node, when that is wanted.
func (r *Reconciler) foreign(ctx context.Context) error {
	if !r.Foreign {
		return nil
	}
	rows, err := r.DB.ForeignPayments(ctx, r.Backend.Name(), r.Backend.Address())
	if err != nil {
		return err
	}
	for _, row := range rows {
		v := lightning.Invoice{PaymentHash: row.PaymentHash, State: lightning.Settled, ReceivedMsat: row.ReceivedMsat, SettledAt: models.Deref(row.SettledAt)}
		detail := row.Reason
		if row.Actor != nil {
			detail += " (" + *row.Actor + ", " + row.CreatedAt.UTC().Format("2006-01-02") + ")"
		}
		if err := r.report(Item{Class: Foreign, Invoice: &v, Detail: detail}); err != nil {
			return err
		}
	}
	return nil
}
