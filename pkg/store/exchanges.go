package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/axisor/axisor/pkg/models"
)

// ExchangeFilter narrows a list of exchanges.
type ExchangeFilter struct {
	Active  *bool
	Search  string
	Created TimeRange
}

func exchanges() listing[models.Exchange] {
	type e = models.Exchange
	return listing[e]{
		table: "Exchange", order: "name", id: func(r *e) string { return r.ID },
		sorts: map[string]sortKey[e]{
			"name":       byText("name", func(r *e) string { return r.Name }),
			"slug":       byText("slug", func(r *e) string { return r.Slug }),
			"created_at": byTime("created_at", func(r *e) time.Time { return r.CreatedAt }),
			"updated_at": byTime("updated_at", func(r *e) time.Time { return r.UpdatedAt }),
		},
	}
}

// ListExchanges lists exchanges by name unless asked otherwise.
func (d *DB) ListExchanges(ctx context.Context, f ExchangeFilter, p Page) List[models.Exchange] {
	return exchanges().run(ctx, d, p, func(q *gorm.DB) *gorm.DB {
		q = f.Created.on(q, "created_at")
		if f.Active != nil {
			q = q.Where("is_active = ?", *f.Active)
		}
		if f.Search != "" {
			q = q.Where("(name ILIKE ? OR slug ILIKE ?)", like(f.Search), like(f.Search))
		}
		return q
	})
}

// IsLNMarkets is a condition on "Exchange": LN Markets is one exchange, however its slug is spelled.
const IsLNMarkets = `replace(lower(slug), '-', '') = 'lnmarkets'`

// FindExchange finds an exchange by id, slug or name. LN Markets is one exchange, whether it is stored
// or asked for as lnmarkets or, as some writers of the same database do, ln-markets.
func (d *DB) FindExchange(ctx context.Context, ref string) (models.Exchange, error) {
	slug := strings.ToLower(strings.TrimSpace(ref))
	var row models.Exchange
	q := d.Gorm(ctx).Where("id = ? OR slug IN (?, ?) OR lower(name) = ?", ref, ref, slug, slug)
	if strings.ReplaceAll(slug, "-", "") == guardExchanges[0] {
		q = q.Or(IsLNMarkets)
	}
	err := q.
		Order(gorm.Expr("(id = ?) DESC, (slug = ?) DESC, slug", ref, slug)).Limit(1).Take(&row).Error
	if !errors.Is(err, ErrNotFound) {
		if err != nil {
			err = fmt.Errorf("find exchange: %w", err)
		}
		return row, err
	}
	var slugs []string
	if err := d.Gorm(ctx).Model(&models.Exchange{}).Order("slug").Limit(100).Pluck("slug", &slugs).Error; err != nil {
		return row, fmt.Errorf("find exchange: %w", err)
	}
	return row, &NotFoundError{Kind: "exchange", Ref: ref, Near: nearest(slug, slugs)}
}

// CredentialTypes lists the fields that an exchange's credentials consist of, in order.
func (d *DB) CredentialTypes(ctx context.Context, exchangeID string) ([]models.ExchangeCredentialType, error) {
	var rows []models.ExchangeCredentialType
	err := d.Gorm(ctx).Where("exchange_id = ?", exchangeID).Order(`"order"`).Order("field_name").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list credential types: %w", err)
	}
	return rows, nil
}
