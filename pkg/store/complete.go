package store

import (
	"context"
	"strings"

	"github.com/axisor/axisor/pkg/models"
)

// completions is how many words a shell is offered.
const completions = 30

// CompleteUsers lists e-mails and usernames that start with a prefix, for shell completion.
func (d *DB) CompleteUsers(ctx context.Context, prefix string) ([]string, error) {
	prefix = strings.ToLower(prefix)
	var words []string
	for _, column := range []string{"email", "username"} {
		var found []string
		q := d.Gorm(ctx).Model(&models.User{}).Where("left(lower("+column+"), ?) = ?", len([]rune(prefix)), prefix)
		if err := q.Order(column).Limit(completions).Pluck(column, &found).Error; err != nil {
			return nil, err
		}
		words = append(words, found...)
	}
	return words, nil
}

// CompletePlans lists the slugs of all plans.
func (d *DB) CompletePlans(ctx context.Context) ([]string, error) {
	var slugs []string
	return slugs, d.Gorm(ctx).Model(&models.Plan{}).Order("sort_order").Limit(completions).Pluck("slug", &slugs).Error
}

// CompleteExchanges lists the slugs of all exchanges.
func (d *DB) CompleteExchanges(ctx context.Context) ([]string, error) {
	var slugs []string
	return slugs, d.Gorm(ctx).Model(&models.Exchange{}).Order("slug").Limit(completions).Pluck("slug", &slugs).Error
}

// CompleteAccounts lists accounts as username/name.
func (d *DB) CompleteAccounts(ctx context.Context, prefix string) ([]string, error) {
	var words []string
	err := d.Gorm(ctx).Raw(`SELECT u.username || '/' || a.account_name AS word
		FROM "UserExchangeAccounts" a JOIN "User" u ON u.id = a.user_id
		WHERE left(lower(u.username || '/' || a.account_name), ?) = lower(?) ORDER BY word LIMIT ?`,
		len([]rune(prefix)), prefix, completions).Scan(&words).Error
	return words, err
}
