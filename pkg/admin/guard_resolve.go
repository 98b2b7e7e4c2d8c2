package admin

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// inFlight is how long after sending an addition nobody may judge it by hand:
// its request may still be under way.
const inFlight = time.Minute

// ResolveGuardIntent records what an operator found out about an addition whose
// outcome the guard could not find out itself. Until then the position is not
// touched. It needs a reason, and it moves no money.
func (s *Service) ResolveGuardIntent(ctx context.Context, mode Mode, id string, applied bool) (Change[models.GuardIntent], error) {
	change := Change[models.GuardIntent]{Status: words.Updated, DryRun: mode.DryRun}
	reason := strings.TrimSpace(mode.Reason)
	if reason == "" {
		return change, &InputError{Field: "reason", Rule: "a reason is needed", Hint: `add --reason "why"`}
	}
	to := models.GuardNotApplied
	if applied {
		to = models.GuardApplied
	}
	err := s.write(ctx, mode, func(t *txn) error {
		before, err := t.db.GuardIntentByID(ctx, id)
		if err != nil {
			return err
		}
		id = before.ID
		change.Before, change.After = &before, &before
		if before.State == to {
			change.Status = words.Unchanged
			return nil
		}
		if err := resolvable(before, t.now); err != nil {
			return err
		}
		return t.db.SettleGuardIntent(ctx, store.GuardOutcome{
			ID: id, From: []models.GuardState{before.State}, To: to, Resolution: "operator: " + reason,
			Error: models.Deref(before.Error), MarginAfter: models.Deref(before.MarginAfter),
			LiquidationAfter: models.Deref(before.LiquidationAfter), HTTPStatus: int(models.Deref(before.HTTPStatus)), At: t.now,
		}, func(after models.GuardIntent) ([]any, error) {
			change.After = &after
			err := t.audit(ctx, "guard.resolve", "guard_intent", id, after.UserID,
				map[string]any{"state": before.State}, map[string]any{"state": to, "amount_sats": after.AmountSats, "trade_id": after.TradeID})
			return tradeLogOf(after), err
		})
	})
	return change, err
}

// resolvable refuses what is decided, what was never sent, and what may still
// be under way.
func resolvable(i models.GuardIntent, now time.Time) error {
	switch {
	case !i.State.Open():
		return &ConflictError{
			Kind: "guard_intent", Existing: i.ID,
			Message: fmt.Sprintf("the addition is %s already", i.State), Hint: "axisor guard history",
		}
	case i.SentAt == nil:
		return &ConflictError{
			Kind: "guard_intent", Existing: i.ID,
			Message: "the addition was never sent", Hint: "the next guard run drops it",
		}
	case now.Sub(*i.SentAt) < inFlight:
		return &ConflictError{
			Kind: "guard_intent", Existing: i.ID,
			Message: "the addition was sent less than a minute ago and may still be under way", Hint: "run it again in a minute",
		}
	}
	return nil
}

// tradeLogOf is the log of an addition that an operator judged; without a user
// there is nobody to log it for.
func tradeLogOf(i models.GuardIntent) []any {
	if i.UserID == nil {
		return nil
	}
	row := &models.TradeLog{
		UserID: *i.UserID, TradeID: i.TradeID, Status: models.TradeFailed, Action: new("add_margin"),
		Amount: new(float64(i.AmountSats)), Price: &i.Price, ExecutedAt: models.Deref(i.SentAt),
	}
	if i.State == models.GuardApplied {
		row.Status = models.TradeSuccess
	} else {
		row.ErrorMessage = i.Resolution
	}
	return []any{row}
}
