package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm/clause"

	"github.com/axisor/axisor/pkg/models"
)

// The life of a payment: pending → paid, expired or failed; paid → refunded;
// expired or failed → paid, or refunded at once, when the money came late. Every step is one conditional UPDATE,
// so that of two writers one finds nothing to change. The web application knows
// nothing of our locks; it too can only lose to these conditions.

// MarkPaid makes a pending, expired or failed payment paid. changed is false when it is
// in no such state. A nil preimage leaves the column alone.
func (d *DB) MarkPaid(ctx context.Context, id string, paidAt time.Time, preimage *string, now time.Time) (changed bool, err error) {
	return d.step(ctx, `UPDATE "Payment" SET status = 'paid', paid_at = ?, preimage = COALESCE(?, preimage), updated_at = ?
		WHERE id = ? AND status IN ('pending', 'expired', 'failed')`, paidAt.UTC(), preimage, now.UTC(), id)
}

// MarkFailed makes a pending payment failed.
func (d *DB) MarkFailed(ctx context.Context, id string, now time.Time) (changed bool, err error) {
	return d.step(ctx, `UPDATE "Payment" SET status = 'failed', updated_at = ? WHERE id = ? AND status = 'pending'`, now.UTC(), id)
}

// MarkExpired makes a pending payment expired.
func (d *DB) MarkExpired(ctx context.Context, id string, now time.Time) (changed bool, err error) {
	return d.step(ctx, `UPDATE "Payment" SET status = 'expired', updated_at = ? WHERE id = ? AND status = 'pending'`, now.UTC(), id)
}

// MarkRefunded makes a paid, expired or failed payment refunded.
func (d *DB) MarkRefunded(ctx context.Context, id string, now time.Time) (changed bool, err error) {
	return d.step(ctx, `UPDATE "Payment" SET status = 'refunded', updated_at = ?
		WHERE id = ? AND status IN ('paid', 'completed', 'expired', 'failed')`, now.UTC(), id)
}

func (d *DB) step(ctx context.Context, sql string, args ...any) (bool, error) {
	r := d.Gorm(ctx).Exec(sql, args...)
	if r.Error != nil {
		return false, fmt.Errorf("change payment: %w", r.Error)
	}
	return r.RowsAffected > 0, nil
}

// MarkExpiredAll makes those of these payments expired that are pending, and
// returns their ids.
func (d *DB) MarkExpiredAll(ctx context.Context, ids []string, now time.Time) ([]string, error) {
	var changed []string
	err := d.Gorm(ctx).Raw(`UPDATE "Payment" SET status = 'expired', updated_at = ? WHERE id IN ? AND status = 'pending' RETURNING id`,
		now.UTC(), ids).Scan(&changed).Error
	if err != nil {
		return nil, fmt.Errorf("change payments: %w", err)
	}
	return changed, nil
}

// OverdueBatch is how many overdue payments are locked at once.
const OverdueBatch = 500

// LockOverdue locks a batch of pending payments whose invoice ran out before a
// time, the oldest first, and returns them. The batch begins behind the payment
// after, or at the oldest when that is nil. only, when not nil, limits it to these
// ids. Rows that another transaction holds are left to it.
func (d *DB) LockOverdue(ctx context.Context, before time.Time, only []string, after *Payment) ([]Payment, error) {
	where, args := `"Payment".status = 'pending' AND `+paymentExpiry+` < ?`, []any{before.UTC()}
	if only != nil {
		where, args = where+` AND "Payment".id IN ?`, append(args, only)
	}
	if after != nil {
		where, args = where+` AND ("Payment".created_at, "Payment".id) > (?, ?)`, append(args, after.CreatedAt.UTC(), after.ID)
	}
	var rows []Payment
	err := d.payment(ctx).Where(where, args...).Order(`"Payment".created_at, "Payment".id`).Limit(OverdueBatch).
		Clauses(clause.Locking{Strength: "UPDATE", Options: "SKIP LOCKED", Table: clause.Table{Name: "Payment"}}).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("find overdue payments: %w", err)
	}
	return rows, nil
}

// PaidTwin returns the id of another payment of the same user for the same plan
// and amount that was paid within a time of this one: a purchase paid twice.
func (d *DB) PaidTwin(ctx context.Context, p models.Payment, paidAt time.Time, within time.Duration) (string, error) {
	var id string
	err := d.Gorm(ctx).Raw(`SELECT id FROM "Payment"
		WHERE user_id = ? AND id <> ? AND plan_type = ? AND amount_sats = ? AND status IN ('paid', 'completed')
		  AND paid_at BETWEEN ? AND ? ORDER BY paid_at, id LIMIT 1`,
		p.UserID, p.ID, p.PlanType, p.AmountSats, paidAt.Add(-within).UTC(), paidAt.Add(within).UTC()).Scan(&id).Error
	if err != nil {
		return "", fmt.Errorf("find payments of the same purchase: %w", err)
	}
	return id, nil
}

// CreateSettlement records the evidence for a payment.
func (d *DB) CreateSettlement(ctx context.Context, row *models.PaymentSettlement) error {
	if err := d.Gorm(ctx).Create(row).Error; err != nil {
		return fmt.Errorf("record settlement: %w", err)
	}
	return nil
}

// SettlementOf reads the evidence for a payment; nil when there is none.
func (d *DB) SettlementOf(ctx context.Context, paymentID string) (*models.PaymentSettlement, error) {
	var row models.PaymentSettlement
	err := d.Gorm(ctx).Where("payment_id = ?", paymentID).Take(&row).Error
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read settlement: %w", err)
	}
	return &row, nil
}

// CreateRefund records a refund.
func (d *DB) CreateRefund(ctx context.Context, row *models.PaymentRefund) error {
	if err := d.Gorm(ctx).Create(row).Error; err != nil {
		return fmt.Errorf("record refund: %w", err)
	}
	return nil
}

// RefundOf reads the refund of a payment; nil when there is none.
func (d *DB) RefundOf(ctx context.Context, paymentID string) (*models.PaymentRefund, error) {
	var row models.PaymentRefund
	err := d.Gorm(ctx).Where("payment_id = ?", paymentID).Take(&row).Error
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read refund: %w", err)
	}
	return &row, nil
}

// RefundByHash reads the refund that paid an invoice with this hash; nil when there is none.
func (d *DB) RefundByHash(ctx context.Context, hash string) (*models.PaymentRefund, error) {
	var row models.PaymentRefund
	err := d.Gorm(ctx).Where("payment_hash = ?", hash).Take(&row).Error
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read refund: %w", err)
	}
	return &row, nil
}
