package admin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/bolt11"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// FailPayment gives a pending payment up. A failed one is unchanged.
func (s *Service) FailPayment(ctx context.Context, mode Mode, id string) (Change[store.Payment], error) {
	change := Change[store.Payment]{Status: words.Updated, DryRun: mode.DryRun}
	err := s.write(ctx, mode, func(t *txn) error {
		p, err := t.db.PaymentByID(ctx, id, true)
		if err != nil {
			return err
		}
		change.Before = &p
		if p.Status == models.PaymentFailed {
			change.Status, change.After = words.Unchanged, &p
			return nil
		}
		changed, err := t.db.MarkFailed(ctx, id, t.now)
		if err != nil {
			return err
		}
		if !changed {
			return wrongState(p, "failed")
		}
		change.After, err = t.changedPayment(ctx, "payment.fail", p)
		return err
	})
	if err != nil {
		return Change[store.Payment]{}, err
	}
	return change, nil
}

// ExpirePayment makes one pending payment expired, whatever its expiry says:
// for what a node has cancelled.
func (s *Service) ExpirePayment(ctx context.Context, mode Mode, id string) (Change[store.Payment], error) {
	change := Change[store.Payment]{Status: words.Updated, DryRun: mode.DryRun}
	err := s.write(ctx, mode, func(t *txn) error {
		p, err := t.db.PaymentByID(ctx, id, true)
		if err != nil {
			return err
		}
		change.Before = &p
		changed, err := t.db.MarkExpired(ctx, id, t.now)
		if err != nil {
			return err
		}
		if !changed {
			return wrongState(p, "expired")
		}
		change.After, err = t.changedPayment(ctx, "payment.expire", p)
		return err
	})
	if err != nil {
		return Change[store.Payment]{}, err
	}
	return change, nil
}

// ExpirePayments makes every pending payment expired whose invoice ran out
// before a time, in batches with a transaction each. only, when not nil, limits
// it to these. Each batch is handed to done.
func (s *Service) ExpirePayments(ctx context.Context, mode Mode, before time.Time, only []string, done func([]store.Payment)) error {
	var last *store.Payment // a dry run undoes each batch, so the next one begins behind it
	for {
		var batch []store.Payment
		err := s.write(ctx, mode, func(t *txn) (err error) {
			batch, err = t.expireBatch(ctx, before, only, last)
			return err
		})
		if err != nil {
			return err
		}
		done(batch)
		if len(batch) < store.OverdueBatch {
			return nil
		}
		last = &batch[len(batch)-1]
	}
}

// expireBatch changes one batch with a handful of statements: after a long
// standstill there are very many.
func (t *txn) expireBatch(ctx context.Context, before time.Time, only []string, last *store.Payment) ([]store.Payment, error) {
	rows, err := t.db.LockOverdue(ctx, before, only, last)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	ids := make([]string, len(rows))
	audits := make([]models.AuditLog, len(rows))
	for i := range rows {
		old := PaymentValues(rows[i])
		rows[i].Status, rows[i].UpdatedAt = models.PaymentExpired, t.now
		ids[i] = rows[i].ID
		audits[i], err = t.auditRow("payment.expire", "payment", rows[i].ID, &rows[i].UserID, old, PaymentValues(rows[i]))
		if err != nil {
			return nil, err
		}
	}
	changed, err := t.db.MarkExpiredAll(ctx, ids, t.now)
	if err != nil {
		return nil, err
	}
	if len(changed) != len(ids) { // they are locked, so nobody can have changed them
		return nil, fmt.Errorf("expire payments: %d of %d were changed", len(changed), len(ids))
	}
	return rows, t.db.CreateAudits(ctx, audits)
}

// changedPayment reads the payment as it now is and leaves the audit row.
func (t *txn) changedPayment(ctx context.Context, action string, before store.Payment) (*store.Payment, error) {
	after, err := t.db.PaymentByID(ctx, before.ID, false)
	if err != nil {
		return nil, err
	}
	return &after, t.audit(ctx, action, "payment", after.ID, &after.UserID, PaymentValues(before), PaymentValues(after))
}

// RefundInput describes money that was sent back, outside of this program.
type RefundInput struct {
	AmountSats int64  // 0 is the whole amount
	Invoice    string // the user's invoice that was paid, if there is one
	Preimage   string // hex; what the payment of that invoice returned
	// Plan is the user's plan from now on; "" leaves it.
	Plan string
}

// Refund is a refunded payment and what it means for its user.
type Refund struct {
	store.Payment
	Over []OverLimit // what the user has more of than the new plan allows
}

// RefundPayment records that the money of a payment was sent back; of an expired or failed one, money that came in too
// late for it. Nothing is sent.
func (s *Service) RefundPayment(ctx context.Context, mode Mode, id string, in RefundInput) (Change[Refund], error) {
	none := Change[Refund]{}
	if strings.TrimSpace(mode.Reason) == "" {
		return none, &InputError{Field: "reason", Rule: "a refund needs a reason", Hint: `add --reason "…"`}
	}
	row := models.PaymentRefund{PaymentID: id, Reason: mode.Reason, Actor: text(s.opts.Actor)}
	invoice, err := in.read(&row)
	if err != nil {
		return none, err
	}
	plan := models.PlanType("")
	if in.Plan != "" {
		if plan, err = models.ParsePlanType(in.Plan); err != nil {
			return none, checkPlan(models.PlanType(in.Plan))
		}
	}
	change := Change[Refund]{Status: words.Updated, DryRun: mode.DryRun}
	err = s.write(ctx, mode, func(t *txn) error {
		p, err := t.db.PaymentByID(ctx, id, true)
		if err != nil {
			return err
		}
		change.Before = &Refund{Payment: p}
		change.After, err = t.refund(ctx, p, row, in, invoice, plan)
		return err
	})
	if err != nil {
		return none, err
	}
	return change, nil
}

func (t *txn) refund(ctx context.Context, p store.Payment, row models.PaymentRefund, in RefundInput, invoice *bolt11.Invoice, plan models.PlanType) (*Refund, error) {
	switch p.Status.Canonical() {
	case models.PaymentPaid, models.PaymentExpired, models.PaymentFailed:
	case models.PaymentPending:
		e := wrongState(p, "refunded")
		e.Hint = "axisor payment fail " + p.ID + ", so that nobody settles it meanwhile, and refund it then"
		return nil, e
	default:
		return nil, wrongState(p, "refunded")
	}
	amount := in.AmountSats
	if amount == 0 {
		amount = int64(p.AmountSats)
	}
	if amount < 1 || amount > int64(p.AmountSats) {
		return nil, &InputError{Field: "amount_sats", Rule: fmt.Sprintf("a refund of this payment is between 1 and %d sats", p.AmountSats)}
	}
	if invoice != nil {
		if err := t.checkRefundInvoice(ctx, invoice, amount); err != nil {
			return nil, err
		}
	}
	row.AmountSats, row.CreatedAt = int32(amount), t.now
	changed, err := t.db.MarkRefunded(ctx, p.ID, t.now)
	if err != nil {
		return nil, err
	}
	if !changed {
		return nil, wrongState(p, "refunded")
	}
	if err := t.db.CreateRefund(ctx, &row); err != nil {
		return nil, err
	}
	after, err := t.db.PaymentByID(ctx, p.ID, false)
	if err != nil {
		return nil, err
	}
	before, values := PaymentValues(p), PaymentValues(after)
	var exceeded []OverLimit
	values["refund"] = map[string]any{"id": row.ID, "amount_sats": row.AmountSats, "payment_hash": row.PaymentHash}
	if plan != "" {
		u, err := t.db.UserByID(ctx, p.UserID, true)
		if err != nil {
			return nil, err
		}
		before["user_plan"], values["user_plan"] = u.PlanType, plan
		if exceeded, err = t.planOfPayment(ctx, u, plan, p.ID, "payment.refund", "payment_refunded"); err != nil {
			return nil, err
		}
	}
	return &Refund{after, exceeded}, t.audit(ctx, "payment.refund", "payment", p.ID, &p.UserID, before, values)
}

// checkRefundInvoice keeps one invoice from counting as two refunds, and an
// invoice of the wrong amount from counting at all.
func (t *txn) checkRefundInvoice(ctx context.Context, v *bolt11.Invoice, amount int64) error {
	bad := func(rule string) error { return &InputError{Field: "invoice", Rule: rule} }
	if sats, whole := v.Sats(); v.AmountMsat != nil && (!whole || sats != amount) {
		return bad(fmt.Sprintf("it is for %d msat, and the refund is %d sats", *v.AmountMsat, amount))
	}
	if used, err := t.db.RefundByHash(ctx, v.Hash()); err != nil {
		return err
	} else if used != nil {
		return &ConflictError{
			Kind: "refund", Field: "payment_hash", Value: v.Hash(), Existing: used.PaymentID,
			Message: "this invoice was already the refund of payment " + used.PaymentID,
		}
	}
	if own, err := t.db.PaymentsByHash(ctx, v.Hash()); err != nil {
		return err
	} else if len(own) > 0 {
		return bad("it is the invoice of payment " + own[0].ID + ", not one of the user's")
	}
	return nil
}

// read checks the proof of a refund and puts it into its row.
func (in RefundInput) read(row *models.PaymentRefund) (*bolt11.Invoice, error) {
	if in.Invoice == "" {
		if in.Preimage != "" {
			return nil, &InputError{Field: "preimage", Rule: "it proves the payment of an invoice, and there is none", Hint: "add --invoice"}
		}
		return nil, nil
	}
	v, err := bolt11.Decode(bolt11.Normal(in.Invoice))
	if err != nil {
		return nil, err
	}
	row.LightningInvoice, row.PaymentHash = new(strings.ToLower(bolt11.Normal(in.Invoice))), new(v.Hash())
	if in.Preimage == "" {
		return v, nil
	}
	raw, err := hex.DecodeString(in.Preimage)
	if err != nil || len(raw) != 32 {
		return nil, &InputError{Field: "preimage", Rule: "it must be 64 hex digits"}
	}
	if sha256.Sum256(raw) != v.PaymentHash {
		return nil, &InputError{Field: "preimage", Rule: "it does not belong to the invoice: its SHA-256 is not the payment hash"}
	}
	row.Preimage = text(strings.ToLower(in.Preimage))
	return v, nil
}
