package store

import (
	"context"
	"fmt"

	"github.com/axisor/axisor/pkg/models"
)

// CredentialTypesByExchange returns the fields of every exchange's credentials, in order, by exchange id: one
// query for a whole list of exchanges.
func (d *DB) CredentialTypesByExchange(ctx context.Context) (map[string][]models.ExchangeCredentialType, error) {
	var rows []models.ExchangeCredentialType
	err := d.Gorm(ctx).Order("exchange_id").Order(`"order"`).Order("field_name").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list credential types: %w", err)
	}
	by := map[string][]models.ExchangeCredentialType{}
	for _, r := range rows {
		by[r.ExchangeID] = append(by[r.ExchangeID], r)
	}
	return by, nil
}
