package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/axisor/axisor/pkg/models"
)

// GuardConfigFilter narrows a list of guard configurations.
type GuardConfigFilter struct {
	Active *bool
	Mode   models.GuardMode
}

func guardConfigs() listing[models.MarginGuardConfig] {
	type c = models.MarginGuardConfig
	return listing[c]{
		tolerant: true, table: "MarginGuardConfig", order: "-updated_at", id: func(r *c) string { return r.ID },
		sorts: map[string]sortKey[c]{
			"created_at":            byTime("created_at", func(r *c) time.Time { return r.CreatedAt }),
			"updated_at":            byTime("updated_at", func(r *c) time.Time { return r.UpdatedAt }),
			"user_id":               byText("user_id", func(r *c) string { return r.UserID }),
			"margin_threshold":      byFloatNull("margin_threshold", func(r *c) *float64 { return r.MarginThreshold }),
			"add_margin_percentage": byFloatNull("add_margin_percentage", func(r *c) *float64 { return r.AddMarginPercentage }),
		},
	}
}

// ListGuardConfigs lists guard configurations, the last changed first unless asked otherwise.
func (d *DB) ListGuardConfigs(ctx context.Context, f GuardConfigFilter, p Page) List[models.MarginGuardConfig] {
	return guardConfigs().run(ctx, d, p, func(q *gorm.DB) *gorm.DB {
		if f.Active != nil {
			q = q.Where("is_active = ?", *f.Active)
		}
		switch f.Mode {
		case "":
		case models.GuardUnit:
			q = q.Where("mode IN ('unit', 'unitario')")
		default:
			q = q.Where("mode = ?", f.Mode)
		}
		return q
	})
}

// GuardConfig reads a user's guard configuration; nil when there is none.
func (d *DB) GuardConfig(ctx context.Context, userID string) (*models.MarginGuardConfig, error) {
	return d.guardConfig(d.Gorm(ctx), userID)
}

// LockGuardConfig is GuardConfig for a change: nobody else changes the row
// until the transaction ends.
func (d *DB) LockGuardConfig(ctx context.Context, userID string) (*models.MarginGuardConfig, error) {
	if err := d.LockKey(ctx, "guard_config:"+userID); err != nil {
		return nil, err
	}
	return d.guardConfig(d.Gorm(ctx).Clauses(clause.Locking{Strength: "UPDATE"}), userID)
}

func (d *DB) guardConfig(q *gorm.DB, userID string) (*models.MarginGuardConfig, error) {
	row, _, err := d.readGuardConfig(q, userID)
	return row, err
}

// ReadGuardConfig is GuardConfig with what of the row cannot be read, in words.
func (d *DB) ReadGuardConfig(ctx context.Context, userID string) (row *models.MarginGuardConfig, defects string, err error) {
	return d.readGuardConfig(d.Gorm(ctx), userID)
}

func (d *DB) readGuardConfig(q *gorm.DB, userID string) (*models.MarginGuardConfig, string, error) {
	rows, err := tolerant[models.MarginGuardConfig](q.Statement.Context, d, q.Model(&models.MarginGuardConfig{}).Where("user_id = ?", userID).Limit(1))
	if err != nil || len(rows) == 0 {
		return nil, "", err
	}
	return &rows[0].Row, rows[0].texts(), nil
}

// CreateGuardConfig adds a configuration.
func (d *DB) CreateGuardConfig(ctx context.Context, row *models.MarginGuardConfig) error {
	mode := row.Mode
	defer func() { row.Mode = mode }()
	if err := d.spellMode(ctx, row); err != nil {
		return err
	}
	return d.Gorm(ctx).Create(row).Error
}

// spellMode gives a mode the word by which whoever else reads the row knows it.
func (d *DB) spellMode(ctx context.Context, row *models.MarginGuardConfig) error {
	app, err := d.Application(ctx)
	if app && row.Mode == models.GuardUnit {
		row.Mode = models.GuardUnitLegacy
	}
	return err
}

// UpdateGuardConfig writes what an operator may change of a configuration.
func (d *DB) UpdateGuardConfig(ctx context.Context, row models.MarginGuardConfig) error {
	if err := d.spellMode(ctx, &row); err != nil {
		return err
	}
	done := d.Gorm(ctx).Model(&models.MarginGuardConfig{}).Where("id = ?", row.ID).Updates(map[string]any{
		"is_active": row.IsActive, "mode": row.Mode, "margin_threshold": row.MarginThreshold,
		"add_margin_percentage": row.AddMarginPercentage, "selected_positions": row.SelectedPositions,
		"individual_configs": row.IndividualConfigs, "updated_at": row.UpdatedAt,
	})
	if done.Error == nil && done.RowsAffected == 0 {
		return &NotFoundError{Kind: "guard_config", Ref: row.ID}
	}
	return done.Error
}
