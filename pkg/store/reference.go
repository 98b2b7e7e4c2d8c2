package store

import (
	"context"
	"fmt"

	"gorm.io/gorm/clause"
)

// InsertMissing inserts one row unless a unique key has it already, and tells whether it did. The row of a key that
// exists is not read.
func InsertMissing[T any](ctx context.Context, d *DB, row *T) (bool, error) {
	done := d.Gorm(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(row)
	if done.Error != nil {
		return false, fmt.Errorf("insert reference row: %w", done.Error)
	}
	return done.RowsAffected > 0, nil
}
