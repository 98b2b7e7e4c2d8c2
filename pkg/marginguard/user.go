package marginguard

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"sync"
	"time"
)

// positionAge is the age from which positions are read again before another addition.
const positionAge = 8 * time.Second

// guard handles one user; nothing that happens to them reaches anybody else.
// stop ends the whole pass and is called only for trouble of the exchange; idle is
// called, at most once, when somebody else may have this one's turn.
func (s *session) guard(ctx context.Context, t Target, stop context.CancelCauseFunc, idle func()) {
	defer s.jury.end()
	if ctx.Err() != nil {
		return
	}
	w := &userRun{s: s, t: t, handled: map[string]string{}, idle: sync.OnceFunc(idle)}
	err := w.safely(ctx)
	if err != nil && ctx.Err() != nil {
		// The run was stopped, not the user: say nothing about them, and take what
		// was cut off for no fault of the exchange.
		err, w.stopped = nil, true
	}
	w.recordFault(err)
	if err != nil {
		w.items = append(w.items, w.failure(err))
	}
	s.keep(w, hostTrouble(err), errors.Is(err, ErrSealed))

	var market *MarketError
	if errors.As(err, &market) {
		stop(err)
		return
	}
	if err := s.jury.sure(); err != nil {
		stop(err)
		return
	}
	switch s.trouble.note(hostTrouble(err)) {
	case down:
		stop(&MarketError{Reason: "most requests to the exchange fail"})
	case doubtful:
		// Half of the calls fail. One more question decides whether that is
		// the users' bad luck or an exchange that is down.
		if _, err := ReadMarket(ctx, s.o.Prices, s.o.Now); err != nil && ctx.Err() == nil {
			stop(&MarketError{Reason: "the exchange stopped answering", Err: err})
		}
	}
}

// keep stores what was found out about one user.
func (s *session) keep(w *userRun, unreachable, sealed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case sealed:
		s.sealed++
	case w.x != nil:
		s.opened++
	}
	for i := range w.items {
		if w.items[i].Obstacle == "" {
			w.items[i].Obstacle = obstacleOf(w.items[i])
		}
	}
	s.perTarget[w.t.key()] = w.count
	if !w.stopped && !w.elsewhere && w.t.Disabled == "" {
		s.looked[w.t.key()] = w.t.UserID
	}
	s.items = append(s.items, w.items...)
	if unreachable {
		s.unreachable++
	}
	if len(w.t.Open) > 0 {
		s.open[w.t.UserID] = true
	}
	if refused := w.fault == Denied; w.x != nil && (refused || !w.fetchedAt.IsZero()) {
		s.asked = append(s.asked, Asked{UserID: w.t.UserID, AccountID: w.t.AccountID, Refused: refused})
	}
	if w.x != nil && (w.fault != "" || w.t.Failures > 0) {
		s.replies = append(s.replies, Reply{Target: w.t, Fault: w.fault, Reason: w.why})
	}
}

// userRun is one user being handled.
type userRun struct {
	s *session
	t Target
	x Exchange

	positions []Position
	fetchedAt time.Time
	funds     Funds
	funded    bool
	handled   map[string]string
	items     []Item
	count     int
	// fault is what speaks against the account's key, and why the words of it.
	fault Fault
	why   string
	// seen are the guarded positions that any read of this look showed.
	seen map[string]Side
	// limited counts the additions to a position that met the rate limit.
	limited map[string]int
	// closed is an account that could not be opened.
	closed bool
	// stopped is a look that the end of the run cut off, elsewhere an account that
	// another guard is for.
	stopped, elsewhere bool
	// voted says that the jury has heard of the positions; idle lets another user have
	// this one's turn.
	voted bool
	idle  func()
}

// recordFault remembers an answer of the exchange that speaks against the key.
func (w *userRun) recordFault(err error) {
	var e *ExchangeError
	if !errors.As(err, &e) {
		return
	}
	switch e.Fault {
	case Denied, Unavailable, Garbled:
		w.fault, w.why = e.Fault, err.Error()
	}
}

func (w *userRun) safely(ctx context.Context) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			w.s.o.Log.ErrorContext(ctx, "guarding a user panicked",
				"user_id", w.t.UserID, "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
			err = errors.New("internal error while guarding this user; the log has the details")
		}
	}()
	return w.run(ctx)
}

// run handles the user. Their time limit is for reading and deciding: it begins
// anew after an addition, which has its own.
func (w *userRun) run(ctx context.Context) error {
	verdicts, err := within(ctx, w.s.o.UserTimeout, w.begin)
	if err != nil || w.x == nil {
		return err
	}
	for {
		next := w.next(verdicts)
		if next < 0 || w.s.dry {
			w.keep(verdicts)
			if err := w.observe(ctx, verdicts); err != nil {
				return err
			}
			if o := w.s.o.Observer; o != nil {
				o.Saw(w.t, w.s.o.Reading, w.positions, w.fetchedAt)
			}
			return nil
		}
		if err := w.s.jury.trust(ctx, w.idle); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		w.add(ctx, verdicts[next])
		if verdicts, err = within(ctx, w.s.o.UserTimeout, w.settled); err != nil {
			return err
		}
	}
}

func within[T any](ctx context.Context, d time.Duration, do func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return do(ctx)
}

// begin opens the account, reads it, finds out what became of earlier additions and
// decides. Without an account there is nothing to decide.
func (w *userRun) begin(ctx context.Context) ([]Verdict, error) {
	if w.t.Disabled != "" && len(w.t.Open) == 0 {
		return nil, nil
	}
	w.reportDefects()
	if w.t.Problem != nil {
		return nil, w.t.Problem
	}
	if w.aside() {
		return nil, nil
	}
	x, err := w.s.o.Accounts.Connect(ctx, w.t)
	var elsewhere *ElsewhereError
	switch {
	case errors.As(err, &elsewhere):
		w.elsewhere = true
		w.pass(OtherNetwork, elsewhere.Reason)
		return nil, nil
	case err != nil:
		w.closed = true
		return nil, err
	}
	w.x = x
	if err := w.read(ctx); err != nil {
		return nil, err
	}
	w.count = len(w.positions)
	w.funds = Unread()
	if err := w.resolve(ctx); err != nil {
		return nil, err
	}
	return w.settled(ctx)
}

func (w *userRun) read(ctx context.Context) error {
	asked := w.s.o.Now()
	positions, err := w.x.Positions(ctx)
	if err != nil {
		return fmt.Errorf("read positions: %w", err)
	}
	w.positions, w.fetchedAt = positions, asked
	w.glimpse()
	return nil
}

// settled decides on data that is fresh and on a balance that is known when it
// matters.
func (w *userRun) settled(ctx context.Context) ([]Verdict, error) {
	if w.s.o.Now().Sub(w.fetchedAt) > positionAge {
		if err := w.read(ctx); err != nil {
			return nil, err
		}
	}
	verdicts, err := w.decide(ctx, false)
	if err != nil {
		return nil, err
	}
	if has(verdicts, Stale) || w.votes().contradict > 0 {
		// In a fast market the two answers may simply be seconds apart.
		if err := w.read(ctx); err != nil {
			return nil, err
		}
		if verdicts, err = w.decide(ctx, true); err != nil {
			return nil, err
		}
	}
	if !w.voted {
		w.voted = true
		w.s.jury.hear(w.votes())
	}
	if w.funded || !has(verdicts, Add) {
		return verdicts, nil
	}
	free, err := w.x.Balance(ctx)
	if err != nil {
		return nil, fmt.Errorf("read balance: %w", err)
	}
	w.funds, w.funded = w.s.o.Caps.NewFunds(free), true
	return w.decide(ctx, false)
}

// votes is what the user's positions say of the price that was read last.
func (w *userRun) votes() vote {
	w.s.quotes.mu.Lock()
	market := w.s.quotes.last
	w.s.quotes.mu.Unlock()
	return votes(w.positions, market)
}

func (w *userRun) decide(ctx context.Context, force bool) ([]Verdict, error) {
	market, err := w.s.quotes.get(ctx, force)
	if err != nil {
		return nil, err
	}
	in := Input{
		Config: w.t.Config, Reading: w.s.o.Reading, Positions: w.positions, PositionsFetchedAt: w.fetchedAt,
		Market: market, Funds: w.funds, Caps: w.s.o.Caps, Spent: w.t.Spent, RunLeft: NoCap,
		Frozen: w.handled, Disabled: w.off(), Now: w.s.o.Now(),
	}
	if w.s.shares != nil {
		in.Allowed, in.AllowedBy = w.s.shares.sats[w.t.UserID], w.s.shares.by
		if in.Allowed == nil {
			in.Allowed = map[string]int64{}
		}
	}
	return w.doubting(Decide(in), market), nil
}

// doubting takes no position for safe whose profit contradicts the price: by the price
// that the profit belongs to it may be in danger.
func (w *userRun) doubting(verdicts []Verdict, m Market) []Verdict {
	for n, v := range verdicts {
		if p := find(w.positions, v.TradeID); v.Decision == OK && p != nil {
			if why, _ := contradiction(*p, m); why != "" {
				verdicts[n] = v.because(PriceMismatch, why)
			}
		}
	}
	return verdicts
}

// off is why nothing may be added for this user. Only a dry run gets as far as
// this with the switch for everybody off.
func (w *userRun) off() string {
	if w.s.off != "" {
		return w.s.off
	}
	return w.t.Disabled
}

func (w *userRun) next(verdicts []Verdict) int {
	for i, v := range verdicts {
		if v.Decision == Add {
			return i
		}
	}
	return -1
}

func has(verdicts []Verdict, word Decision) bool {
	for _, v := range verdicts {
		if v.Decision == word {
			return true
		}
	}
	return false
}

// keep turns the last verdicts into items, except for positions that have one.
func (w *userRun) keep(verdicts []Verdict) {
	reported := map[string]bool{}
	for _, i := range w.items {
		if i.Decision != Resolve && i.Decision != Defective {
			reported[i.TradeID] = true
		}
	}
	w.reportDoubts(verdicts)
	w.reportUnused(verdicts)
	for _, v := range verdicts {
		if reported[v.TradeID] {
			continue
		}
		item := w.item(v, StatusSkipped)
		switch {
		case v.Quiet():
			item.Status = StatusOK
		case v.Decision == Add:
			item.Status = StatusPlanned
		case v.Decision == BadData || v.Decision == Stale || v.Decision == PriceMismatch:
			item.Status, item.Error = StatusFailed, v.Reason
		}
		w.items = append(w.items, item)
	}
}

func (w *userRun) item(v Verdict, status Status) Item {
	return Item{UserID: w.t.UserID, AccountID: w.t.AccountID, Verdict: v, Status: status}
}

func (w *userRun) failure(err error) Item {
	why := obstacleOfError(err)
	if w.closed && why == ObstacleFailed {
		why = ObstacleSealed
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("no answer within %s: %w", w.s.o.UserTimeout, err)
	}
	return Item{
		UserID: w.t.UserID, AccountID: w.t.AccountID, Status: StatusFailed, Error: err.Error(), Obstacle: why,
		Verdict: Verdict{Urgency: math.Inf(1), Reason: err.Error()},
	}
}
