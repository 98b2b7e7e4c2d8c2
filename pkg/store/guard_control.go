package store

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"github.com/axisor/axisor/pkg/models"
)

// GuardControl returns the kill switch of a user, or the one for everybody when
// userID is empty. Without a row the guard is on.
func (d *DB) GuardControl(ctx context.Context, userID string) (models.GuardControl, error) {
	// The switch counts whatever else of its row can be read.
	rows, err := tolerant[models.GuardControl](ctx, d, d.Gorm(ctx).Model(&models.GuardControl{}).Where("COALESCE(user_id, '') = ?", userID).Limit(1))
	if err != nil || len(rows) == 0 {
		return models.GuardControl{}, err
	}
	return rows[0].Row, nil
}

// SetGuardControl switches the guard off or on, for a user or for everybody.
func (d *DB) SetGuardControl(ctx context.Context, userID string, disabled bool, reason, actor string, at time.Time) (models.GuardControl, error) {
	row := models.GuardControl{Scope: "global", Disabled: disabled, Reason: &reason, Actor: &actor, UpdatedAt: at}
	if userID != "" {
		row.Scope, row.UserID = "user", &userID
	}
	err := d.Gorm(ctx).Clauses(
		clause.OnConflict{
			Columns:   []clause.Column{{Name: "(COALESCE(user_id, ''))", Raw: true}},
			DoUpdates: clause.AssignmentColumns([]string{"disabled", "reason", "actor", "updated_at"}),
		},
		clause.Returning{},
	).Create(&row).Error
	return row, err
}
