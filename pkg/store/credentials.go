package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/axisor/axisor/pkg/models"
)

// Credential is a row of the older credential store, one per user and exchange,
// without its values: only the names of the fields are read.
type Credential struct {
	models.UserExchangeCredentials
	UserEmail    string       `gorm:"column:user_email;->"`
	ExchangeSlug string       `gorm:"column:exchange_slug;->"`
	Fields       models.Texts `gorm:"column:fields;->"`
}

const credentialColumns = `id, user_id, exchange_id, is_active, is_verified, last_test, created_at, updated_at,
	` + ownerColumns + sealedFields

func credentials() listing[Credential] {
	type c = Credential
	return listing[c]{
		table: "UserExchangeCredentials", order: "-created_at", id: func(r *c) string { return r.ID },
		sorts: map[string]sortKey[c]{
			"created_at": byTime("created_at", func(r *c) time.Time { return r.CreatedAt }),
			"updated_at": byTime("updated_at", func(r *c) time.Time { return r.UpdatedAt }),
			"user_id":    byText("user_id", func(r *c) string { return r.UserID }),
			"last_test":  byTimeNull("last_test", func(r *c) *time.Time { return r.LastTest }),
		},
	}
}

// ListCredentials lists stored credentials, newest first unless asked otherwise.
func (d *DB) ListCredentials(ctx context.Context, f AccountFilter, p Page) List[Credential] {
	return credentials().run(ctx, d, p, func(q *gorm.DB) *gorm.DB { return f.on(q.Select(credentialColumns)) })
}

// CredentialByID reads one row.
func (d *DB) CredentialByID(ctx context.Context, id string) (Credential, error) {
	return byBeginning(ctx, d, CredentialIDs, id, func(id string) (Credential, error) { return d.credentialByID(ctx, id) })
}

func (d *DB) credentialByID(ctx context.Context, id string) (Credential, error) {
	row, err := take[Credential](ctx, d, d.Gorm(ctx).Model(&Credential{}).Select(credentialColumns).Where("id = ?", id))
	if errors.Is(err, ErrNotFound) {
		return row, &NotFoundError{Kind: "credential", Ref: id}
	}
	if err != nil {
		return row, fmt.Errorf("read credential: %w", err)
	}
	return row, nil
}

// FindCredential finds the credentials that a command names: by their id, or by
// a user and an exchange. Without an exchange the user must have only one.
func (d *DB) FindCredential(ctx context.Context, ref, exchange string) (Credential, error) {
	row, err := d.CredentialByID(ctx, ref)
	if !errors.Is(err, ErrNotFound) {
		return row, err
	}
	u, err := d.FindUser(ctx, ref)
	if err != nil {
		return row, err
	}
	f := AccountFilter{UserID: u.ID}
	if exchange != "" {
		e, err := d.FindExchange(ctx, exchange)
		if err != nil {
			return row, err
		}
		f.ExchangeID = e.ID
	}
	found, err := d.ListCredentials(ctx, f, Page{Limit: 10}).Collect()
	switch {
	case err != nil:
		return row, err
	case len(found) == 0:
		return row, &NotFoundError{Kind: "credential", Ref: ref}
	case len(found) == 1:
		return found[0], nil
	}
	e := &AmbiguousError{Kind: "credential", Ref: ref}
	for _, c := range found {
		e.Candidates = append(e.Candidates, c.ID+" ("+c.ExchangeSlug+")")
	}
	return row, e
}

// CredentialOf reads a user's credentials of one exchange; nil when there are none.
func (d *DB) CredentialOf(ctx context.Context, userID, exchangeID string) (*Credential, error) {
	var rows []Credential
	err := d.Gorm(ctx).Model(&Credential{}).Select(credentialColumns).
		Where("user_id = ? AND exchange_id = ?", userID, exchangeID).Limit(1).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read credential: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return &rows[0], nil
}

// CreateCredential inserts a row.
func (d *DB) CreateCredential(ctx context.Context, row *models.UserExchangeCredentials) error {
	if err := d.Gorm(ctx).Create(row).Error; err != nil {
		return fmt.Errorf("create credential: %w", err)
	}
	return nil
}

// SetCredentialValues replaces the values, which makes them untested.
func (d *DB) SetCredentialValues(ctx context.Context, id string, values models.JSON, at time.Time) error {
	done := d.Gorm(ctx).Model(&models.UserExchangeCredentials{}).Where("id = ?", id).Updates(map[string]any{
		"credentials": values, "is_verified": false, "last_test": nil, "updated_at": at.UTC(),
	})
	return touched(done, "credential", id)
}

// SetCredentialActive switches credentials on or off.
func (d *DB) SetCredentialActive(ctx context.Context, id string, active bool, at time.Time) error {
	done := d.Gorm(ctx).Model(&models.UserExchangeCredentials{}).Where("id = ?", id).Updates(map[string]any{
		"is_active": active, "updated_at": at.UTC(),
	})
	return touched(done, "credential", id)
}

// DeleteCredential removes a row.
func (d *DB) DeleteCredential(ctx context.Context, id string) error {
	return touched(d.Gorm(ctx).Where("id = ?", id).Delete(&models.UserExchangeCredentials{}), "credential", id)
}
