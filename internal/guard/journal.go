package guard

import (
	"context"
	"fmt"
	"time"

	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/store"
)

// journal keeps what happened to guarded positions beside additions, and tells of it.
type journal struct{ o Options }

// Note implements marginguard.Journal.
func (j journal) Note(ctx context.Context, o marginguard.Observation) error {
	var events []store.GuardEventNotice
	var over []store.GuardEventKey
	for _, id := range o.Returned {
		over = append(over, store.GuardEventKey{AccountID: o.AccountID, TradeID: id, Kind: models.GuardEventEnd})
	}
	for _, id := range o.Recovered {
		over = append(over, store.GuardEventKey{AccountID: o.AccountID, TradeID: id, Kind: models.GuardEventNear})
	}
	for _, e := range o.Ended {
		made, err := ended(o, e)
		if err != nil {
			return err
		}
		events = append(events, made)
		if e.Decision != "" { // what ended is near nothing any more
			over = append(over, store.GuardEventKey{AccountID: o.AccountID, TradeID: e.TradeID, Kind: models.GuardEventNear})
		}
	}
	for _, a := range o.Near {
		made, err := approached(o, a)
		if err != nil {
			return err
		}
		events = append(events, made)
	}
	return j.o.DB.NoteGuardEvents(ctx, events, over)
}

// ended is the event of a position that is not running any more. One of which it is
// not known yet how it ended is told later.
func ended(o marginguard.Observation, e marginguard.Ending) (store.GuardEventNotice, error) {
	row := models.GuardEvent{
		AccountID: o.AccountID, TradeID: e.TradeID, Kind: models.GuardEventEnd, UserID: o.UserID, Side: string(e.Side),
		Code: string(e.Decision), Message: e.Reason, SeenAt: o.At,
	}
	if c := e.Closing; c != nil {
		p := c.Position
		row.Margin, row.Profit = &p.Margin, &p.PL
		row.Price, row.Liquidation, row.ClosedAt = priceOf(c.ExitPrice), priceOf(p.Liquidation), timeOf(c.ClosedAt)
	}
	if e.Decision == "" {
		row.Code = noticeGone
		return store.GuardEventNotice{Event: row}, nil
	}
	row.ToldAt = &o.At
	severity := map[marginguard.Decision]string{marginguard.PositionLiquidated: critical, marginguard.PositionClosed: info}[e.Decision]
	if severity == "" {
		severity = warning
	}
	return withNotice(row, severity, map[string]any{
		"side": row.Side, "exit_price": row.Price, "liquidation": row.Liquidation, "margin": row.Margin, "profit": row.Profit, "closed_at": row.ClosedAt,
	})
}

// approached is the event of a position that came near its trigger.
func approached(o marginguard.Observation, a marginguard.Approach) (store.GuardEventNotice, error) {
	v := a.Verdict
	row := models.GuardEvent{
		AccountID: o.AccountID, TradeID: marginguard.CanonicalID(v.TradeID), Kind: models.GuardEventNear, UserID: o.UserID, Side: string(v.Side),
		Code: noticeNear, Price: priceOf(v.Price), Liquidation: priceOf(v.Liquidation), Margin: &v.MarginBefore, SeenAt: o.At, ToldAt: &o.At,
		Message: fmt.Sprintf("%.1f %% of the way to liquidation is left at %.1f; margin is added from %.1f on, liquidation is at %.1f",
			a.Left, v.Price, v.Trigger, v.Liquidation),
	}
	if a.Silent {
		return store.GuardEventNotice{Event: row}, nil
	}
	return withNotice(row, warning, map[string]any{
		"side": row.Side, "price": v.Price, "trigger": v.Trigger, "liquidation": v.Liquidation, "way_left": hundredth(a.Left),
		"margin": v.MarginBefore, "amount_sats": v.Requested,
	})
}

// withNotice is an event with its notice.
func withNotice(row models.GuardEvent, severity string, details map[string]any) (store.GuardEventNotice, error) {
	n := &models.GuardNotice{
		Kind: row.Code, Severity: severity, UserID: &row.UserID, TradeID: &row.TradeID, Message: fmt.Sprintf("trade %s: %s", row.TradeID, row.Message),
	}
	return store.GuardEventNotice{Event: row, Notice: n}, stamp(n, details, *row.ToldAt)
}

// happened fills in what is known of the positions of a target.
func happened(t *marginguard.Target, events []models.GuardEvent) {
	t.Lost, t.Told, t.Near = map[string]time.Time{}, map[string]bool{}, map[string]bool{}
	for _, e := range events {
		switch {
		case e.Kind == models.GuardEventNear:
			t.Near[e.TradeID] = true
		case e.ToldAt == nil:
			t.Lost[e.TradeID] = e.SeenAt
		default:
			t.Told[e.TradeID] = true
		}
	}
}

func priceOf(x float64) *float64 {
	if x <= 0 {
		return nil
	}
	return &x
}

func timeOf(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return new(at.UTC())
}
