package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/axisor/axisor/pkg/models"
)

// OpenIntent reads the intent of a user that is still open; nil when there is none.
func (d *DB) OpenIntent(ctx context.Context, userID string) (*models.PaymentIntent, error) {
	var row models.PaymentIntent
	err := d.Gorm(ctx).Where("user_id = ? AND state = 'planned'", userID).Take(&row).Error
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read payment intent: %w", err)
	}
	return &row, nil
}

// PendingPayment reads the newest payment of a user for a plan and amount that can
// still be paid; nil when there is none.
func (d *DB) PendingPayment(ctx context.Context, userID string, plan models.PlanType, amount int32, now time.Time) (*Payment, error) {
	var row Payment
	err := d.payment(ctx).Where(`"Payment".user_id = ? AND "Payment".status = 'pending' AND "Payment".plan_type = ?
		AND "Payment".amount_sats = ? AND "Payment".expires_at > ?`, userID, plan, amount, now.UTC()).
		Order(`"Payment".created_at DESC`).Limit(1).Take(&row).Error
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find pending payment: %w", err)
	}
	return &row, nil
}

// CreateIntent inserts an intent. A second open one of the same user is an ErrConflict.
func (d *DB) CreateIntent(ctx context.Context, row *models.PaymentIntent) error {
	if err := d.Gorm(ctx).Create(row).Error; err != nil {
		return fmt.Errorf("record payment intent: %w", err)
	}
	return nil
}

// CloseIntent ends an open intent. One that is closed already is an ErrConflict:
// somebody else has dealt with it.
func (d *DB) CloseIntent(ctx context.Context, id string, state models.IntentState, paymentID, reason *string, now time.Time) error {
	changed, err := d.step(ctx, `UPDATE axisor.payment_intent SET state = ?, payment_id = ?, error = ?, updated_at = ?
		WHERE id = ? AND state = 'planned'`, state, paymentID, reason, now.UTC(), id)
	if err == nil && !changed {
		err = fmt.Errorf("close payment intent %s: it is not open: %w", id, ErrConflict)
	}
	return err
}

// ReconcileMark reads how far the invoices of a node were compared; 0 when never.
func (d *DB) ReconcileMark(ctx context.Context, backend, address string) (int64, error) {
	var mark int64
	err := d.Gorm(ctx).Raw(`SELECT mark FROM axisor.payment_reconcile WHERE backend = ? AND address = ?`, backend, address).Scan(&mark).Error
	if err != nil {
		return 0, fmt.Errorf("read reconcile mark: %w", err)
	}
	return mark, nil
}

// SetReconcileMark moves the mark of a node forward. It never moves back.
func (d *DB) SetReconcileMark(ctx context.Context, backend, address string, mark int64, now time.Time) error {
	_, err := d.step(ctx, `INSERT INTO axisor.payment_reconcile AS r (backend, address, mark, updated_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (backend, address) DO UPDATE SET mark = greatest(r.mark, EXCLUDED.mark), updated_at = EXCLUDED.updated_at`,
		backend, address, mark, now.UTC())
	return err
}
