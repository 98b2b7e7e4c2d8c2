package guard

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// intents is the write-ahead store of the runner.
type intents struct{ o Options }

// Plan implements marginguard.Intents.
func (s intents) Plan(ctx context.Context, p marginguard.Plan) (marginguard.Intent, error) {
	s.o.step(BeforePlan)
	v := p.Verdict
	row, err := s.o.DB.PlanGuardIntent(ctx, store.GuardPlan{
		Intent: models.GuardIntent{
			RunID: &p.RunID, UserID: &p.UserID, AccountID: &p.AccountID, TradeID: v.TradeID, Side: string(v.Side),
			AmountSats: v.Amount, MarginBefore: p.Before.Margin, LiquidationBefore: p.Before.Liquidation,
			EntryPrice: v.Entry, Price: v.Price, Threshold: v.Threshold, TriggerPrice: &v.Trigger, Distance: &v.Distance,
			FundingBefore: p.Before.SumFundingFees, CashInMarginBefore: p.Before.SumCashInMargin,
			CashInPLBefore: p.Before.SumCashInPL, PlannedAt: p.At, UpdatedAt: p.At,
		},
		SeenAt: p.SeenAt.UTC(), KnownIntents: p.KnownIntents, Since: p.Since, SpentSince: p.SpentSince, UserDayCap: capOf(p.UserDayCap), PositionDayCap: capOf(p.PositionDayCap),
		RoundCap: p.RoundCap, Round: p.Round,
	})
	if err != nil {
		return marginguard.Intent{}, runnerError(err)
	}
	s.o.step(Planned)
	return intent(row), nil
}

func capOf(sats int64) int64 {
	if sats == marginguard.NoCap {
		return 0
	}
	return sats
}

// MarkSent implements marginguard.Intents.
func (s intents) MarkSent(ctx context.Context, id string, at time.Time) error {
	s.o.step(BeforeSent)
	err := s.o.DB.MarkGuardIntentSent(ctx, id, at)
	s.o.step(MarkedSent)
	return runnerError(err)
}

// Settle implements marginguard.Intents.
func (s intents) Settle(ctx context.Context, done marginguard.Settlement) error {
	s.o.step(BeforeSettle)
	from := make([]models.GuardState, 0, len(done.From))
	for _, f := range done.From {
		from = append(from, models.GuardState(f))
	}
	err := s.o.DB.SettleGuardIntent(ctx, store.GuardOutcome{
		ID: done.IntentID, From: from, To: models.GuardState(done.To), Resolution: done.Resolution,
		HTTPStatus: done.HTTPStatus, Error: done.Error, MarginAfter: done.MarginAfter, LiquidationAfter: done.LiqAfter,
		At: done.At,
	}, func(row models.GuardIntent) ([]any, error) { return s.rows(row, done) })
	s.o.step(Settled)
	return runnerError(err)
}

// runnerError turns the store's reasons into the runner's.
func runnerError(err error) error {
	var round *store.GuardRoundError
	switch {
	case errors.As(err, &round):
		return &marginguard.RoundError{Spent: round.Spent, Cap: round.Cap}
	case errors.Is(err, store.ErrGuardCap):
		return fmt.Errorf("%w: %s", marginguard.ErrCapReached, strings.TrimPrefix(err.Error(), store.ErrGuardCap.Error()+": "))
	case errors.Is(err, store.ErrGuardOpen):
		return marginguard.ErrOpenIntent
	case errors.Is(err, store.ErrGuardOvertaken):
		return marginguard.ErrOvertaken
	case errors.Is(err, store.ErrGuardOff):
		return &marginguard.DisabledError{Reason: strings.TrimPrefix(err.Error(), store.ErrGuardOff.Error()+": ")}
	}
	return err
}

// rows are the traces of an outcome in the tables that the web application
// reads. An intent for which nothing was sent leaves none.
func (s intents) rows(i models.GuardIntent, done marginguard.Settlement) ([]any, error) {
	if !done.Went {
		return nil, nil
	}
	audit, err := s.audit(i, done)
	if err != nil {
		return nil, err
	}
	notice, err := outcomeNotice(i)
	if err != nil {
		return nil, err
	}
	rows := []any{audit, notice}
	// A trade log needs its user, and an outcome.
	if i.UserID != nil && !i.State.Open() {
		rows = append(rows, tradeLog(i, done))
	}
	return rows, nil
}

func tradeLog(i models.GuardIntent, done marginguard.Settlement) *models.TradeLog {
	action, amount, plan := "add_margin", float64(i.AmountSats), models.PlanType(done.PlanType)
	row := &models.TradeLog{
		UserID: *i.UserID, TradeID: i.TradeID, Status: models.TradeFailed, Action: &action, Amount: &amount,
		Price: &i.Price, ExecutedAt: models.Deref(i.SentAt),
	}
	if plan.Valid() {
		row.PlanType = &plan
	}
	if i.State == models.GuardApplied {
		row.Status = models.TradeSuccess
		return row
	}
	why := reason(i)
	row.ErrorMessage = &why
	return row
}

func reason(i models.GuardIntent) string {
	if i.Error != nil {
		return *i.Error
	}
	return models.Deref(i.Resolution)
}

// audit writes the row in the web application's own format, so that its audit
// screens show the guard's work.
func (s intents) audit(i models.GuardIntent, done marginguard.Settlement) (*models.AuditLog, error) {
	side := "long"
	if marginguard.Side(i.Side) == marginguard.Short {
		side = "short"
	}
	trigger := map[string]any{
		"currentPrice": i.Price, "triggerPrice": i.TriggerPrice, "distanceToLiquidation": i.Distance,
		"marginThreshold": i.Threshold, "positionSide": side, "entryPrice": i.EntryPrice,
		"liquidationPrice": i.LiquidationBefore, "currentMargin": i.MarginBefore,
	}
	row := &models.AuditLog{UserID: i.UserID, Action: "automation_success", Severity: "info"}
	resource, status := "automation_execution", "success"
	row.Resource = &resource
	if done.ConfigID != "" {
		row.ResourceID = &done.ConfigID
	}
	var result map[string]any
	var failure any
	if i.State == models.GuardApplied {
		result = map[string]any{
			"marginAdded": i.AmountSats, "fees": 0, "totalCost": i.AmountSats,
			"newMargin": i.MarginAfter, "newLiquidationPrice": i.LiquidationAfter, "apiResponse": nil,
		}
	} else {
		row.Action, row.Severity, status, failure = "automation_error", "error", "error", reason(i)
	}
	old := map[string]any{"trade_id": i.TradeID, "trigger_data": trigger, "execution_time": models.Deref(i.SentAt)}
	now := map[string]any{
		"trade_id": i.TradeID, "action": "add_margin", "status": status, "execution_result": result, "error_message": failure,
	}
	details := map[string]any{
		"automation_type": "margin_guard", "trade_id": i.TradeID, "action": "add_margin", "trigger_data": trigger,
		"execution_result": result, "execution_time_ms": done.Took.Milliseconds(), "timestamp": done.At,
		"intent_id": i.ID, "intent_state": i.State, "run_id": i.RunID, "amount_sats": i.AmountSats,
		"resolution": i.Resolution, "actor": s.o.Actor, "host": s.o.Host, "version": s.o.Version,
	}
	var err error
	for _, part := range []struct {
		to *models.JSON
		v  any
	}{{&row.OldValues, old}, {&row.NewValues, now}, {&row.Details, details}} {
		if *part.to, err = models.NewJSON(part.v); err != nil {
			return nil, err
		}
	}
	return row, nil
}
