package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"gorm.io/gorm/clause"

	"github.com/axisor/axisor/pkg/models"
)

// watchBatch is how many rows of the index one statement writes.
const watchBatch = 2000

// GuardLook is an account that was looked at, with its positions. Without an
// account it only says when the user is to count as looked at.
type GuardLook struct {
	UserID, AccountID string
	Rows              []models.GuardWatch
	At                time.Time
}

// StoreGuardLooks replaces what the index knows of accounts and remembers when
// their users were looked at.
func (d *DB) StoreGuardLooks(ctx context.Context, looks []GuardLook) error {
	for len(looks) > 0 {
		n := min(len(looks), batch)
		if err := d.storeLooks(ctx, looks[:n]); err != nil {
			return err
		}
		looks = looks[n:]
	}
	return nil
}

func (d *DB) storeLooks(ctx context.Context, looks []GuardLook) error {
	var accounts []string
	var rows []models.GuardWatch
	seen := map[string]time.Time{}
	for _, l := range looks {
		if l.AccountID != "" {
			accounts = append(accounts, l.AccountID)
		}
		rows = append(rows, l.Rows...)
		seen[l.UserID] = l.At
	}
	times := make([]models.GuardLook, 0, len(seen))
	for user, at := range seen {
		times = append(times, models.GuardLook{UserID: user, LookedAt: at})
	}
	return d.Transaction(ctx, func(tx *DB) error {
		g := tx.Gorm(ctx)
		// A user who was deleted meanwhile must not fail the others.
		var alive []string
		if err := g.Raw(`SELECT id FROM "User" WHERE id IN ? FOR KEY SHARE`, slices.Collect(maps.Keys(seen))).Scan(&alive).Error; err != nil {
			return err
		}
		gone := func(user string) bool { return !slices.Contains(alive, user) }
		if len(alive) < len(seen) {
			rows = slices.DeleteFunc(rows, func(r models.GuardWatch) bool { return gone(r.UserID) })
			times = slices.DeleteFunc(times, func(l models.GuardLook) bool { return gone(l.UserID) })
		}
		if len(times) == 0 {
			return nil
		}
		if err := g.Where("account_id IN ?", accounts).Delete(&models.GuardWatch{}).Error; err != nil {
			return err
		}
		if len(rows) > 0 {
			// An account that was looked at twice at the same moment is no trouble.
			if err := g.Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(&rows, watchBatch).Error; err != nil {
				return err
			}
		}
		return g.Clauses(clause.OnConflict{
			Columns: []clause.Column{{Name: "user_id"}}, DoUpdates: clause.AssignmentColumns([]string{"looked_at"}),
		}).CreateInBatches(&times, watchBatch).Error
	})
}

// GuardCrossed returns the users with a position whose trigger price lies
// between the market and liquidation: longs at or above low, shorts at or below high.
// A trigger price that is no number may lie there, too.
func (d *DB) GuardCrossed(ctx context.Context, low, high float64) ([]string, error) {
	var ids []string
	err := d.Gorm(ctx).Raw(`
		SELECT user_id FROM axisor.guard_watch WHERE side = 'buy' AND trigger_price >= ?
		UNION
		SELECT user_id FROM axisor.guard_watch WHERE side = 'sell' AND trigger_price <= ?
		UNION
		SELECT user_id FROM axisor.guard_watch WHERE side IN ('buy', 'sell') AND trigger_price IN ('NaN', 'Infinity', '-Infinity')`, low, high).Scan(&ids).Error
	return ids, err
}

// GuardNearest returns the nearest triggers beyond the market: of longs below low
// and of shorts above high. Zero means none.
func (d *DB) GuardNearest(ctx context.Context, low, high float64) (below, above float64, err error) {
	var got struct{ Below, Above float64 }
	err = d.Gorm(ctx).Raw(`
		SELECT COALESCE((SELECT max(trigger_price) FROM axisor.guard_watch WHERE side = 'buy' AND trigger_price < ? AND trigger_price > '-Infinity'), 0) AS below,
		       COALESCE((SELECT min(trigger_price) FROM axisor.guard_watch WHERE side = 'sell' AND trigger_price > ? AND trigger_price < 'Infinity'), 0) AS above`,
		low, high).Scan(&got).Error
	return got.Below, got.Above, err
}

// GuardDue returns the users who must be looked at whatever the price is: those
// not looked at since before, the longest first, those whose configuration or
// account changed since, those with an open intent, and those with a position that
// the latest look left in danger: only another look can tell that it is over.
func (d *DB) GuardDue(ctx context.Context, before time.Time, limit int) ([]string, error) {
	var ids []string
	err := d.Gorm(ctx).Raw(`
		(SELECT DISTINCT user_id FROM axisor.guard_intent WHERE state IN `+openStates+` AND user_id IS NOT NULL)
		UNION
		(SELECT o.user_id FROM axisor.guard_outcome o
		 JOIN "MarginGuardConfig" c ON c.user_id = o.user_id AND c.is_active
		 JOIN "User" u ON u.id = o.user_id AND u.is_active
		 WHERE o.unprotected > 0
		   AND EXISTS (SELECT FROM "UserExchangeAccounts" a WHERE a.user_id = o.user_id AND a.is_active)
		   AND NOT EXISTS (SELECT FROM axisor.guard_control k WHERE k.user_id = o.user_id AND k.disabled))
		UNION
		(SELECT c.user_id FROM "MarginGuardConfig" c
		 JOIN "User" u ON u.id = c.user_id AND u.is_active
		 LEFT JOIN axisor.guard_look l ON l.user_id = c.user_id
		 WHERE c.is_active AND (l.looked_at IS NULL OR l.looked_at < @before OR NOT `+credible("l.looked_at", "@ahead")+` OR c.updated_at > l.looked_at
		       OR EXISTS (SELECT FROM "UserExchangeAccounts" a WHERE a.user_id = c.user_id AND a.updated_at > l.looked_at))
		 ORDER BY CASE WHEN `+credible("l.looked_at", "@ahead")+` THEN l.looked_at END NULLS FIRST, c.user_id LIMIT @limit)`,
		map[string]any{"before": before, "ahead": d.ahead(), "limit": limit}).Scan(&ids).Error
	return ids, err
}

// GuardLag is how far the round of all users has come.
type GuardLag struct {
	ActiveUsers int64
	// Due are the active users not looked at since the given moment.
	Due int64
	// Oldest is when the user was looked at who waits longest; nil when one of
	// them was never looked at, or there is none.
	Oldest    *time.Time
	Positions int64
}

// GuardLag reads it.
func (d *DB) GuardLag(ctx context.Context, before time.Time) (GuardLag, error) {
	var got struct {
		Active, Due, Never, Positions int64
		Oldest                        *time.Time
	}
	err := d.Gorm(ctx).Raw(`
		SELECT count(*) AS active, count(*) FILTER (WHERE NOT l.credible OR l.looked_at < @before) AS due,
		       count(*) FILTER (WHERE NOT l.credible) AS never, min(l.looked_at) FILTER (WHERE l.credible) AS oldest,
		       (SELECT count(*) FROM axisor.guard_watch) AS positions
		FROM "MarginGuardConfig" c JOIN "User" u ON u.id = c.user_id AND u.is_active
		LEFT JOIN LATERAL (SELECT looked_at, COALESCE(`+credible("looked_at", "@ahead")+`, false) AS credible
			FROM (SELECT (SELECT looked_at FROM axisor.guard_look WHERE user_id = c.user_id) AS looked_at) t) l ON true
		WHERE c.is_active`, map[string]any{"before": before, "ahead": d.ahead()}).Scan(&got).Error
	out := GuardLag{ActiveUsers: got.Active, Due: got.Due, Positions: got.Positions}
	if got.Never == 0 {
		out.Oldest = got.Oldest
	}
	return out, err
}
