package guard

import (
	"fmt"
	"time"

	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/models"
)

// How much a notice matters.
const (
	info     = "info"
	warning  = "warning"
	critical = "critical"
)

// The kinds of notices. They are part of what a receiver of alerts relies on.
const (
	noticeAdded       = "margin_added"
	noticeRefused     = "addition_refused"
	noticeNotApplied  = "addition_not_applied"
	noticeUnknown     = "addition_unknown"
	noticeUnprotected = "position_unprotected"
	noticeUserFailed  = "user_failed"
	noticeRunFailed   = "run_failed"
	noticeBreaker     = "breaker_open"
	noticeSurge       = "surge"
	noticeNear        = "position_near"
	noticeLiquidated  = string(marginguard.PositionLiquidated)
	noticeClosed      = string(marginguard.PositionClosed)
	noticeGone        = string(marginguard.PositionGone)
)

// outcomeNotice reports what became of one addition. It is stored in the
// transaction of the outcome.
func outcomeNotice(i models.GuardIntent) (*models.GuardNotice, error) {
	n := &models.GuardNotice{UserID: i.UserID, RunID: i.RunID, IntentID: &i.ID, TradeID: &i.TradeID}
	details := map[string]any{
		"amount_sats": i.AmountSats, "side": i.Side, "price": i.Price, "state": i.State,
		"margin_before": i.MarginBefore, "margin_after": i.MarginAfter,
		"liquidation_before": i.LiquidationBefore, "liquidation_after": i.LiquidationAfter,
	}
	switch i.State {
	case models.GuardApplied:
		n.Kind, n.Severity = noticeAdded, info
		n.Message = fmt.Sprintf("added %d sats to trade %s, liquidation moved from %.1f to %.1f",
			i.AmountSats, i.TradeID, i.LiquidationBefore, models.Deref(i.LiquidationAfter))
	case models.GuardRejected:
		n.Kind, n.Severity = noticeRefused, warning
		n.Message = fmt.Sprintf("an addition of %d sats to trade %s did not happen: %s", i.AmountSats, i.TradeID, reason(i))
	case models.GuardNotApplied:
		n.Kind, n.Severity = noticeNotApplied, warning
		n.Message = fmt.Sprintf("an addition of %d sats to trade %s turned out not to have happened", i.AmountSats, i.TradeID)
	default:
		n.Kind, n.Severity = noticeUnknown, critical
		n.Message = fmt.Sprintf("nobody knows whether %d sats were added to trade %s; the position is left alone: %s",
			i.AmountSats, i.TradeID, reason(i))
	}
	return n, stamp(n, details, i.UpdatedAt)
}

func stamp(n *models.GuardNotice, details map[string]any, at time.Time) error {
	n.CreatedAt, n.NextAttemptAt = at, at
	var err error
	n.Details, err = models.NewJSON(details)
	return err
}

// runNotices reports what a run leaves unprotected, and that it failed. They are
// stored with the end of the run.
func runNotices(runID string, r marginguard.Result, failure error) ([]models.GuardNotice, error) {
	var out []models.GuardNotice
	add := func(n models.GuardNotice, details map[string]any) error {
		if runID != "" {
			n.RunID = &runID
		}
		if err := stamp(&n, details, r.FinishedAt); err != nil {
			return err
		}
		out = append(out, n)
		return nil
	}
	for _, i := range r.Items {
		n := models.GuardNotice{Severity: warning, UserID: &i.UserID, Message: i.Error}
		if i.TradeID != "" {
			n.TradeID = &i.TradeID
		}
		switch {
		case i.Status == marginguard.StatusFailed && i.IntentID == "":
			n.Kind = noticeUserFailed
		case unprotected(i):
			n.Kind, n.Severity, n.Message = noticeUnprotected, critical, fmt.Sprintf("trade %s: %s", i.TradeID, i.Reason)
		default:
			continue
		}
		err := add(n, map[string]any{
			"verdict": i.Decision, "side": i.Side, "price": i.Price, "liquidation": i.Liquidation, "distance": hundredth(i.Distance),
			"margin": i.MarginBefore, "amount_sats": i.Amount,
		})
		if err != nil {
			return nil, err
		}
	}
	if failure != nil {
		err := add(models.GuardNotice{Kind: noticeRunFailed, Severity: critical, Message: "the guard run failed: " + failure.Error()},
			map[string]any{"users": r.Users, "added": r.Added, "failed": r.Failed, "unknown": r.Unknown})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// unprotected reports whether a position in danger stays there.
func unprotected(i marginguard.Item) bool {
	switch i.Decision {
	case marginguard.InsufficientBalance, marginguard.Capped, marginguard.MaxLeverageFloor, marginguard.PastLiquidation,
		marginguard.BelowMinimum, marginguard.Breaker:
		return i.Triggered
	case marginguard.Add:
		return i.Status == marginguard.StatusApplied && i.Insufficient
	}
	return false
}
