package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/axisor/axisor/pkg/models"
)

// Why an intent cannot be written or moved on.
var (
	// ErrGuardCap means that a cap leaves less than the amount.
	ErrGuardCap = errors.New("a cap is reached")
	// ErrGuardOpen means that the position has an addition without an outcome.
	ErrGuardOpen = errors.New("the position has an open intent")
	// ErrGuardOvertaken means that the position or the intent was changed by
	// somebody else since it was looked at.
	ErrGuardOvertaken = errors.New("overtaken by another addition")
	// ErrGuardOff means that the guard was switched off.
	ErrGuardOff = errors.New("the guard is switched off")
)

// GuardRoundError means that what all processes may add in a round leaves less than the amount. It is ErrGuardCap.
// Both are in sats.
type GuardRoundError struct{ Spent, Cap int64 }

func (e *GuardRoundError) Error() string {
	return fmt.Sprintf("%v: %d of %d sats of the round are spent", ErrGuardCap, e.Spent, e.Cap)
}

// Unwrap makes errors.Is(err, ErrGuardCap) true.
func (e *GuardRoundError) Unwrap() error { return ErrGuardCap }

// openStates are the states without a known outcome, spent the ones that count
// as money spent. They are literals so that the partial index serves them.
const (
	openStates  = "('planned', 'sent', 'unknown')"
	spentStates = "('planned', 'sent', 'unknown', 'applied')"
)

// spentWithin picks the money spent since the moment @spent. It counts from when
// it left; an intent is sent within moments of being planned, so the indexes on
// planned_at find it.
const spentWithin = `planned_at >= CAST(@spent AS timestamp) - interval '5 minutes'
	AND COALESCE(sent_at, planned_at) >= @spent AND COALESCE(sent_at, planned_at) < 'infinity' AND state IN ` + spentStates

// allSats is more sats than there will ever be: what a broken row makes a sum say.
const allSats = "2100000000000000"

// GuardPlan is an intent that wants to be written, with what it must fit into.
type GuardPlan struct {
	Intent models.GuardIntent
	// SeenAt is when the position was read.
	SeenAt time.Time
	// KnownIntents is how many intents of the user for this trade, planned since Since,
	// were known before the position was read.
	KnownIntents int64
	Since        time.Time
	// SpentSince is the beginning of the time over which spent amounts are summed.
	SpentSince time.Time
	// UserDayCap and PositionDayCap are in sats; zero or less means none.
	UserDayCap, PositionDayCap int64
	// RoundCap limits what all processes add together since Round began; zero
	// or less means no limit.
	RoundCap int64
	Round    time.Time
}

// roundLock makes processes take turns at the last sats of a round's cap.
const roundLock = "axisor.guard.round"

// PlanGuardIntent checks the caps and writes the intent in one transaction,
// under the user's row lock: two runs that decide at the same moment cannot both
// find the last sats of a cap. The lock leaves others free to add rows that
// refer to the user.
func (d *DB) PlanGuardIntent(ctx context.Context, p GuardPlan) (models.GuardIntent, error) {
	row := p.Intent
	row.State = models.GuardPlanned
	err := d.Transaction(ctx, func(tx *DB) error {
		user := models.Deref(row.UserID)
		var found []string
		err := tx.Gorm(ctx).Raw(`SELECT id FROM "User" WHERE id = ? AND is_active FOR NO KEY UPDATE`, user).Scan(&found).Error
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return &NotFoundError{Kind: "user", Ref: user}
		}
		if err := tx.guardFits(ctx, p, user); err != nil {
			return err
		}
		return tx.Gorm(ctx).Create(&row).Error
	})
	var taken *ConflictError
	if errors.As(err, &taken) && taken.Constraint == "idx_guard_intent_open" {
		return models.GuardIntent{}, ErrGuardOpen
	}
	return row, err
}

func (d *DB) guardFits(ctx context.Context, p GuardPlan, user string) error {
	var sums struct {
		User, Position int64
		Overtaken      bool
		Intents        int64
		Open           bool
		Unwanted       bool
	}
	err := d.Gorm(ctx).Raw(`
		SELECT COALESCE((SELECT LEAST(COALESCE(SUM(amount_sats), 0), `+allSats+`)::bigint FROM axisor.guard_intent
		                 WHERE user_id = @user AND `+spentWithin+`), 0) AS "user",
		       COALESCE((SELECT LEAST(COALESCE(SUM(amount_sats), 0), `+allSats+`)::bigint FROM axisor.guard_intent
		                 WHERE trade_id = @trade AND `+spentWithin+`), 0) AS position,
		       EXISTS (SELECT FROM axisor.guard_intent
		               WHERE trade_id = @trade AND state IN ('sent', 'unknown', 'applied')
		                 AND COALESCE(resolved_at, sent_at) > @seen) AS overtaken,
		       (SELECT count(*) FROM axisor.guard_intent
		        WHERE user_id = @user AND trade_id = @trade AND planned_at >= @since) AS intents,
		       EXISTS (SELECT FROM axisor.guard_intent WHERE trade_id = @trade AND state IN `+openStates+`) AS open,
		       EXISTS (SELECT FROM "MarginGuardConfig" WHERE user_id = @user AND NOT is_active)
		       OR EXISTS (SELECT FROM "UserExchangeAccounts" WHERE id = @account AND NOT is_active) AS unwanted`,
		map[string]any{"account": models.Deref(p.Intent.AccountID), "user": user, "spent": p.SpentSince.UTC(), "trade": p.Intent.TradeID, "seen": p.SeenAt, "since": p.Since}).Scan(&sums).Error
	switch {
	case err != nil:
		return err
	case sums.Open:
		return ErrGuardOpen
	case sums.Unwanted:
		// A long run may have read them an hour ago.
		return fmt.Errorf("%w: the configuration or the account is not active any more", ErrGuardOff)
	case sums.Overtaken, sums.Intents != p.KnownIntents:
		return ErrGuardOvertaken
	case p.UserDayCap > 0 && sums.User+p.Intent.AmountSats > p.UserDayCap:
		return fmt.Errorf("%w: %d of %d sats of the user are spent", ErrGuardCap, sums.User, p.UserDayCap)
	case p.PositionDayCap > 0 && sums.Position+p.Intent.AmountSats > p.PositionDayCap:
		return fmt.Errorf("%w: %d of %d sats of the position are spent", ErrGuardCap, sums.Position, p.PositionDayCap)
	}
	return d.roundFits(ctx, p)
}

// roundFits checks the cap that all processes share. The lock is taken last and
// held until the intent is written, so that those who need no such cap never wait.
func (d *DB) roundFits(ctx context.Context, p GuardPlan) error {
	if p.RoundCap <= 0 {
		return nil
	}
	if err := d.Gorm(ctx).Exec(`SELECT pg_advisory_xact_lock(hashtextextended(?, 0))`, d.Named(roundLock)).Error; err != nil {
		return err
	}
	spent, err := d.GuardAdded(ctx, p.Round)
	if err == nil && spent+p.Intent.AmountSats > p.RoundCap {
		err = &GuardRoundError{Spent: spent, Cap: p.RoundCap}
	}
	return err
}

// MarkGuardIntentSent moves a planned intent to sent, unless a kill switch was
// thrown: both are looked at in the one statement after which the request goes
// out. ErrGuardOff and ErrGuardOvertaken say that it must not go out.
func (d *DB) MarkGuardIntentSent(ctx context.Context, id string, at time.Time) error {
	moved := d.Gorm(ctx).Exec(`
		UPDATE axisor.guard_intent i SET state = 'sent', sent_at = ?, updated_at = ?
		WHERE i.id = ? AND i.state = 'planned'
		  AND NOT EXISTS (SELECT FROM axisor.guard_control c
		                  WHERE c.disabled AND (c.user_id IS NULL OR c.user_id = i.user_id))`, at, at, id)
	if moved.Error != nil || moved.RowsAffected == 1 {
		return moved.Error
	}
	var reasons []string
	err := d.Gorm(ctx).Raw(`
		SELECT COALESCE(c.reason, '') FROM axisor.guard_control c, axisor.guard_intent i
		WHERE i.id = ? AND c.disabled AND (c.user_id IS NULL OR c.user_id = i.user_id)
		ORDER BY c.scope LIMIT 1`, id).Scan(&reasons).Error
	if err != nil {
		return err
	}
	if len(reasons) > 0 {
		return fmt.Errorf("%w: %s", ErrGuardOff, reasons[0])
	}
	return ErrGuardOvertaken
}

// GuardOutcome is what became of an intent.
type GuardOutcome struct {
	ID string
	// From are the states in which the intent may be found.
	From       []models.GuardState
	To         models.GuardState
	Resolution string
	HTTPStatus int
	Error      string
	// MarginAfter and LiquidationAfter are zero when unknown.
	MarginAfter      int64
	LiquidationAfter float64
	At               time.Time
}

// SettleGuardIntent stores an outcome together with the rows that record makes
// of the settled intent: both or neither. An intent that is not in one of the
// From states any more is ErrGuardOvertaken and nothing is stored.
func (d *DB) SettleGuardIntent(ctx context.Context, o GuardOutcome, record func(models.GuardIntent) ([]any, error)) error {
	set := map[string]any{
		"state": o.To, "resolution": nilIfZero(o.Resolution), "updated_at": o.At,
		"http_status": nilIfZero(int32(o.HTTPStatus)), "error": nilIfZero(o.Error),
		"margin_after": nilIfZero(o.MarginAfter), "liquidation_after": nilIfZero(o.LiquidationAfter),
	}
	if !o.To.Open() {
		set["resolved_at"] = o.At
	}
	return d.Transaction(ctx, func(tx *DB) error {
		moved := tx.Gorm(ctx).Model(&models.GuardIntent{}).Where("id = ? AND state IN ?", o.ID, o.From).Updates(set)
		if moved.Error != nil {
			return moved.Error
		}
		if moved.RowsAffected == 0 {
			return ErrGuardOvertaken
		}
		var row models.GuardIntent
		if err := tx.Gorm(ctx).Where("id = ?", o.ID).Take(&row).Error; err != nil {
			return err
		}
		rows, err := record(row)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := tx.Gorm(ctx).Create(r).Error; err != nil {
				return err
			}
		}
		return nil
	})
}

func nilIfZero[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
