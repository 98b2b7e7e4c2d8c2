package marginguard

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRun_AddsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.user("u1")
	w.user("u2")
	w.trades["u2"][0] = position("aa-u2", Long, 5000, 95000, 1_000_000, 95000)
	w.price = 91700

	got, err := w.runner(t).Run(t.Context(), Request{})
	require.NoError(t, err)
	require.Equal(t, 2, got.Users)
	require.Equal(t, 2, got.Positions)
	require.Equal(t, 1, got.Triggered)
	require.Equal(t, 1, got.Added)
	require.Equal(t, int64(42105), got.AddedSats)
	require.False(t, got.Partial())
	require.Len(t, got.Items, 1)
	require.Equal(t, StatusApplied, got.Items[0].Status)
	require.Equal(t, int64(252631), got.Items[0].MarginAfter)
	require.InDelta(t, 90649, got.Items[0].LiquidationAfter, 1e-9)
	require.Equal(t, []string{"aa-u1"}, w.posts)
	require.Equal(t, Applied, w.intents[0].State)

	again, err := w.runner(t).Run(t.Context(), Request{})
	require.NoError(t, err)
	require.Zero(t, again.Added)
	require.Len(t, w.posts, 1)
	require.Equal(t, 2, w.done)
}

func TestRun_DryRunPredictsAndChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld()
	for _, id := range []string{"u1", "u2", "u3"} {
		w.user(id)
	}
	w.trades["u1"] = append(w.trades["u1"], position("bb-u1", Long, 5000, 95000, 215000, 95000))
	w.balance["u1"] = 100_000
	w.price = 91500
	for _, maxSats := range []int64{0, 60_000} {
		predicted, err := w.runner(t).Run(t.Context(), Request{DryRun: true, MaxSats: maxSats})
		require.NoError(t, err)
		require.Empty(t, w.posts)
		require.Empty(t, w.intents)
		require.Zero(t, w.runs)
		if maxSats > 0 {
			require.Equal(t, maxSats, predicted.AddedSats)
			real, err := w.runner(t).Run(t.Context(), Request{MaxSats: maxSats})
			require.NoError(t, err)
			require.Equal(t, predicted.Added, real.Added)
			require.Equal(t, predicted.AddedSats, real.AddedSats)
			require.Len(t, real.Items, len(predicted.Items))
			for n, i := range real.Items {
				require.Equal(t, predicted.Items[n].TradeID, i.TradeID)
				require.Equal(t, predicted.Items[n].Amount, i.Amount)
				require.Equal(t, predicted.Items[n].Decision, i.Decision)
				require.Equal(t, predicted.Items[n].LiquidationAfter, i.LiquidationAfter)
			}
		}
	}
}

func TestRun_AmbiguousAnswers(t *testing.T) {
	t.Parallel()
	cut := &ExchangeError{Fault: Unavailable, Err: errors.New("connection cut")}
	for name, tc := range map[string]struct {
		apply bool
		err   error
		want  State
		posts int // after a second run a minute later
	}{
		"cut after applying":       {true, cut, Applied, 1},
		"cut before applying":      {false, cut, Unknown, 2},
		"garbled after applying":   {true, &ExchangeError{Fault: Garbled, Status: 200, Err: errors.New("?")}, Applied, 1},
		"accepted but not applied": {false, nil, Unknown, 2},
		"refused":                  {false, &ExchangeError{Fault: Refused, Status: 400, Err: errors.New("no")}, Rejected, 2},
		"rate limit":               {false, &ExchangeError{Fault: Limited, Status: 429, Err: errors.New("slow")}, Rejected, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.user("u1")
			w.price = 91700
			w.onPost = func(string, string) (bool, error) { return tc.apply, tc.err }
			_, err := w.runner(t).Run(t.Context(), Request{})
			require.NoError(t, err)
			require.Equal(t, tc.want, w.intents[0].State)
			require.Len(t, w.posts, 1)

			w.onPost = func(string, string) (bool, error) { return true, nil }
			w.advance(time.Second)
			soon, err := w.runner(t).Run(t.Context(), Request{})
			require.NoError(t, err)
			if tc.want == Unknown {
				require.Len(t, w.posts, 1, "too early to know")
				require.Equal(t, 1, soon.Unknown)
				require.Equal(t, Unknown, w.intents[0].State)
			}
			w.advance(time.Minute)
			_, err = w.runner(t).Run(t.Context(), Request{})
			require.NoError(t, err)
			require.Len(t, w.posts, tc.posts)
			require.Equal(t, int64(252631), w.trades["u1"][0].Margin, "exactly one addition in the end")
			for _, i := range w.intents {
				require.NotContains(t, []State{Planned, Sent, Unknown}, i.State)
			}
		})
	}
}

func TestRun_CrashLeavesAnOpenIntent(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		state   State
		applied bool
		age     time.Duration
		want    State
		posts   int
	}{
		"before sending":              {Planned, false, time.Second, Rejected, 1},
		"sent and applied":            {Sent, true, time.Second, Applied, 0},
		"sent, not applied, too soon": {Sent, false, time.Second, Unknown, 0},
		"sent, not applied":           {Sent, false, time.Minute, NotApplied, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.user("u1")
			w.price = 91700
			p := &w.trades["u1"][0]
			i := &Intent{ID: "intent-1", TradeID: p.ID, Side: Long, Amount: 42105, State: tc.state, Before: snapshotOf(*p), PlannedAt: noon.Add(-tc.age)}
			if tc.state == Sent {
				i.SentAt = noon.Add(-tc.age)
			}
			if tc.applied {
				p.Margin += i.Amount
			}
			w.intents = append(w.intents, i)
			_, err := w.runner(t).Run(t.Context(), Request{})
			require.NoError(t, err)
			require.Equal(t, tc.want, i.State)
			require.Len(t, w.posts, tc.posts)
		})
	}
}

func TestRun_OneUserNeverStopsAnother(t *testing.T) {
	t.Parallel()
	w := newWorld()
	for _, id := range []string{"good1", "panics", "hangs", "garbled", "denied", "broken", "good2"} {
		w.user(id)
	}
	w.targets[5].Problem = &ConfigError{Field: "individual_configs", Value: "…", Rule: "is not an object"}
	w.price = 91700
	w.onRead = func(ctx context.Context, user string) error {
		switch user {
		case "panics":
			panic("bad luck")
		case "hangs":
			<-ctx.Done()
			return ctx.Err()
		case "garbled":
			return &ExchangeError{Fault: Garbled, Status: 200, Err: errors.New("not JSON")}
		case "denied":
			return &ExchangeError{Fault: Denied, Status: 401, Err: errors.New("wrong key")}
		}
		return nil
	}
	got, err := w.runner(t, func(o *Options) { o.UserTimeout = 50 * time.Millisecond }).Run(t.Context(), Request{})
	require.NoError(t, err)
	require.Equal(t, 7, got.Users)
	require.Equal(t, 2, got.Added)
	require.Equal(t, 5, got.Failed)
	require.True(t, got.Partial())
	require.Equal(t, StatusApplied, item(t, got, "good1").Status)
	require.Equal(t, StatusApplied, item(t, got, "good2").Status)
	require.Contains(t, item(t, got, "hangs").Error, "no answer within")
	require.NotContains(t, item(t, got, "panics").Error, "bad luck")
}

func TestRun_UnusableMarketSendsNothing(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*world){
		"down":            func(w *world) { w.down = &ExchangeError{Fault: Unavailable, Err: errors.New("refused")} },
		"zero price":      func(w *world) { w.price = 0 },
		"clock in front":  func(w *world) { w.offset = -time.Minute },
		"clock behind":    func(w *world) { w.offset = time.Minute },
		"clock just over": func(w *world) { w.offset = 25*time.Second + time.Millisecond },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.user("u1")
			w.price = 91700
			change(w)
			_, err := w.runner(t).Run(t.Context(), Request{})
			var market *MarketError
			require.ErrorAs(t, err, &market)
			require.Empty(t, w.posts)
			require.Empty(t, w.intents)
			require.Zero(t, w.runs)
		})
	}
	t.Run("price of another market", func(t *testing.T) {
		t.Parallel()
		w := newWorld()
		w.user("u1")
		w.price = 91700
		// The positions say that the exchange counts with another price.
		w.trades["u1"][0].Price, w.trades["u1"][0].Margin = 95000, 210526
		r := w.runner(t, func(o *Options) { o.Prices = threeOff{w} })
		got, err := r.Run(t.Context(), Request{})
		require.NoError(t, err)
		require.Empty(t, w.posts)
		require.Equal(t, PriceMismatch, got.Items[0].Decision)
		require.Equal(t, 1, got.Failed)
	})
}

type threeOff struct{ *world }

func (t threeOff) Ticker(ctx context.Context) (Market, error) {
	m, err := t.world.Ticker(ctx)
	m.LastPrice, m.Index = 94000*0.975, 94000*0.975
	t.world.mu.Lock()
	t.world.price = 94000
	t.world.mu.Unlock()
	return m, err
}

func TestRun_SwitchedOff(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.user("u1")
	w.price, w.off = 91700, "maintenance"
	_, err := w.runner(t).Run(t.Context(), Request{})
	var off *DisabledError
	require.ErrorAs(t, err, &off)
	require.Contains(t, err.Error(), "maintenance")

	dry, err := w.runner(t).Run(t.Context(), Request{DryRun: true})
	require.NoError(t, err)
	require.Equal(t, Disabled, dry.Items[0].Decision)

	// Switched off between the decision and the request.
	w.off = ""
	w.onPlan = func() { w.off = "stop now" }
	got, err := w.runner(t).Run(t.Context(), Request{})
	require.NoError(t, err)
	require.Empty(t, w.posts)
	require.Equal(t, Disabled, got.Items[0].Decision)
	require.Equal(t, Rejected, w.intents[0].State)
}

func TestRun_SlowStoreMakesStale(t *testing.T) {
	t.Parallel()
	for name, hook := range map[string]func(*world){
		"before marking": func(w *world) { w.onPlan = func() { w.advance(20 * time.Second) } },
		"after marking":  func(w *world) { w.onSent = func() { w.advance(20 * time.Second) } },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.user("u1")
			w.price = 91700
			hook(w)
			got, err := w.runner(t).Run(t.Context(), Request{})
			require.NoError(t, err)
			require.Empty(t, w.posts)
			require.Equal(t, Rejected, w.intents[0].State)
			require.False(t, w.settled[0].Went)
			require.Equal(t, 1, got.Failed)
		})
	}
}

func TestRun_Locked(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.user("u1")
	w.locked = true
	_, err := w.runner(t).Run(t.Context(), Request{})
	require.ErrorIs(t, err, errLocked)
	_, err = w.runner(t).Run(t.Context(), Request{DryRun: true})
	require.NoError(t, err, "a dry run needs no lock")
}

func TestRun_InterruptedFinishesWhatIsInFlight(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.user("u1")
	w.trades["u1"] = append(w.trades["u1"], position("bb-u1", Long, 5000, 95000, 215000, 95000))
	w.price = 91500
	// The program says why it was interrupted; the runner must not take that for
	// an error of its own.
	ctx, cancel := context.WithCancelCause(t.Context())
	w.onPost = func(string, string) (bool, error) { cancel(errors.New("SIGTERM")); return true, nil }
	got, err := w.runner(t).Run(ctx, Request{})
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, w.posts, 1)
	require.Equal(t, Applied, w.intents[0].State)
	require.Equal(t, 1, got.Added)
	require.Equal(t, 1, w.done)
	require.ErrorIs(t, w.failure, context.Canceled)
}

func TestRun_NobodyCanBeReached(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.user("u1")
	w.user("u2")
	w.price = 91700
	w.onRead = func(context.Context, string) error {
		return &ExchangeError{Fault: Unavailable, Status: 503, Err: errors.New("maintenance")}
	}
	got, err := w.runner(t).Run(t.Context(), Request{})
	var market *MarketError
	require.ErrorAs(t, err, &market)
	require.Equal(t, 2, got.Failed)
	require.Empty(t, w.posts)
}

func TestRun_ExchangeGoesDownInTheMiddle(t *testing.T) {
	t.Parallel()
	w := newWorld()
	for i := range 60 {
		w.user(string(rune('a'+i%26)) + string(rune('a'+i/26)))
	}
	var reads int
	w.onRead = func(context.Context, string) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		if reads++; reads < 10 {
			return nil
		}
		w.down = &ExchangeError{Fault: Unavailable, Err: errors.New("gone")}
		return w.down
	}
	_, err := w.runner(t, func(o *Options) { o.Concurrency = 1 }).Run(t.Context(), Request{})
	var market *MarketError
	require.ErrorAs(t, err, &market)
	require.Less(t, reads, 40)
}

func TestJudge(t *testing.T) {
	t.Parallel()
	before := Snapshot{Margin: 1000}
	for name, tc := range map[string]struct {
		now   *Position
		since time.Duration
		want  State
	}{
		"grown":                      {&Position{Margin: 1200}, time.Second, Applied},
		"unchanged, early":           {&Position{Margin: 1000}, 59 * time.Second, Unknown},
		"unchanged, late":            {&Position{Margin: 1000}, 60 * time.Second, NotApplied},
		"gone":                       {nil, time.Second, Unknown}, // it may have been closed after the addition
		"other amount":               {&Position{Margin: 1300}, time.Hour, Unknown},
		"grown, funding paid":        {&Position{Margin: 1150, SumFundingFees: 50}, time.Second, Applied},
		"grown, funding other sign":  {&Position{Margin: 1150, SumFundingFees: -50}, time.Second, Applied},
		"unchanged, funding paid":    {&Position{Margin: 950, SumFundingFees: 50}, time.Hour, NotApplied},
		"unchanged, funding earned":  {&Position{Margin: 1000, SumFundingFees: -50}, time.Hour, NotApplied},
		"grown, cashed in":           {&Position{Margin: 1100, SumCashInMargin: 100}, time.Second, Applied},
		"unchanged, cashed in":       {&Position{Margin: 900, SumCashInMargin: 100}, time.Hour, NotApplied},
		"explained by both: be open": {&Position{Margin: 1000, SumFundingFees: 200}, time.Hour, Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, why := Judge(Intent{Amount: 200, Before: before}, tc.now, tc.since)
			require.Equal(t, tc.want, got)
			require.NotEmpty(t, why)
		})
	}
}
