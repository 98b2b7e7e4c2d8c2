package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/axisor/axisor/pkg/models"
)

// SessionFilter narrows a list of sessions.
type SessionFilter struct {
	UserID  string
	Live    bool // neither revoked nor expired
	Created TimeRange
}

func sessions() listing[models.RefreshToken] {
	type s = models.RefreshToken
	return listing[s]{
		table: "RefreshToken", order: "-created_at", id: func(r *s) string { return r.ID },
		sorts: map[string]sortKey[s]{
			"created_at":   byTime("created_at", func(r *s) time.Time { return r.CreatedAt }),
			"expires_at":   byTime("expires_at", func(r *s) time.Time { return r.ExpiresAt }),
			"last_used_at": byTimeNull("last_used_at", func(r *s) *time.Time { return r.LastUsedAt }),
		},
	}
}

// ListSessions lists sessions, newest first unless asked otherwise. The token itself is not even read.
func (d *DB) ListSessions(ctx context.Context, f SessionFilter, p Page) List[models.RefreshToken] {
	now := d.Now()
	return sessions().run(ctx, d, p, func(q *gorm.DB) *gorm.DB {
		q = f.Created.on(q.Omit("token"), "created_at")
		if f.UserID != "" {
			q = q.Where("user_id = ?", f.UserID)
		}
		if f.Live {
			q = q.Where("NOT is_revoked AND expires_at > ?", now)
		}
		return q
	})
}

// SessionsByID reads those sessions of a user that have one of the ids.
func (d *DB) SessionsByID(ctx context.Context, userID string, ids []string) ([]models.RefreshToken, error) {
	var rows []models.RefreshToken
	err := d.Gorm(ctx).Omit("token").Where("user_id = ? AND id IN ?", userID, ids).Order("created_at DESC, id DESC").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read sessions: %w", err)
	}
	return rows, nil
}

// RevokeSessions revokes the live sessions of a user, all of them or those with the given ids, and returns the ids
// of what it changed.
func (d *DB) RevokeSessions(ctx context.Context, userID string, ids []string, now time.Time) ([]string, error) {
	q := `UPDATE "RefreshToken" SET is_revoked = true WHERE user_id = ? AND NOT is_revoked AND expires_at > ?`
	args := []any{userID, now.UTC()}
	if ids != nil {
		q, args = q+" AND id IN ?", append(args, ids)
	}
	var changed []string
	if err := d.Gorm(ctx).Raw(q+" RETURNING id", args...).Scan(&changed).Error; err != nil {
		return nil, fmt.Errorf("revoke sessions: %w", err)
	}
	return changed, nil
}

// EndSessions revokes every live session of some users and returns how many each had.
func (d *DB) EndSessions(ctx context.Context, userIDs []string, now time.Time) (map[string]int, error) {
	var rows []struct {
		UserID string
		N      int
	}
	err := d.Gorm(ctx).Raw(`WITH ended AS (
			UPDATE "RefreshToken" SET is_revoked = true WHERE user_id = ANY(?::text[]) AND NOT is_revoked AND expires_at > ? RETURNING user_id)
		SELECT user_id, count(*) AS n FROM ended GROUP BY user_id`, models.Texts(userIDs), now.UTC()).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("revoke sessions: %w", err)
	}
	ended := make(map[string]int, len(rows))
	for _, r := range rows {
		ended[r.UserID] = r.N
	}
	return ended, nil
}

// Pruned is how many sessions were deleted, by why they were useless.
type Pruned struct {
	Expired int64
	Revoked int64
}

// PruneSessions deletes sessions that have been expired or revoked since before the given time. When a session was
// revoked is not stored; its last use stands for that.
func (d *DB) PruneSessions(ctx context.Context, before time.Time) (Pruned, error) {
	var p Pruned
	err := d.Gorm(ctx).Raw(`WITH gone AS (
			DELETE FROM "RefreshToken"
			WHERE expires_at < @before OR (is_revoked AND COALESCE(last_used_at, created_at) < @before)
			RETURNING expires_at < @before AS expired)
		SELECT count(*) FILTER (WHERE expired) AS expired, count(*) FILTER (WHERE NOT expired) AS revoked FROM gone`,
		map[string]any{"before": before.UTC()}).Scan(&p).Error
	if err != nil {
		return p, fmt.Errorf("delete sessions: %w", err)
	}
	return p, nil
}
