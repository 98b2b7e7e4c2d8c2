package store

import (
	"context"
	"time"

	"github.com/axisor/axisor/pkg/models"
)

// GuardEventNotice is an event with the notice that tells of it, nil for none.
type GuardEventNotice struct {
	Event  models.GuardEvent
	Notice *models.GuardNotice
}

// GuardEventKey names the event of one kind about a position.
type GuardEventKey struct{ AccountID, TradeID, Kind string }

// NoteGuardEvents stores what happened to positions and forgets what is over. An
// event that is there already stays as it is, and nothing is told again; only the
// end of a position, which was missed before, is completed. A notice is stored
// exactly when its event is. Events of an account that is gone are dropped.
func (d *DB) NoteGuardEvents(ctx context.Context, events []GuardEventNotice, over []GuardEventKey) error {
	return d.Transaction(ctx, func(tx *DB) error {
		g := tx.Gorm(ctx)
		for _, k := range over {
			err := g.Exec(`DELETE FROM axisor.guard_event WHERE account_id = ? AND trade_id = ? AND kind = ?`, k.AccountID, k.TradeID, k.Kind).Error
			if err != nil {
				return err
			}
		}
		for _, e := range events {
			v := e.Event
			stored := g.Exec(`
				INSERT INTO axisor.guard_event (account_id, trade_id, kind, user_id, side, code, message, price, liquidation, margin, profit, closed_at, seen_at, told_at)
				SELECT a.id, ?, ?, a.user_id, ?, ?, ?, CAST(? AS double precision), CAST(? AS double precision), CAST(? AS bigint), CAST(? AS bigint),
				       CAST(? AS timestamp), CAST(? AS timestamp), CAST(? AS timestamp)
				FROM "UserExchangeAccounts" a WHERE a.id = ? FOR KEY SHARE
				ON CONFLICT (account_id, trade_id, kind) DO UPDATE SET side = CASE WHEN excluded.side = '' THEN guard_event.side ELSE excluded.side END,
					code = excluded.code, message = excluded.message, price = excluded.price, liquidation = excluded.liquidation,
					margin = excluded.margin, profit = excluded.profit, closed_at = excluded.closed_at, told_at = excluded.told_at
				WHERE guard_event.told_at IS NULL AND excluded.told_at IS NOT NULL`,
				v.TradeID, v.Kind, v.Side, v.Code, v.Message, v.Price, v.Liquidation, v.Margin, v.Profit, v.ClosedAt, v.SeenAt, v.ToldAt, v.AccountID)
			if stored.Error != nil {
				return stored.Error
			}
			if stored.RowsAffected == 0 || e.Notice == nil {
				continue
			}
			if err := g.Create(e.Notice).Error; err != nil {
				return err
			}
		}
		return nil
	})
}

// guardEvents adds to a page of targets what is known of their positions: those of
// the price index, and those near their trigger, missed, or ended. An end that was
// told before since matters only to a configuration that names the position.
func (d *DB) guardEvents(ctx context.Context, page []GuardTarget, accounts []string, since time.Time) error {
	watched, err := tolerant[models.GuardWatch](ctx, d, d.Gorm(ctx).Model(&models.GuardWatch{}).Where("account_id IN ?", accounts).Order("account_id, trade_id"))
	if err != nil {
		return err
	}
	events, err := tolerant[models.GuardEvent](ctx, d, d.Gorm(ctx).Model(&models.GuardEvent{}).
		Where(`account_id IN ? AND (kind = 'near' OR told_at IS NULL OR told_at > ? OR EXISTS (
			SELECT FROM "MarginGuardConfig" c WHERE c.user_id = guard_event.user_id AND c.mode <> 'global'))`, accounts, since.UTC()))
	if err != nil {
		return err
	}
	byAccount := make(map[string]*GuardTarget, len(page))
	for i := range page {
		byAccount[page[i].AccountID] = &page[i]
	}
	for _, w := range rowsOf(watched) {
		if t := byAccount[w.AccountID]; t != nil {
			t.IndexEntries = append(t.IndexEntries, w)
		}
	}
	for _, e := range rowsOf(events) {
		if t := byAccount[e.AccountID]; t != nil {
			t.Events = append(t.Events, e)
		}
	}
	return nil
}

// GuardEnds returns the guarded positions of a user that ended, the last told first.
func (d *DB) GuardEnds(ctx context.Context, userID string, limit int) ([]models.GuardEvent, error) {
	rows, err := tolerant[models.GuardEvent](ctx, d, d.Gorm(ctx).Model(&models.GuardEvent{}).
		Where("user_id = ? AND kind = 'end' AND told_at IS NOT NULL", userID).Order("told_at DESC, id DESC").Limit(limit))
	return rowsOf(rows), err
}

// intentsAndEnds are the rows of guard_intent and, in their form, the ends of guarded
// positions: no sats were added, and the state says how the position ended.
const intentsAndEnds = `(
	SELECT id, run_id, user_id, account_id, trade_id, side, amount_sats, margin_before, margin_after, liquidation_before,
	       liquidation_after, entry_price, price, threshold, trigger_price, distance, funding_before, cash_in_margin_before,
	       cash_in_pl_before, state, resolution, http_status, error,
	       planned_at, sent_at, resolved_at, updated_at
	FROM axisor.guard_intent
	UNION ALL
	SELECT id, NULL, user_id, account_id, trade_id, side, 0::bigint, COALESCE(margin, 0), NULL::bigint, COALESCE(liquidation, 0),
	       NULL::double precision, 0::double precision, COALESCE(price, 0), 0::double precision, NULL::double precision, NULL::double precision,
	       0::bigint, 0::bigint, 0::bigint, replace(code, 'position_', ''), message, NULL::integer, NULL,
	       told_at, NULL::timestamp, told_at, told_at
	FROM axisor.guard_event WHERE kind = 'end' AND told_at IS NOT NULL
) AS guard_intent`
