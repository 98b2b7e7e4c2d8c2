package marginguard

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// world is an exchange and a store in memory, with a clock that only moves when
// a test moves it.
type world struct {
	mu      sync.Mutex
	now     time.Time
	price   float64
	offset  time.Duration
	down    error
	off     string
	locked  bool
	targets []Target
	trades  map[string][]Position // by user
	balance map[string]int64
	intents []*Intent
	settled []Settlement
	posts   []string
	runs    int
	done    int
	failure error

	// onPost decides what happens to a request: whether it is applied and what
	// the caller hears.
	onPost    func(user, trade string) (apply bool, err error)
	onConnect func(user string) error
	onRead    func(ctx context.Context, user string) error
	onPlan    func()
	onSent    func()
}

func newWorld() *world {
	return &world{
		now: noon, price: 95000, trades: map[string][]Position{}, balance: map[string]int64{},
		onPost: func(string, string) (bool, error) { return true, nil },
	}
}

// user adds somebody with one long of 25x, opened at 95000.
func (w *world) user(id string) {
	w.targets = append(w.targets, Target{
		UserID: id, AccountID: "acc-" + id, ConfigID: "cfg-" + id,
		Config: Config{Mode: Global, Threshold: 10, AddPercent: 20},
	})
	w.trades[id] = []Position{position("aa-"+id, Long, 5000, 95000, 210526, 95000)}
	w.balance[id] = 10_000_000
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) Targets(_ context.Context, q Query) iter.Seq2[Target, error] {
	return func(yield func(Target, error) bool) {
		for _, t := range w.targets {
			if q.UserID != "" && q.UserID != t.UserID {
				continue
			}
			w.mu.Lock()
			t.Open, t.Spent = nil, Spent{PositionDay: map[string]int64{}, LastAdd: map[string]time.Time{}}
			for _, i := range w.intents {
				if !sameID(i.TradeID, "aa-"+t.UserID) {
					continue
				}
				switch i.State {
				case Planned, Sent, Unknown:
					t.Open = append(t.Open, *i)
				case Applied:
					t.Spent.LastAdd[i.TradeID] = i.SentAt
				default:
					continue
				}
				t.Spent.UserDay += i.Amount
				t.Spent.PositionDay[i.TradeID] += i.Amount
			}
			w.mu.Unlock()
			if !yield(t, nil) {
				return
			}
		}
	}
}

func (w *world) Plan(_ context.Context, p Plan) (Intent, error) {
	if w.onPlan != nil {
		w.onPlan()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, i := range w.intents {
		if i.TradeID == p.Verdict.TradeID && slices.Contains([]State{Planned, Sent, Unknown}, i.State) {
			return Intent{}, ErrOpenIntent
		}
	}
	i := &Intent{
		ID: fmt.Sprintf("intent-%d", len(w.intents)+1), TradeID: p.Verdict.TradeID, Side: p.Verdict.Side,
		Amount: p.Verdict.Amount, State: Planned, Before: p.Before, PlannedAt: p.At,
	}
	w.intents = append(w.intents, i)
	return *i, nil
}

func (w *world) MarkSent(_ context.Context, id string, at time.Time) error {
	if w.onSent != nil {
		w.onSent()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.off != "" {
		return &DisabledError{Reason: w.off}
	}
	i := w.find(id)
	if i.State != Planned {
		return ErrOvertaken
	}
	i.State, i.SentAt = Sent, at
	return nil
}

func (w *world) Settle(_ context.Context, s Settlement) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := w.find(s.IntentID)
	if !slices.Contains(s.From, i.State) {
		return ErrOvertaken
	}
	i.State = s.To
	w.settled = append(w.settled, s)
	return nil
}

func (w *world) find(id string) *Intent {
	for _, i := range w.intents {
		if i.ID == id {
			return i
		}
	}
	panic("no intent " + id)
}

func (w *world) StartRun(context.Context, Run) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.runs++
	return fmt.Sprintf("run-%d", w.runs), nil
}

func (w *world) FinishRun(_ context.Context, _ string, _ Result, failure error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done, w.failure = w.done+1, failure
	return nil
}

var errLocked = errors.New("locked")

func (w *world) Lock(context.Context) (func(), error) {
	if w.locked {
		return nil, errLocked
	}
	return func() {}, nil
}

func (w *world) Off(context.Context) (string, bool, error) { return w.off, w.off != "", nil }

func (w *world) Offset(context.Context) (time.Duration, error) { return w.offset, w.down }

func (w *world) Ticker(context.Context) (Market, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return Market{LastPrice: w.price, Index: w.price}, w.down
}

func (w *world) Connect(_ context.Context, t Target) (Exchange, error) {
	if w.onConnect != nil {
		if err := w.onConnect(t.UserID); err != nil {
			return nil, err
		}
	}
	return account{w, t.UserID}, nil
}

type account struct {
	w    *world
	user string
}

func (a account) Positions(ctx context.Context) ([]Position, error) {
	if a.w.onRead != nil {
		if err := a.w.onRead(ctx, a.user); err != nil {
			return nil, err
		}
	}
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	out := slices.Clone(a.w.trades[a.user])
	for i := range out {
		out[i].PL = out[i].maths().PLSats(a.w.price)
		out[i].Liquidation, _ = out[i].maths().Liquidation()
	}
	return out, nil
}

func (a account) Balance(context.Context) (int64, error) {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	return a.w.balance[a.user], nil
}

func (a account) Ready(context.Context) error { return nil }

func (a account) AddMargin(_ context.Context, trade string, sats int64) error {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	a.w.posts = append(a.w.posts, trade)
	apply, err := a.w.onPost(a.user, trade)
	if apply {
		p := find(a.w.trades[a.user], trade)
		p.Margin += sats
		a.w.balance[a.user] -= sats
	}
	return err
}

func (w *world) runner(t *testing.T, change ...func(*Options)) *Runner {
	t.Helper()
	o := Options{
		Source: w, Intents: w, Recorder: w, Locker: w, Switch: w, Prices: w, Accounts: w, Now: w.clock,
		Concurrency: 4, Sleep: func(context.Context, time.Duration) error { return nil },
		Caps: Caps{
			BalanceShare: 0.5, MinAddSats: 100, Cooldown: time.Minute, CooldownEscape: 0.5,
		},
	}
	for _, c := range change {
		c(&o)
	}
	r, err := New(o)
	require.NoError(t, err)
	return r
}

func item(t *testing.T, r Result, user string) Item {
	t.Helper()
	for _, i := range r.Items {
		if i.UserID == user {
			return i
		}
	}
	require.Failf(t, "no item", "user %s in %+v", user, r.Items)
	return Item{}
}
