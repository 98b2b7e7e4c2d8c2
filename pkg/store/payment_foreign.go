package store

import (
	"context"
	"fmt"

	"gorm.io/gorm/clause"

	"github.com/axisor/axisor/pkg/models"
)

// CreateForeign records that the money of an invoice is no payment of ours, and returns whether that is new.
func (d *DB) CreateForeign(ctx context.Context, row *models.PaymentForeign) (bool, error) {
	got := d.Gorm(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(row)
	if got.Error != nil {
		return false, fmt.Errorf("record foreign payment: %w", got.Error)
	}
	return got.RowsAffected > 0, nil
}

// ForeignHashes are those of some payment hashes, in hex, that were called foreign.
func (d *DB) ForeignHashes(ctx context.Context, hashes []string) (map[string]bool, error) {
	var found []string
	err := d.Gorm(ctx).Model(&models.PaymentForeign{}).Where("payment_hash IN ?", hashes).Pluck("payment_hash", &found).Error
	if err != nil {
		return nil, fmt.Errorf("find foreign payments: %w", err)
	}
	all := make(map[string]bool, len(found))
	for _, hash := range found {
		all[hash] = true
	}
	return all, nil
}

// ForeignPayments reads what was called foreign at a node, the earliest first.
func (d *DB) ForeignPayments(ctx context.Context, backend, address string) ([]models.PaymentForeign, error) {
	rows, err := several[models.PaymentForeign](ctx, d,
		d.Gorm(ctx).Where("backend = ? AND address = ?", backend, address).Order("created_at, payment_hash"))
	if err != nil {
		return nil, fmt.Errorf("read foreign payments: %w", err)
	}
	return rows, nil
}
