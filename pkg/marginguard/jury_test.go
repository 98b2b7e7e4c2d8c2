package marginguard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// elsewhere reports the trades of some users as if the market were at other prices.
type elsewhere struct {
	*world
	prices map[string]float64 // by user
}

func (e elsewhere) Connect(ctx context.Context, t Target) (Exchange, error) {
	x, err := e.world.Connect(ctx, t)
	return elsewhereAccount{x, e.prices[t.UserID]}, err
}

type elsewhereAccount struct {
	Exchange
	price float64
}

func (a elsewhereAccount) Positions(ctx context.Context) ([]Position, error) {
	out, err := a.Exchange.Positions(ctx)
	if a.price == 0 {
		return out, err
	}
	out = slices.Clone(out)
	for n := range out {
		out[n].PL = out[n].maths().PLSats(a.price)
	}
	return out, err
}

func (w *world) with(users ...string) *world {
	for _, u := range users {
		w.user(u)
	}
	return w
}

// contradicted runs over users of whom some have profits that belong to another price.
func contradicted(t *testing.T, w *world, concurrency int, req Request, prices map[string]float64) (Result, error) {
	t.Helper()
	r := w.runner(t, func(o *Options) { o.Accounts, o.Concurrency = elsewhere{w, prices}, concurrency })
	return r.Run(t.Context(), req)
}

// TestRun_APriceThatMostPositionsContradictMovesNothing, whoever comes first and however
// many are looked at together; not even for who agrees with it.
func TestRun_APriceThatMostPositionsContradictMovesNothing(t *testing.T) {
	t.Parallel()
	all := map[string]map[string]float64{
		"all":               {"a": 93500, "b": 93500, "c": 93500, "d": 93500},
		"the last ones":     {"b": 93500, "c": 93500, "d": 93500},
		"the first ones":    {"a": 90200, "b": 90200, "c": 90200},
		"not the same ones": {"a": 94000, "b": 89000, "d": 94900},
	}
	for name, prices := range all {
		for _, concurrency := range []int{1, 2, 8} {
			for kind, req := range map[string]Request{"run": {}, "capped": {MaxSats: 1e6}, "dry run": {DryRun: true}} {
				t.Run(fmt.Sprintf("%s, %d together, %s", name, concurrency, kind), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) { // no busy machine makes a user late
						w := newWorld().with("a", "b", "c", "d")
						w.price = 91700
						_, err := contradicted(t, w, concurrency, req, prices)
						var market *MarketError
						require.ErrorAs(t, err, &market)
						require.ErrorContains(t, err, "contradict the exchange's price")
						require.Empty(t, w.posts)
						require.Empty(t, w.intents)
					})
				})
			}
		}
	}
}

// TestRun_APositionThatSaysNothingOfThePriceWaitsForTheOthers: its own numbers are too
// small to contradict anything. Often enough to meet the moment when the last user is on
// the way to a worker.
func TestRun_APositionThatSaysNothingOfThePriceWaitsForTheOthers(t *testing.T) {
	t.Parallel()
	for range 300 {
		w := newWorld().with("a", "b", "c")
		w.price = 91700
		w.trades["a"] = []Position{position("aa-a", Long, 50, 95000, 2105, 95000)}
		_, err := contradicted(t, w, 1, Request{}, map[string]float64{"b": 93800, "c": 93800})
		var market *MarketError
		require.ErrorAs(t, err, &market)
		require.Empty(t, w.posts)
	}
}

// TestRun_APositionThatContradictsThePriceFailsAlone, in danger or not.
func TestRun_APositionThatContradictsThePriceFailsAlone(t *testing.T) {
	t.Parallel()
	for price, added := range map[float64]int{91700: 3, 94000: 0} {
		w := newWorld().with("a", "b", "c", "d")
		w.price = price
		got, err := contradicted(t, w, 2, Request{}, map[string]float64{"b": price - 1500})
		require.NoError(t, err)
		require.Equal(t, added, got.Added)
		require.Equal(t, 1, got.Failed)
		require.True(t, got.Unserved())
		b := item(t, got, "b")
		require.Equal(t, PriceMismatch, b.Decision)
		require.Equal(t, ObstacleData, b.Obstacle)
		require.NotContains(t, w.posts, "aa-b")
	}
}

// TestRun_OneUserWithManyContradictionsIsNotTheExchange.
func TestRun_OneUserWithManyContradictionsIsNotTheExchange(t *testing.T) {
	t.Parallel()
	w := newWorld().with("a", "b", "c")
	w.price = 91700
	for n := range 9 {
		w.trades["b"] = append(w.trades["b"], position(fmt.Sprintf("bb-%d", n), Long, 5000, 95000, 210526, 95000))
	}
	got, err := contradicted(t, w, 2, Request{}, map[string]float64{"b": 93500})
	require.NoError(t, err)
	require.Equal(t, 2, got.Added)
	require.Equal(t, 10, got.Failed)
	// A watcher that looks at nobody else learns nothing of the exchange from it.
	got, err = contradicted(t, w, 2, Request{Users: []string{"b"}}, map[string]float64{"b": 93500})
	require.NoError(t, err)
	require.Equal(t, 10, got.Failed)
}

// TestRun_SomebodyWhoHangsHoldsTheOthersBackForMomentsOnly, although what they would say of the price is not known.
func TestRun_SomebodyWhoHangsHoldsTheOthersBackForMomentsOnly(t *testing.T) {
	t.Parallel()
	w := newWorld().with("a", "b", "c")
	w.price = 91700
	added := make(chan struct{}, 2)
	w.onPost = func(string, string) (bool, error) {
		added <- struct{}{}
		return true, nil
	}
	w.onRead = func(ctx context.Context, user string) error {
		if user != "c" {
			return nil
		}
		for range 2 {
			select {
			case <-added:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return errors.New("hung until both others were served")
	}
	r := w.runner(t, func(o *Options) { o.UserTimeout = time.Minute })
	got, err := r.Run(t.Context(), Request{})
	require.NoError(t, err)
	require.Equal(t, 2, got.Added)
	require.Equal(t, 1, got.Failed)
}

// TestRun_APriceThatTurnsWrongInTheMiddleStopsTheRun long before most of all positions contradict it.
func TestRun_APriceThatTurnsWrongInTheMiddleStopsTheRun(t *testing.T) {
	t.Parallel()
	w, prices := newWorld(), map[string]float64{}
	for n := range 200 {
		user := fmt.Sprintf("u%03d", n)
		w.user(user)
		if n >= 120 && n < 199 {
			prices[user] = 93600
		}
	}
	w.price = 91700
	var reads atomic.Int32
	w.onRead = func(context.Context, string) error {
		reads.Add(1)
		return nil
	}
	_, err := contradicted(t, w, 1, Request{}, prices)
	var market *MarketError
	require.ErrorAs(t, err, &market)
	require.Len(t, w.posts, 120)
	require.Less(t, int(reads.Load()), 120*2+2*juryWindow)
}
