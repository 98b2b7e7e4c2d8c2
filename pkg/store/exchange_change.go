package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/axisor/axisor/pkg/models"
)

// ExchangeByID reads one exchange and locks it until the transaction ends.
func (d *DB) ExchangeByID(ctx context.Context, id string) (models.Exchange, error) {
	var row models.Exchange
	err := d.Gorm(ctx).Clauses(locking()).Where("id = ?", id).Take(&row).Error
	if errors.Is(err, ErrNotFound) {
		return row, &NotFoundError{Kind: "exchange", Ref: id}
	}
	if err != nil {
		return row, fmt.Errorf("read exchange: %w", err)
	}
	return row, nil
}

// CreateExchange inserts an exchange and fills in what the database made.
func (d *DB) CreateExchange(ctx context.Context, row *models.Exchange) error {
	if err := d.Gorm(ctx).Create(row).Error; err != nil {
		return fmt.Errorf("create exchange: %w", err)
	}
	return nil
}

// UpdateExchange writes what an operator may change of an exchange.
func (d *DB) UpdateExchange(ctx context.Context, row models.Exchange) error {
	done := d.Gorm(ctx).Model(&models.Exchange{}).Where("id = ?", row.ID).Updates(map[string]any{
		"name": row.Name, "slug": row.Slug, "description": row.Description, "website": row.Website, "logo_url": row.LogoURL,
		"is_active": row.IsActive, "api_version": row.APIVersion, "updated_at": row.UpdatedAt,
	})
	return touched(done, "exchange", row.ID)
}

// DeleteExchange removes an exchange and, by cascade, its credential types.
func (d *DB) DeleteExchange(ctx context.Context, id string) error {
	return touched(d.Gorm(ctx).Where("id = ?", id).Delete(&models.Exchange{}), "exchange", id)
}

// ExchangeUse is what refers to an exchange.
type ExchangeUse struct {
	Accounts        int64
	Credentials     int64
	CredentialTypes int64
}

// UseOfExchange counts what would go with an exchange.
func (d *DB) UseOfExchange(ctx context.Context, id string) (ExchangeUse, error) {
	var u ExchangeUse
	err := d.Gorm(ctx).Raw(`SELECT
		(SELECT count(*) FROM "UserExchangeAccounts" WHERE exchange_id = @id) AS accounts,
		(SELECT count(*) FROM "UserExchangeCredentials" WHERE exchange_id = @id) AS credentials,
		(SELECT count(*) FROM "ExchangeCredentialType" WHERE exchange_id = @id) AS credential_types`,
		map[string]any{"id": id}).Scan(&u).Error
	if err != nil {
		return u, fmt.Errorf("count use of exchange: %w", err)
	}
	return u, nil
}

// CreateCredentialType inserts a field of an exchange's credentials.
func (d *DB) CreateCredentialType(ctx context.Context, row *models.ExchangeCredentialType) error {
	if err := d.Gorm(ctx).Create(row).Error; err != nil {
		return fmt.Errorf("create credential type: %w", err)
	}
	return nil
}

// DeleteCredentialType removes one.
func (d *DB) DeleteCredentialType(ctx context.Context, id string) error {
	return touched(d.Gorm(ctx).Where("id = ?", id).Delete(&models.ExchangeCredentialType{}), "credential_type", id)
}
