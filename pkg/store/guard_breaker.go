package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm/clause"

	"github.com/axisor/axisor/pkg/models"
)

// The scopes of a breaker.
const (
	BreakerAccount = "account"
	BreakerHost    = "host"
	BreakerRun     = "run"
)

// BreakerSurge is the subject of the one breaker of BreakerRun: a run added, or
// wanted to add, far more than runs used to.
const BreakerSurge = "surge"

// GuardBreakers reads the breakers that are open or count failures, the last
// changed first, with what of them cannot be read, in words.
func (d *DB) GuardBreakers(ctx context.Context) (rows []models.GuardBreaker, defects []string, err error) {
	all, err := tolerant[models.GuardBreaker](ctx, d, d.Gorm(ctx).Model(&models.GuardBreaker{}).Order("updated_at DESC, id"))
	for _, b := range all {
		if why := b.texts(); why != "" {
			defects = append(defects, fmt.Sprintf("guard_breaker %s (%s %s): %s", b.Row.ID, b.Row.Scope, b.Row.Subject, why))
		}
	}
	return rowsOf(all), defects, err
}

// GuardBreaker reads one breaker; without a row it is closed.
func (d *DB) GuardBreaker(ctx context.Context, scope, subject string) (models.GuardBreaker, error) {
	// A breaker whose times cannot be read holds nobody back.
	rows, err := tolerant[models.GuardBreaker](ctx, d, d.Gorm(ctx).Model(&models.GuardBreaker{}).Where("scope = ? AND subject = ?", scope, subject).Limit(1))
	if err != nil || len(rows) == 0 {
		return models.GuardBreaker{Scope: scope, Subject: subject}, err
	}
	return rows[0].Row, nil
}

// SetGuardBreakers writes breakers, together with the notices about those that
// have just opened: both or neither.
func (d *DB) SetGuardBreakers(ctx context.Context, rows []models.GuardBreaker, notices []models.GuardNotice) error {
	return d.Transaction(ctx, func(tx *DB) error {
		for _, b := range rows {
			err := tx.Gorm(ctx).Clauses(clause.OnConflict{
				Columns: []clause.Column{{Name: "scope"}, {Name: "subject"}},
				DoUpdates: clause.AssignmentColumns([]string{
					"failures", "reason", "opened_at", "open_until", "fingerprint", "updated_at",
				}),
			}).Create(&b).Error
			if err != nil {
				return err
			}
		}
		return tx.AddGuardNotices(ctx, notices)
	})
}

// GuardKeys counts keys of other accounts than the named ones that the exchange
// was asked with since a moment: those that it served, and those that it refused.
// Keys that are put aside were not asked and are neither.
func (d *DB) GuardKeys(ctx context.Context, users, accounts []string, since time.Time) (served, refused int64, err error) {
	var got struct{ Served, Refused int64 }
	err = d.Gorm(ctx).Raw(`
		SELECT (SELECT count(*) FROM axisor.guard_breaker
		        WHERE scope = 'account' AND fingerprint IS NOT NULL AND failures > 0 AND updated_at >= @since AND updated_at <= @ahead
		          AND subject <> ALL(@accounts)) AS refused,
		       (SELECT count(*) FROM axisor.guard_look l
		        WHERE l.looked_at >= @since AND l.looked_at <= @ahead AND l.user_id <> ALL(@users)
		          AND NOT EXISTS (SELECT FROM "UserExchangeAccounts" a
		                          JOIN axisor.guard_breaker b ON b.scope = 'account' AND b.subject = a.id
		                          WHERE a.user_id = l.user_id AND b.fingerprint IS NOT NULL AND b.failures > 0)) AS served`,
		map[string]any{"since": since, "ahead": d.ahead(), "users": models.Texts(users), "accounts": models.Texts(accounts)}).Scan(&got).Error
	return got.Served, got.Refused, err
}

// DeleteGuardBreakers closes breakers for good and returns them; nil ids means all.
func (d *DB) DeleteGuardBreakers(ctx context.Context, ids []string) ([]models.GuardBreaker, error) {
	var rows []models.GuardBreaker
	q := d.Gorm(ctx).Clauses(clause.Returning{}).Where("true")
	if ids != nil {
		q = q.Where("id IN ?", ids)
	}
	err := q.Delete(&rows).Error
	return rows, err
}

// GuardUsual is what runs that added something usually add.
type GuardUsual struct {
	Runs int64
	// Most is what the largest of them added.
	Most int64
	// First is when the first of them started; nil without any.
	First *time.Time
}

// GuardUsual reads it from the runs that started from since until before.
func (d *DB) GuardUsual(ctx context.Context, since, before time.Time) (GuardUsual, error) {
	var got GuardUsual
	err := d.Gorm(ctx).Raw(`
		SELECT count(*) AS runs, COALESCE(max(added_sats), 0) AS most, min(started_at) AS first
		FROM axisor.guard_run WHERE started_at >= ? AND started_at < ? AND added_sats > 0 AND state <> 'failed'`, since, before).Scan(&got).Error
	return got, err
}

// GuardHeld returns the open breakers that hold back the whole guard. One whose end
// cannot be read holds back nobody.
func (d *DB) GuardHeld(ctx context.Context, now time.Time) ([]models.GuardBreaker, error) {
	all, err := tolerant[models.GuardBreaker](ctx, d, d.Gorm(ctx).Model(&models.GuardBreaker{}).
		Where("scope IN ? AND open_until > ?", []string{BreakerHost, BreakerRun}, now.UTC()).Order("scope, id"))
	rows := slices.DeleteFunc(rowsOf(all), func(b models.GuardBreaker) bool { return b.OpenUntil == nil || !b.OpenUntil.After(now) })
	return rows, err
}
