package marginguard

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// lookAgain are the pauses between looks at a position whose addition got no
// answer: the exchange may still be at work on it.
var lookAgain = []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}

// How often an addition that met the exchange's rate limit goes out again in the
// same run, and how long to wait for that where the exchange does not say.
const (
	limitedTries = 3
	limitedPause = time.Second
)

// post sends the request and returns the answer, where the exchange passes it on.
func (w *userRun) post(ctx context.Context, i Intent) (*Answer, error) {
	if x, ok := w.x.(Witness); ok {
		return x.AddMarginSeen(ctx, i.TradeID, i.Amount)
	}
	return nil, w.x.AddMargin(ctx, i.TradeID, i.Amount)
}

// prove fills in what became of a request: proven by the answer, or else by the
// position, whatever the answer was.
func (w *userRun) prove(ctx context.Context, i Intent, a *Answer, err error, done *Settlement) {
	status, refused := refused(err)
	if err == nil {
		status = http.StatusOK
	}
	done.HTTPStatus = status
	if err == nil && a != nil && sameID(a.Position.ID, i.TradeID) {
		if why := shows(i, a.Position); why != "" {
			if a.Ended {
				why = "applied, then closed: " + why
			}
			done.To, done.Resolution = Applied, "the exchange's answer: "+why
			done.MarginAfter, done.LiqAfter = a.Position.Margin, a.Position.Liquidation
			w.learn(*a)
			return
		}
	}
	for n := 0; ; n++ {
		if failed := w.readBack(ctx, i, done); failed != nil {
			if done.Error == "" {
				done.Error = failed.Error()
			}
			done.To, done.Resolution = Unknown, "the position could not be read back"
			return
		}
		now := find(w.positions, i.TradeID)
		if done.To != Unknown || now == nil || now.Unreadable != "" {
			return
		}
		if _, applied, unchanged := compare(i, *now); !unchanged || applied {
			return
		}
		// The exchange has finished with the request and says no, and the margin
		// is what it was.
		if refused {
			done.To, done.Resolution = Rejected, "refused by the exchange, and the margin is unchanged"
			return
		}
		if status != 0 || n == len(lookAgain) || w.s.o.Sleep(ctx, lookAgain[n]) != nil {
			return
		}
	}
}

// shows says how an answer proves an addition, or nothing. The user may have added
// something as well since the position was read, so more than expected proves it,
// too.
func shows(i Intent, p Position) string {
	grown, applied, unchanged := compare(i, p)
	if grown >= i.Amount || applied && !unchanged {
		return fmt.Sprintf("the margin grew by %d sats", grown)
	}
	return ""
}

// learn puts what an answer says in the place of what was read before.
func (w *userRun) learn(a Answer) {
	for n := range w.positions {
		if !sameID(w.positions[n].ID, a.Position.ID) {
			continue
		}
		if a.Ended {
			w.positions = slices.Delete(w.positions, n, n+1)
			return
		}
		a.Position.ID = w.positions[n].ID
		w.positions[n] = a.Position
		return
	}
}

// readBack judges the request by the position.
func (w *userRun) readBack(ctx context.Context, i Intent, done *Settlement) error {
	call, cancel := context.WithTimeout(ctx, w.s.o.CallTimeout)
	defer cancel()
	if err := w.read(call); err != nil {
		return err
	}
	var now *Position
	done.To, done.Resolution, now = w.judge(call, i, done.HTTPStatus)
	if now != nil {
		done.MarginAfter, done.LiqAfter = now.Margin, now.Liquidation
	}
	return nil
}

// judge says what became of an addition, from the positions as they were just
// read and what its request was answered with; status is zero when there was no
// answer. The position is as it was last seen, nil when it was not.
func (w *userRun) judge(ctx context.Context, i Intent, status int) (State, string, *Position) {
	now := find(w.positions, i.TradeID)
	if now == nil {
		state, why, last := w.ended(ctx, i, status)
		return state, "read back: " + why, last
	}
	state, why := Judge(i, now, w.s.exchangeTime().Sub(i.SentAt))
	if grown := now.Margin - i.Before.Margin; state == Unknown && now.Unreadable == "" && accepted(status) && grown >= i.Amount {
		state, why = Applied, fmt.Sprintf("the exchange accepted it, and the margin grew by %d sats", grown)
	}
	return state, "read back: " + why, now
}

func accepted(status int) bool { return status >= 200 && status < 300 }

// ended judges an addition to a position that is not running any more.
func (w *userRun) ended(ctx context.Context, i Intent, status int) (State, string, *Position) {
	if accepted(status) {
		return Applied, "applied, then closed: the exchange accepted it, and the position is not running any more", nil
	}
	x, ok := w.x.(Witness)
	if !ok {
		return Unknown, "the position is not running any more", nil
	}
	last, err := x.Ended(ctx, i.TradeID)
	switch {
	case err != nil:
		return Unknown, "the position is closed, and closed positions cannot be read: " + err.Error(), nil
	case last == nil:
		return Unknown, "the position is neither among the running nor among the newest closed ones", nil
	}
	grown, applied, unchanged := compare(i, *last)
	switch {
	case applied && !unchanged:
		return Applied, fmt.Sprintf("applied, then closed: the closed position had grown by %d sats", grown), last
	case unchanged && !applied:
		return Rejected, "closed: the position ended with the margin that it had before", last
	}
	return Unknown, fmt.Sprintf("the position is closed, and its margin changed by %d sats, which the addition of %d does not explain", grown, i.Amount), last
}

// counted remembers that one more intent of the position is known.
func (w *userRun) counted(tradeID string) {
	if w.t.KnownIntents == nil {
		w.t.KnownIntents = map[string]int64{}
	}
	w.t.KnownIntents[tradeID]++
}

// again lets a position be decided on once more when its addition met the rate
// limit and was proven not to have been made, once the pause is over that the
// exchange asked for. The pause itself passed while the position was read back:
// it holds for every request.
func (w *userRun) again(i Intent, done Settlement, err error, heard time.Time) {
	var e *ExchangeError
	if done.To != Rejected || !errors.As(err, &e) || e.Fault != Limited || w.limited[i.TradeID] >= limitedTries {
		return
	}
	pause := e.RetryAfter
	if pause <= 0 {
		pause = limitedPause
	}
	if w.s.o.Now().Before(heard.Add(pause)) {
		return
	}
	if w.limited == nil {
		w.limited = map[string]int{}
	}
	w.limited[i.TradeID]++
	delete(w.handled, i.TradeID)
}

// replaced takes back the report of an addition that goes out again.
func (w *userRun) replaced(tradeID string) {
	if w.limited[tradeID] > 0 {
		w.items = slices.DeleteFunc(w.items, func(i Item) bool {
			return i.TradeID == tradeID && i.Decision == Add && i.Status == StatusRejected
		})
	}
}
