package store

import (
	"context"

	"gorm.io/gorm/clause"

	"github.com/axisor/axisor/pkg/models"
)

// GuardSetting reads what a user has set beyond the configuration; without a row
// it is the zero value with the user's id.
func (d *DB) GuardSetting(ctx context.Context, userID string) (models.GuardSetting, error) {
	all, err := d.GuardSettings(ctx, []string{userID})
	if row, ok := all[userID]; ok {
		return row, err
	}
	return models.GuardSetting{UserID: userID}, err
}

// GuardSettings reads the guard settings of users by user id; nil means all users. A
// user without a row is left out.
func (d *DB) GuardSettings(ctx context.Context, userIDs []string) (map[string]models.GuardSetting, error) {
	q := d.Gorm(ctx).Model(&models.GuardSetting{})
	if userIDs != nil {
		q = q.Where("user_id IN ?", userIDs)
	}
	all, err := tolerant[models.GuardSetting](ctx, d, q)
	if err != nil {
		return nil, err
	}
	rows := rowsOf(all)
	out := make(map[string]models.GuardSetting, len(rows))
	for _, r := range rows {
		out[r.UserID] = r
	}
	return out, nil
}

// SetGuardSetting writes the guard settings of a user.
func (d *DB) SetGuardSetting(ctx context.Context, row models.GuardSetting) error {
	return d.Gorm(ctx).Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "user_id"}},
		DoUpdates: clause.AssignmentColumns([]string{"restore_to", "cross_margin", "updated_at"}),
	}).Create(&row).Error
}
