package marginguard

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// resolve finds out what became of earlier additions before anything new is decided.
func (w *userRun) resolve(ctx context.Context) error {
	for _, i := range w.t.Open {
		if i.State == Planned {
			// No request went out for it. Should its author still live, its
			// next step fails, because the intent is not planned any more.
			err := w.settle(ctx, Settlement{
				IntentID: i.ID, From: []State{Planned}, To: Rejected, Resolution: "dropped before sending",
			})
			switch {
			case errors.Is(err, ErrOvertaken):
				w.handled[i.TradeID] = "another addition is under way"
			case err != nil:
				return err
			default:
				w.refund(i)
			}
			continue
		}
		state, why, now := w.judge(ctx, i, i.HTTPStatus)
		if state != Unknown || i.State != Unknown {
			done := Settlement{
				IntentID: i.ID, From: []State{Sent, Unknown}, To: state, Went: true, Resolution: why, HTTPStatus: i.HTTPStatus,
			}
			if now != nil {
				done.MarginAfter, done.LiqAfter = now.Margin, now.Liquidation
			}
			err := w.settle(ctx, done)
			if errors.Is(err, ErrOvertaken) {
				w.handled[i.TradeID] = "another addition is under way"
				continue
			}
			if err != nil {
				return err
			}
		}
		item := w.resolved(i, now, state, why)
		w.items = append(w.items, item)
		switch state {
		case NotApplied, Rejected:
			w.refund(i)
		case Applied:
			w.t.Spent.remember(i.TradeID, i.SentAt)
		default:
			w.handled[i.TradeID] = "an earlier addition of " + fmt.Sprint(i.Amount) + " sats has no known outcome: " + why
		}
	}
	return nil
}

func (w *userRun) resolved(i Intent, now *Position, state State, why string) Item {
	v := Verdict{
		TradeID: i.TradeID, Side: i.Side, Decision: Resolve, Amount: i.Amount, Reason: "earlier addition: " + why,
		MarginBefore: i.Before.Margin, MarginAfter: i.Before.Margin,
		Liquidation: i.Before.Liquidation, LiquidationAfter: i.Before.Liquidation,
	}
	if now != nil {
		v.MarginAfter, v.LiquidationAfter = now.Margin, now.Liquidation
	}
	item := w.item(v, Status(state))
	item.IntentID = i.ID
	if state == Unknown {
		item.Error = why
	}
	return item
}

// refund gives back what an intent had reserved.
func (w *userRun) refund(i Intent) {
	if spentAt(i).Before(w.s.spentSince()) {
		return
	}
	w.t.Spent.UserDay -= i.Amount
	if w.t.Spent.PositionDay != nil {
		w.t.Spent.PositionDay[i.TradeID] -= i.Amount
	}
}

// spentAt is when an intent counts as spent from.
func spentAt(i Intent) time.Time {
	if i.SentAt.IsZero() {
		return i.PlannedAt
	}
	return i.SentAt
}

func (s *Spent) remember(tradeID string, at time.Time) {
	if s.LastAdd == nil {
		s.LastAdd = map[string]time.Time{}
	}
	s.LastAdd[tradeID] = at
}

func (s *Spent) book(tradeID string, sats int64, at time.Time) {
	s.UserDay += sats
	if s.PositionDay == nil {
		s.PositionDay = map[string]int64{}
	}
	s.PositionDay[tradeID] += sats
	s.remember(tradeID, at)
}

// add carries one addition through its states. Whatever happens, the position
// is not touched again in this run.
func (w *userRun) add(ctx context.Context, v Verdict) {
	ctx, stop := context.WithTimeout(ctx, w.s.o.UserTimeout)
	defer stop()
	w.handled[v.TradeID] = "handled in this run"
	w.replaced(v.TradeID)
	p := find(w.positions, v.TradeID)
	position := w.s.o.Caps.positionDay(*p, w.t.Spent.PositionDay[v.TradeID])
	var round int64
	if !w.s.req.Round.IsZero() && w.s.shares != nil {
		round = w.s.shares.limit
	}
	intent, err := w.s.o.Intents.Plan(ctx, Plan{
		RunID: w.s.runID, UserID: w.t.UserID, AccountID: w.t.AccountID, Verdict: v, Before: snapshotOf(*p), SeenAt: w.fetchedAt,
		KnownIntents: w.t.KnownIntents[v.TradeID], Since: w.t.Since,
		UserDayCap: w.s.o.Caps.UserDaySats, PositionDayCap: position, RoundCap: round, Round: w.s.req.Round,
		SpentSince: w.s.spentSince(), At: w.s.o.Now().UTC(),
	})
	var rest *RoundError
	switch {
	case errors.As(err, &rest) && rest.Spent < rest.Cap:
		// Others were faster with a part of what this run had shared out. It gets what they left.
		w.s.shares.sats[w.t.UserID][v.TradeID] = rest.Cap - rest.Spent
		delete(w.handled, v.TradeID)
		return
	case err != nil:
		w.refuse(ctx, v, err)
		return
	}
	w.counted(v.TradeID)
	item := w.item(v, StatusFailed)
	item.IntentID = intent.ID
	// Waiting for the rate limit comes before the request counts as sent, and
	// before the last look at how old the data has become.
	why := w.x.Ready(ctx)
	if why == nil {
		why = w.tooLate(v)
	}
	if why != nil {
		w.drop(ctx, &item, why)
		return
	}
	// The time limit of the request begins before it counts as sent: a process
	// that is held up in between sends nothing when it goes on, by when others
	// may have concluded that nothing was sent.
	alive := context.WithoutCancel(ctx)
	call, cancel := context.WithTimeout(alive, w.s.o.CallTimeout)
	defer cancel()
	sent := w.s.exchangeTime()
	if err := w.s.o.Intents.MarkSent(ctx, intent.ID, sent); err != nil {
		w.drop(ctx, &item, err)
		return
	}
	intent.SentAt, intent.State = sent, Sent
	// The database may have taken its time. Nothing has left this machine yet.
	why = w.tooLate(v)
	if why == nil && call.Err() != nil {
		why = errors.New("writing it down took longer than a request may")
	}
	if why != nil {
		w.drop(ctx, &item, why)
		return
	}
	w.send(alive, call, intent, &item)
	w.items = append(w.items, item)
}

// refuse reports an addition that the store did not let pass.
func (w *userRun) refuse(ctx context.Context, v Verdict, err error) {
	item := w.item(v, StatusSkipped)
	item.Amount, item.MarginAfter, item.LiquidationAfter = 0, v.MarginBefore, v.Liquidation
	item.Error = err.Error()
	var off *DisabledError
	switch {
	case stopped(ctx):
		item.Error, item.Obstacle = ErrStopped.Error(), ObstacleStopped
	case errors.As(err, &off):
		item.Decision = Disabled
	case errors.Is(err, ErrCapReached):
		item.Decision = Capped
	case errors.Is(err, ErrOpenIntent), errors.Is(err, ErrOvertaken):
		item.Decision = Frozen
	default:
		item.Status = StatusFailed
	}
	w.items = append(w.items, item)
}

// stopped reports whether the run was stopped, as opposed to the time of one user
// being over: what it then did not come to has not failed.
func stopped(ctx context.Context) bool { return errors.Is(ctx.Err(), context.Canceled) }

// drop gives up an intent for which no request went out.
func (w *userRun) drop(ctx context.Context, item *Item, why error) {
	item.Error = why.Error()
	item.MarginAfter, item.LiquidationAfter, item.Amount = item.MarginBefore, item.Liquidation, 0
	var off *DisabledError
	if errors.As(why, &off) {
		item.Decision, item.Status = Disabled, StatusSkipped
	} else if stopped(ctx) {
		item.Status, item.Error, item.Obstacle = StatusSkipped, ErrStopped.Error(), ObstacleStopped
	}
	w.items = append(w.items, *item)
	err := w.settle(ctx, Settlement{
		IntentID: item.IntentID, From: []State{Planned, Sent}, To: Rejected, Resolution: "not sent: " + why.Error(),
	})
	if err != nil && !errors.Is(err, ErrOvertaken) {
		w.s.o.Log.WarnContext(ctx, "intent stays open until the next run", "intent_id", item.IntentID, "error", err.Error())
	}
}

// tooLate looks at the clock and the price once more, as late as possible.
func (w *userRun) tooLate(v Verdict) error {
	now := w.s.o.Now()
	if age := now.Sub(w.fetchedAt); age > MaxPositionAge {
		return fmt.Errorf("the positions are %s old", age.Round(time.Second))
	}
	w.s.quotes.mu.Lock()
	market := w.s.quotes.last
	w.s.quotes.mu.Unlock()
	if age := now.Sub(market.ReadAt); age > MaxPriceAge {
		return fmt.Errorf("the price is %s old", age.Round(time.Second))
	}
	p := find(w.positions, v.TradeID)
	if p == nil || p.problem() != "" {
		return errors.New("the position cannot be read any more")
	}
	if sure, _ := p.believed(); past(sure, market.priceFor(sure)) {
		return errors.New("the price passed liquidation")
	}
	return nil
}

// send makes the one request and finds out what became of it. A signal or the
// user's time limit does not cut it short: half a conversation about money is
// worse than a late end.
func (w *userRun) send(alive, call context.Context, i Intent, item *Item) {
	began := w.s.o.Now()
	answer, err := w.post(call, i)
	done := Settlement{IntentID: i.ID, From: []State{Sent, Unknown}, Went: true, Took: w.s.o.Now().Sub(began)}
	if err != nil {
		done.Error = err.Error()
		item.Error = err.Error()
		w.recordFault(err)
	}
	heard := w.s.o.Now()
	w.prove(alive, i, answer, err, &done)
	if item.Error == "" {
		item.Error = done.Error
	}
	w.close(alive, i, item, done)
	w.again(i, done, err, heard)
}

// close stores the outcome and reports it.
func (w *userRun) close(ctx context.Context, i Intent, item *Item, done Settlement) {
	switch done.To {
	case Applied:
		item.Status, item.Error = StatusApplied, ""
		item.MarginAfter, item.LiquidationAfter = done.MarginAfter, done.LiqAfter
		w.t.Spent.book(i.TradeID, i.Amount, i.SentAt)
		w.funds.Budget = spend(w.funds.Budget, i.Amount)
		w.funds.Free = spend(w.funds.Free, i.Amount)
	case Unknown:
		item.Status = StatusUnknown
		if item.Error == "" {
			item.Error = done.Resolution
		}
		// It counts as spent until it is known not to be.
		w.t.Spent.book(i.TradeID, i.Amount, i.SentAt)
		w.funds.Budget = spend(w.funds.Budget, i.Amount)
		w.funds.Free = spend(w.funds.Free, i.Amount)
	default:
		item.Status = Status(done.To)
		item.MarginAfter, item.LiquidationAfter = item.MarginBefore, item.Liquidation
		if item.Error == "" {
			item.Error = done.Resolution
		}
	}
	if err := w.settle(ctx, done); err != nil && !errors.Is(err, ErrOvertaken) {
		// The intent stays sent; the next run reads the position back.
		item.Status, item.Error = StatusUnknown, err.Error()
	}
}

// settle stores an outcome, on borrowed time if the user's is over.
func (w *userRun) settle(ctx context.Context, s Settlement) error {
	s.ConfigID, s.PlanType, s.At = w.t.ConfigID, w.t.PlanType, w.s.o.Now().UTC()
	if w.s.dry {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	return w.s.o.Intents.Settle(ctx, s)
}
