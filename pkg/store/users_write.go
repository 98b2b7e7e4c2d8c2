package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/axisor/axisor/pkg/models"
)

// UpdateUser writes the given columns of one user; a nil value writes NULL.
func (d *DB) UpdateUser(ctx context.Context, id string, set map[string]any) error {
	r := d.Gorm(ctx).Model(&models.User{}).Where("id = ?", id).Updates(set)
	if r.Error != nil {
		return fmt.Errorf("update user: %w", r.Error)
	}
	if r.RowsAffected == 0 {
		return &NotFoundError{Kind: "user", Ref: id}
	}
	return nil
}

// UserNullable lists the columns of "User" that may be NULL, also those that only the web application knows.
func (d *DB) UserNullable(ctx context.Context) ([]string, error) {
	var names []string
	err := d.Gorm(ctx).Raw(`SELECT attname FROM pg_attribute
		WHERE attrelid = '"User"'::regclass AND attnum > 0 AND NOT attisdropped AND NOT attnotnull ORDER BY attnum`).Scan(&names).Error
	if err != nil {
		return nil, fmt.Errorf("read columns of users: %w", err)
	}
	return names, nil
}

// ReplaceUser gives a user another id, which every row that refers to it follows, and writes columns, NULLs
// included. Columns are names from the catalog, never input.
func (d *DB) ReplaceUser(ctx context.Context, id, newID string, set map[string]any) error {
	assign, args := []string{"id = ?"}, []any{newID}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if set[name] == nil {
			assign = append(assign, quoted(name)+" = NULL")
			continue
		}
		assign, args = append(assign, quoted(name)+" = ?"), append(args, set[name])
	}
	r := d.Gorm(ctx).Exec(`UPDATE "User" SET `+strings.Join(assign, ", ")+` WHERE id = ?`, append(args, id)...)
	if r.Error != nil {
		return fmt.Errorf("replace user: %w", r.Error)
	}
	if r.RowsAffected == 0 {
		return &NotFoundError{Kind: "user", Ref: id}
	}
	return nil
}

// EndAppSessions sets the time until which the web application honours the tokens of users into the past. It keeps
// its session there and not in "RefreshToken"; a schema without that column needs nothing. It reports whether there was a
// session to end.
func (d *DB) EndAppSessions(ctx context.Context, userIDs ...string) (ended bool, err error) {
	there, err := d.userColumn(ctx, "session_expires_at")
	if err == nil && there {
		r := d.Gorm(ctx).Exec(`UPDATE "User" SET session_expires_at = ? WHERE id = ANY(?::text[]) AND session_expires_at > ?`,
			d.Now().AddDate(0, 0, -1), models.Texts(userIDs), d.Now())
		ended, err = r.RowsAffected > 0, r.Error
	}
	if err != nil {
		return false, fmt.Errorf("end sessions of the web application: %w", err)
	}
	return ended, nil
}

// DeleteUser deletes a user; the foreign keys decide what goes with it.
func (d *DB) DeleteUser(ctx context.Context, id string) error {
	r := d.Gorm(ctx).Where("id = ?", id).Delete(&models.User{})
	if r.Error != nil {
		return fmt.Errorf("delete user: %w", r.Error)
	}
	if r.RowsAffected == 0 {
		return &NotFoundError{Kind: "user", Ref: id}
	}
	return nil
}
