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

// Account is an exchange account without its credentials: their values are not
// read, only the names of the fields are.
type Account struct {
	models.UserExchangeAccounts
	UserEmail    string       `gorm:"column:user_email;->"`
	ExchangeSlug string       `gorm:"column:exchange_slug;->"`
	Fields       models.Texts `gorm:"column:fields;->"`
}

// accountColumns leaves the ciphertext in the database. A column that holds one
// encrypted text instead of an object has no field names to show.
const accountColumns = `id, user_id, exchange_id, account_name, is_active, is_verified, last_test, created_at, updated_at,
	` + ownerColumns + sealedFields

// ownerColumns are the words that people know a user and an exchange by.
const ownerColumns = `(SELECT u.email FROM "User" u WHERE u.id = user_id) AS user_email,
	(SELECT e.slug FROM "Exchange" e WHERE e.id = exchange_id) AS exchange_slug`

// sealedFields are the names of the fields, and what a role without the right to the ciphertext goes without.
const sealedFields = `,
	ARRAY(SELECT k FROM jsonb_object_keys(CASE jsonb_typeof(credentials) WHEN 'object' THEN credentials ELSE '{}' END) k
	      ORDER BY k) AS fields`

// AccountFilter narrows a list of accounts or credentials.
type AccountFilter struct {
	UserID     string
	ExchangeID string
	Active     *bool
	Created    TimeRange
}

func (f AccountFilter) on(q *gorm.DB) *gorm.DB {
	q = f.Created.on(q, "created_at")
	if f.UserID != "" {
		q = q.Where("user_id = ?", f.UserID)
	}
	if f.ExchangeID != "" {
		q = q.Where("exchange_id = ?", f.ExchangeID)
	}
	if f.Active != nil {
		q = q.Where("is_active = ?", *f.Active)
	}
	return q
}

func accounts() listing[Account] {
	type a = Account
	return listing[a]{
		table: "UserExchangeAccounts", order: "-created_at", id: func(r *a) string { return r.ID },
		sorts: map[string]sortKey[a]{
			"created_at":   byTime("created_at", func(r *a) time.Time { return r.CreatedAt }),
			"updated_at":   byTime("updated_at", func(r *a) time.Time { return r.UpdatedAt }),
			"account_name": byText("account_name", func(r *a) string { return r.AccountName }),
			"user_id":      byText("user_id", func(r *a) string { return r.UserID }),
			"last_test":    byTimeNull("last_test", func(r *a) *time.Time { return r.LastTest }),
		},
	}
}

// ListAccounts lists exchange accounts, newest first unless asked otherwise.
func (d *DB) ListAccounts(ctx context.Context, f AccountFilter, p Page) List[Account] {
	return accounts().run(ctx, d, p, func(q *gorm.DB) *gorm.DB { return f.on(q.Select(accountColumns)) })
}

// AccountByID reads one account.
func (d *DB) AccountByID(ctx context.Context, id string) (Account, error) {
	return byBeginning(ctx, d, AccountIDs, id, func(id string) (Account, error) { return d.accountByID(ctx, id) })
}

func (d *DB) accountByID(ctx context.Context, id string) (Account, error) {
	row, err := take[Account](ctx, d, d.Gorm(ctx).Model(&Account{}).Select(accountColumns).Where("id = ?", id))
	if errors.Is(err, ErrNotFound) {
		return row, &NotFoundError{Kind: "account", Ref: id}
	}
	if err != nil {
		return row, fmt.Errorf("read account: %w", err)
	}
	return row, nil
}

// FindAccount finds an account by its id, or as USER/NAME, where USER is an id,
// e-mail or username and NAME may be in any case.
func (d *DB) FindAccount(ctx context.Context, ref string) (Account, error) {
	row, err := d.AccountByID(ctx, ref)
	user, name, named := strings.Cut(ref, "/")
	if !errors.Is(err, ErrNotFound) || !named {
		return row, err
	}
	u, err := d.FindUser(ctx, user)
	if err != nil {
		return row, err
	}
	all, err := d.AccountsOf(ctx, u.ID)
	if err != nil {
		return row, err
	}
	var found []Account
	names := make([]string, 0, len(all))
	for _, a := range all {
		names = append(names, a.AccountName)
		if strings.EqualFold(a.AccountName, name) {
			found = append(found, a)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		e := &NotFoundError{Kind: "account", Ref: ref}
		for _, near := range nearest(name, names) {
			e.Near = append(e.Near, user+"/"+near)
		}
		return row, e
	}
	e := &AmbiguousError{Kind: "account", Ref: ref}
	for _, a := range found {
		e.Candidates = append(e.Candidates, a.ID+" ("+a.ExchangeSlug+")")
	}
	return row, e
}

// AccountsOf reads all accounts of a user, the oldest first. A user has few.
func (d *DB) AccountsOf(ctx context.Context, userID string) ([]Account, error) {
	var rows []Account
	err := d.Gorm(ctx).Model(&Account{}).Select(accountColumns).Where("user_id = ?", userID).
		Order("created_at, id").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	return rows, nil
}

// CreateAccount inserts an account and fills in what the database made.
func (d *DB) CreateAccount(ctx context.Context, row *models.UserExchangeAccounts) error {
	if err := d.Gorm(ctx).Create(row).Error; err != nil {
		return fmt.Errorf("create account: %w", err)
	}
	return nil
}

// DeactivateAccounts switches off every active account of a user, on all
// exchanges, except one, and returns the ids of those it changed.
func (d *DB) DeactivateAccounts(ctx context.Context, userID, exceptID string, at time.Time) ([]string, error) {
	var ids []string
	err := d.Gorm(ctx).Raw(`
		UPDATE "UserExchangeAccounts" SET is_active = false, updated_at = ?
		WHERE user_id = ? AND is_active AND id <> ? RETURNING id`, at.UTC(), userID, exceptID).Scan(&ids).Error
	if err != nil {
		return nil, fmt.Errorf("deactivate accounts: %w", err)
	}
	return ids, nil
}

// UpdateAccount writes what an operator may change of an account.
func (d *DB) UpdateAccount(ctx context.Context, id, name string, active bool, at time.Time) error {
	done := d.Gorm(ctx).Model(&models.UserExchangeAccounts{}).Where("id = ?", id).Updates(map[string]any{
		"account_name": name, "is_active": active, "updated_at": at.UTC(),
	})
	return touched(done, "account", id)
}

// DeleteAccount removes an account.
func (d *DB) DeleteAccount(ctx context.Context, id string) error {
	return touched(d.Gorm(ctx).Where("id = ?", id).Delete(&models.UserExchangeAccounts{}), "account", id)
}

// AutomationsOn counts the automations that refer to an account, active or not.
func (d *DB) AutomationsOn(ctx context.Context, accountID string) (int64, error) {
	var n int64
	err := d.Gorm(ctx).Model(&models.Automation{}).Where("user_exchange_account_id = ?", accountID).Count(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count automations: %w", err)
	}
	return n, nil
}

// ActiveCount is how many active accounts a user has.
type ActiveCount struct {
	UserID   string
	Email    string
	Accounts int
	Active   int
}

// WrongActiveCounts reads the users with accounts of which not exactly one is
// active, by e-mail.
func (d *DB) WrongActiveCounts(ctx context.Context) ([]ActiveCount, error) {
	var rows []ActiveCount
	err := d.Gorm(ctx).Raw(`
		SELECT u.id AS user_id, u.email, count(*) AS accounts, count(*) FILTER (WHERE a.is_active) AS active
		FROM "UserExchangeAccounts" a JOIN "User" u ON u.id = a.user_id
		GROUP BY u.id, u.email HAVING count(*) FILTER (WHERE a.is_active) <> 1 ORDER BY u.email, u.id`).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("count active accounts: %w", err)
	}
	return rows, nil
}

// touched turns a change of no row into not found.
func touched(done *gorm.DB, kind, ref string) error {
	if done.Error != nil {
		return fmt.Errorf("change %s: %w", kind, done.Error)
	}
	if done.RowsAffected == 0 {
		return &NotFoundError{Kind: kind, Ref: ref}
	}
	return nil
}
