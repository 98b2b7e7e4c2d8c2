package admin

import (
	"context"

	"github.com/axisor/axisor/pkg/models"
)

// IgnorePayment records that money which a node received is no payment of ours, for the reason of the mode, which it
// needs. It returns whether that is new. An invoice that a payment has is a ConflictError.
func (s *Service) IgnorePayment(ctx context.Context, mode Mode, row models.PaymentForeign) (added bool, err error) {
	if mode.Reason == "" {
		return false, &InputError{Field: "reason", Rule: "money that is ignored needs a reason", Hint: `add --reason "…"`}
	}
	err = s.write(ctx, mode, func(t *txn) error {
		paid, err := t.db.PaymentsByHash(ctx, row.PaymentHash)
		if err != nil {
			return err
		}
		if len(paid) > 0 {
			return &ConflictError{
				Kind: "payment", Code: "payment_exists", Field: "payment_hash", Existing: paid[0].ID,
				Message: "payment " + paid[0].ID + " has the invoice " + row.PaymentHash, Hint: "axisor payment show " + paid[0].ID,
			}
		}
		row.Reason, row.Actor, row.CreatedAt = mode.Reason, text(s.opts.Actor), t.now
		if added, err = t.db.CreateForeign(ctx, &row); err != nil || !added {
			return err
		}
		return t.audit(ctx, "payment.ignore", "lightning_invoice", row.PaymentHash, nil, nil, map[string]any{
			"backend": row.Backend, "address": row.Address, "received_msat": row.ReceivedMsat, "settled_at": row.SettledAt,
		})
	})
	return added, err
}
