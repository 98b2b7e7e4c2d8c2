package store

import (
	"context"
	"time"

	"github.com/axisor/axisor/pkg/models"
)

// noticeRepeat is how long the same trouble of the same position is not
// reported again.
const noticeRepeat = time.Hour

// AddGuardNotices stores notices that belong to no single outcome, without
// those that say what was said within the last hour.
func (d *DB) AddGuardNotices(ctx context.Context, rows []models.GuardNotice) error {
	for _, n := range rows {
		var said bool
		err := d.Gorm(ctx).Raw(`
			SELECT EXISTS (SELECT FROM axisor.guard_notice WHERE kind = ? AND COALESCE(user_id, '') = ?
			               AND COALESCE(trade_id, '') = ? AND created_at > ?)`,
			n.Kind, models.Deref(n.UserID), models.Deref(n.TradeID), n.CreatedAt.Add(-noticeRepeat)).Scan(&said).Error
		if err != nil {
			return err
		}
		if said {
			continue
		}
		if err := d.Gorm(ctx).Create(&n).Error; err != nil {
			return err
		}
	}
	return nil
}

// ClaimGuardNotices takes notices that are due for delivery, oldest first, and
// puts their next attempt off until the given time: whoever claims them and dies
// delays them, and loses none. Those created before oldest are given up first.
func (d *DB) ClaimGuardNotices(ctx context.Context, now, until, oldest time.Time, limit int) ([]models.GuardNotice, error) {
	err := d.Gorm(ctx).Exec(`
		UPDATE axisor.guard_notice SET state = 'expired', error = COALESCE(error, 'not delivered in time')
		WHERE state = 'pending' AND created_at < ?`, oldest).Error
	if err != nil {
		return nil, err
	}
	var rows []models.GuardNotice
	err = d.Gorm(ctx).Raw(`
		UPDATE axisor.guard_notice n SET attempts = n.attempts + 1, next_attempt_at = ?
		FROM (SELECT id FROM axisor.guard_notice WHERE state = 'pending' AND next_attempt_at <= ?
		      ORDER BY next_attempt_at, id LIMIT ? FOR UPDATE SKIP LOCKED) due
		WHERE n.id = due.id RETURNING n.*`, until, now, limit).Scan(&rows).Error
	return rows, err
}

// GuardNoticeDelivered records that a notice has arrived.
func (d *DB) GuardNoticeDelivered(ctx context.Context, id string, status int, at time.Time) error {
	return d.Gorm(ctx).Model(&models.GuardNotice{}).Where("id = ? AND state = 'pending'", id).Updates(map[string]any{
		"state": models.NoticeDelivered, "delivered_at": at, "http_status": status, "error": nil,
	}).Error
}

// GuardNoticeFailed records a delivery that failed, and when to try again.
func (d *DB) GuardNoticeFailed(ctx context.Context, id string, status int, why string, next time.Time) error {
	return d.Gorm(ctx).Model(&models.GuardNotice{}).Where("id = ? AND state = 'pending'", id).Updates(map[string]any{
		"http_status": nilIfZero(int32(status)), "error": why, "next_attempt_at": next,
	}).Error
}
