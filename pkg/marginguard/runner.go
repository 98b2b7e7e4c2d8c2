package marginguard

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// Options is what a Runner works with. Intents, Recorder and Locker may be nil
// for a runner that only ever does dry runs.
type Options struct {
	Source   Source
	Intents  Intents
	Recorder Recorder
	Locker   Locker
	Switch   Switch
	Prices   Prices
	Accounts Connector
	// Breakers, Observer and Journal may be nil.
	Breakers Breakers
	Observer Observer
	Journal  Journal

	Reading Reading
	Caps    Caps
	// WarnAt is the percentage of the way from entry to liquidation at which a
	// position counts as near its trigger; zero warns of none.
	WarnAt      float64
	Concurrency int
	// UserTimeout limits the reading and deciding for one user; a request that
	// moves money has CallTimeout of its own and is never cut short by it.
	UserTimeout time.Duration
	CallTimeout time.Duration
	Now         func() time.Time
	// Sleep waits between looks at a position; nil means really waiting.
	Sleep func(ctx context.Context, d time.Duration) error
	Log   *slog.Logger
}

// Runner carries decisions out.
type Runner struct{ o Options }

// Time limits, when the options name none.
const (
	defaultUserTimeout = 20 * time.Second
	defaultCallTimeout = 20 * time.Second
	storeTimeout       = 10 * time.Second
)

// New checks the options and fills in defaults.
func New(o Options) (*Runner, error) {
	if o.Source == nil || o.Switch == nil || o.Prices == nil || o.Accounts == nil || o.Now == nil {
		return nil, errors.New("runner: source, switch, prices, accounts and clock are required")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Reading == "" {
		o.Reading = Remaining
	}
	o.Concurrency = max(o.Concurrency, 1)
	if o.UserTimeout <= 0 {
		o.UserTimeout = defaultUserTimeout
	}
	if o.CallTimeout <= 0 {
		o.CallTimeout = defaultCallTimeout
	}
	if o.Sleep == nil {
		o.Sleep = wait
	}
	return &Runner{o: o}, nil
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Request says what one run is for.
type Request struct {
	UserID string
	// Users, when not nil, are the only ones to look at.
	Users  []string
	DryRun bool
	// MaxSats caps what the run adds in total; zero means no cap.
	MaxSats int64
	// Round, when not zero, is when the round began that this run is a part of:
	// the cap then counts for all runs of all processes since, and Spent is what
	// they had added when this one began.
	Round time.Time
	Spent int64
	// SurgeSats caps what the run adds, because runs do not use to add more; zero
	// means no limit. It is never less than the largest single addition that the
	// configurations ask for. A run that wants more ends with a *SurgeError after
	// it has shared out what the limit allows.
	SurgeSats int64
	// Everything keeps the positions that need nothing in the result.
	Everything bool

	off    string
	offset time.Duration
}

// Run looks at every target once. The result is valid, if incomplete, together
// with an error. Errors: *DisabledError, *MarketError, the Locker's own, the
// context's, and whatever the store failed with. Trouble of single users is in
// the result, not in the error.
func (r *Runner) Run(ctx context.Context, req Request) (Result, error) {
	result := Result{StartedAt: r.o.Now().UTC(), DryRun: req.DryRun, Reading: r.o.Reading, Items: []Item{}}
	if !req.DryRun {
		release, err := r.o.Locker.Lock(ctx)
		if err != nil {
			return result, err
		}
		defer release()
	}
	reason, off, err := r.o.Switch.Off(ctx)
	if err != nil {
		return result, err
	}
	if off && !req.DryRun {
		return result, &DisabledError{Reason: reason}
	}
	if req.offset, err = CheckClock(ctx, r.o.Prices, r.o.Log); err != nil {
		return result, err
	}
	market, err := ReadMarket(ctx, r.o.Prices, r.o.Now)
	if err != nil {
		return result, err
	}
	result.Price = market.LastPrice
	if !req.DryRun {
		// Only now: a run that found no usable exchange leaves no row behind.
		result.RunID, err = r.o.Recorder.StartRun(ctx, Run{
			Reading: r.o.Reading, UserID: req.UserID, Price: market.LastPrice, StartedAt: result.StartedAt,
		})
		if err != nil {
			return result, err
		}
	}
	if off {
		req.off = "for everybody: " + reason
	}
	failure := r.sweep(ctx, req, market, &result)
	result.FinishedAt = r.o.Now().UTC()
	result.sort()
	if !req.DryRun {
		failure = r.finish(ctx, result, failure)
	}
	return result, failure
}

// finish writes the end of the run even when the caller was interrupted.
func (r *Runner) finish(ctx context.Context, result Result, failure error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	if err := r.o.Recorder.FinishRun(ctx, result.RunID, result, failure); err != nil && failure == nil {
		return err
	}
	return failure
}

// sweep handles all targets and fills the result. A cap on the whole run needs
// two passes: the first finds out who is in danger, so that the sats go to the
// nearest to liquidation instead of to whoever is looked at first.
func (r *Runner) sweep(ctx context.Context, req Request, market Market, result *Result) error {
	first := r.newSession(req, market, result.RunID)
	if req.MaxSats <= 0 && req.SurgeSats <= 0 {
		err := first.all(ctx, nil)
		first.report(result)
		return r.note(ctx, first, err)
	}
	first.dry = true
	if err := first.all(ctx, nil); err != nil {
		first.report(result)
		return r.note(ctx, first, err)
	}
	limit, by := req.limit(first.items)
	shares := allot(first.items, max(limit-req.Spent, 0))
	shares.limit, shares.by = limit, by
	for id := range first.open {
		shares.users[id] = true
	}
	second := r.newSession(req, market, result.RunID)
	second.shares, second.jury = shares, first.jury
	second.jury.again()
	err := second.all(ctx, shares.users)
	second.merge(first, shares.users)
	second.report(result)
	if wanted := req.Spent + requestedSats(first.items); err == nil && by == LimitSurge && wanted > limit {
		err = &SurgeError{Planned: wanted, Limit: limit}
	}
	return r.note(ctx, second, err)
}

// limit is the smaller one of the two caps on everything that a run adds, in
// sats, and which of them it is.
func (r Request) limit(items []Item) (int64, Limit) {
	if r.SurgeSats <= 0 {
		return r.MaxSats, LimitRun
	}
	surge := max(r.SurgeSats, Largest(items))
	if r.MaxSats > 0 && r.MaxSats <= surge {
		return r.MaxSats, LimitRun
	}
	return surge, LimitSurge
}

// Largest is the largest single addition, in sats, that the configurations ask
// for among the positions of a run, in danger or not.
func Largest(items []Item) int64 {
	var most int64
	for _, i := range items {
		most = max(most, i.Requested)
	}
	return most
}

// requestedSats is what a dry pass would add, in sats.
func requestedSats(items []Item) (sats int64) {
	for _, i := range items {
		if i.Status == StatusPlanned {
			sats += i.Amount
		}
	}
	return sats
}

// note remembers how the keys did. A run that the exchange itself brought down
// says nothing about single keys.
func (r *Runner) note(ctx context.Context, s *session, failure error) error {
	var market *MarketError
	if r.o.Breakers == nil || s.req.DryRun || errors.As(failure, &market) {
		return failure
	}
	if len(s.replies) == 0 {
		return failure
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	if err := r.o.Breakers.Note(ctx, s.asked, s.replies); err != nil && failure == nil {
		return err
	}
	return failure
}

// allotment is the run's cap divided among positions.
type allotment struct {
	sats  map[string]map[string]int64 // user, trade
	users map[string]bool
	// limit is the cap, and by which one it is.
	limit int64
	by    Limit
}

func allot(items []Item, left int64) *allotment {
	ordered := Result{Items: append([]Item(nil), items...)}
	ordered.sort()
	out := &allotment{sats: map[string]map[string]int64{}, users: map[string]bool{}}
	for _, i := range ordered.Items {
		if i.Status != StatusPlanned {
			continue
		}
		out.users[i.UserID] = true
		if out.sats[i.UserID] == nil {
			out.sats[i.UserID] = map[string]int64{}
		}
		part := min(i.Amount, left)
		out.sats[i.UserID][i.TradeID] = part
		left -= part
	}
	return out
}

// session is the state of one pass over the targets.
type session struct {
	o      Options
	req    Request
	dry    bool
	off    string
	runID  string
	shares *allotment

	quotes  quotes
	trouble trouble
	jury    *jury

	mu          sync.Mutex
	items       []Item
	perTarget   map[string]int    // positions of each target
	looked      map[string]string // user of each target whose look came to its end
	open        map[string]bool   // users with intents left open earlier
	unreachable int
	// sealed and opened count the accounts whose credentials stayed closed, and
	// those that did not.
	sealed, opened int
	replies        []Reply // of keys that failed now or before
	asked          []Asked
}

func (r *Runner) newSession(req Request, market Market, runID string) *session {
	return &session{
		o: r.o, req: req, dry: req.DryRun, off: req.off, runID: runID,
		perTarget: map[string]int{}, looked: map[string]string{}, open: map[string]bool{},
		quotes: quotes{prices: r.o.Prices, now: r.o.Now, last: market},
		jury:   newJury(req.UserID != "" || req.Users != nil || !req.Round.IsZero()),
	}
}

// exchangeTime is the exchange's clock. Requests are stamped with it: machines
// whose clocks disagree must agree on how long ago one was sent, because an
// addition that was not made within a minute is taken for one that will not be.
func (s *session) exchangeTime() time.Time { return s.o.Now().Add(s.req.offset).UTC() }

// spentSince is the start of the window of the caps of a day, on the exchange's
// clock like the times at which additions were sent.
func (s *session) spentSince() time.Time { return s.exchangeTime().Add(-CapWindow) }

// all streams the targets through the workers; only, when not nil, names the
// users to look at.
func (s *session) all(caller context.Context, only map[string]bool) error {
	ctx, stop := context.WithCancelCause(caller)
	defer stop(nil)
	feed := make(chan Target)
	var workers sync.WaitGroup
	var work func()
	work = func() {
		for t := range feed {
			// While it waits for what others say of the price, another one goes on.
			replaced := false
			s.guard(ctx, t, stop, func() { replaced = true; workers.Go(work) })
			if replaced {
				return
			}
		}
	}
	for range s.o.Concurrency {
		workers.Go(work)
	}
	err := s.stream(ctx, feed, only)
	s.jury.over()
	close(feed)
	workers.Wait()
	if caller.Err() != nil {
		return caller.Err()
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if err == nil {
		err = s.jury.final()
	}
	if err == nil && s.unreachable > 0 && s.unreachable == len(s.perTarget) {
		return &MarketError{Reason: "no account could be reached on the exchange"}
	}
	// Of a part of the users, one broken row may be all there is.
	if err == nil && s.sealed > 0 && s.opened == 0 && s.req.Users == nil && s.req.Round.IsZero() {
		return &SealedError{Accounts: s.sealed}
	}
	return err
}

func (s *session) stream(ctx context.Context, feed chan<- Target, only map[string]bool) error {
	if only != nil && len(only) == 0 {
		return nil
	}
	q := Query{UserID: s.req.UserID, Users: s.req.Users, SpentSince: s.spentSince()}
	for t, err := range s.o.Source.Targets(ctx, q) {
		if err != nil {
			return err
		}
		if only != nil && !only[t.UserID] {
			continue
		}
		// Counted before a worker has it: nobody may be overlooked between the two.
		s.jury.begin()
		select {
		case feed <- t:
		case <-ctx.Done():
			s.jury.end()
			return ctx.Err()
		}
	}
	return nil
}
