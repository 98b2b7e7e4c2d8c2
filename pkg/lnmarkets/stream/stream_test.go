package stream_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/lnmarkets"
	"github.com/axisor/axisor/pkg/lnmarkets/stream"
)

// silence ends a connection; a busy machine is silent for a part of it, too.
const silence = time.Second

// follow follows a simulated market, with short pauses.
func follow(t *testing.T) (*lnsim.Server, *stream.Follower) {
	t.Helper()
	sim := lnsim.NewServer(t, func(o *lnsim.Options) { o.Price = 95000 })
	address, err := lnmarkets.StreamURL("", sim.URL, "")
	require.NoError(t, err)
	f, err := stream.New(stream.Options{
		URL: address, Now: time.Now, Ping: 100 * time.Millisecond, Silence: silence,
		Pause: 5 * time.Millisecond, MaxPause: 20 * time.Millisecond,
	})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.Run(ctx)
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
	hears(t, f, 95000)
	return sim, f
}

func hears(t *testing.T, f *stream.Follower, price float64) {
	t.Helper()
	require.Eventually(t, func() bool {
		q := f.Quote()
		return q.LastPrice == price && q.Ticker.LastPrice == price
	}, 10*time.Second, time.Millisecond, "%v", price)
}

func TestFollower_HearsTheMarket(t *testing.T) {
	t.Parallel()
	sim, f := follow(t)
	q := f.Quote()
	require.WithinDuration(t, time.Now(), q.LastAt, 5*time.Second)
	require.WithinDuration(t, q.LastAt, q.LastTime, 5*time.Second)
	require.Len(t, q.Ticker.Prices, 1)
	changed := f.Changed()
	sim.MustPrice(91700)
	<-changed
	hears(t, f, 91700)
}

func TestFollower_ComesBack(t *testing.T) {
	t.Parallel()
	for name, break_ := range map[string]func(*lnsim.Server){
		"cut":     func(s *lnsim.Server) { require.Equal(t, 1, s.CutStreams()) },
		"silence": func(s *lnsim.Server) { s.SetStream(lnsim.StreamFaults{Silent: true}) },
		"refused": func(s *lnsim.Server) { s.SetStream(lnsim.StreamFaults{Refuse: true}); s.CutStreams() },
		"garbage": func(s *lnsim.Server) { s.SetStream(lnsim.StreamFaults{Garbage: "<html>"}) },
		"a price of nothing": func(s *lnsim.Server) {
			s.SetStream(lnsim.StreamFaults{Garbage: `{"method":"subscription","params":{"topic":"futures/inverse/btc_usd/lastPrice","data":{"time":1,"lastPrice":-5}}}`})
		},
		"too big a frame": func(s *lnsim.Server) { s.SetStream(lnsim.StreamFaults{Garbage: strings.Repeat("x", 1<<20)}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, f := follow(t)
			break_(sim)
			if name != "cut" {
				time.Sleep(silence / 4) // what was on its way has come
			}
			heard := f.Quote()
			sim.MustPrice(91700)
			if name != "cut" {
				time.Sleep(silence * 5 / 4)
				require.Equal(t, heard, f.Quote(), "what makes no sense changes nothing")
				sim.SetStream(lnsim.StreamFaults{})
			}
			hears(t, f, 91700)
		})
	}
}

// TestFollower_AnOlderPriceIsNoNews: a message that comes late keeps the newer price.
func TestFollower_AnOlderPriceIsNoNews(t *testing.T) {
	t.Parallel()
	sim, f := follow(t)
	before := f.Quote()
	sim.SetStream(lnsim.StreamFaults{LagMs: 60_000})
	sim.MustPrice(91700)
	require.Eventually(t, func() bool { return f.Quote().Ticker.LastPrice == 91700 }, 5*time.Second, time.Millisecond)
	require.Equal(t, before.LastPrice, f.Quote().LastPrice)
	require.Equal(t, before.LastTime, f.Quote().LastTime)
}

func TestNew_NeedsAddressAndClock(t *testing.T) {
	t.Parallel()
	_, err := stream.New(stream.Options{Now: time.Now})
	require.ErrorIs(t, err, lnmarkets.ErrOptions)
	_, err = stream.New(stream.Options{URL: "ws://localhost"})
	require.ErrorIs(t, err, lnmarkets.ErrOptions)
}

// TestFollower_FieldsSpelledOtherwiseChangeNothing: neither in the frame nor in what it carries.
func TestFollower_FieldsSpelledOtherwiseChangeNothing(t *testing.T) {
	t.Parallel()
	f, err := stream.New(stream.Options{URL: "wss://stream.example.com/v1", Now: time.Now})
	require.NoError(t, err)
	hear := func(params string) {
		_, fatal := f.Hear([]byte(`{"jsonrpc":"2.0","method":"subscription","Method":"other","ERROR":{"code":1},"Params":{},"params":` + params + `,"ID":1}`))
		require.NoError(t, fatal)
	}
	hear(`{"topic":"futures/inverse/btc_usd/lastPrice","Topic":"x","data":{"time":1786521600000,"lastPrice":93000,"LastPrice":12,"lastprice":"x"},"DATA":1}`)
	require.InDelta(t, 93000, f.Quote().LastPrice, 0)
	hear(`{"topic":"futures/inverse/btc_usd/ticker","data":{"index":93010,"lastPrice":93000,"Index":1,"PRICES":7,"prices":[{"minSize":0,"maxSize":9,"bidPrice":1,"BidPrice":5}]}}`)
	require.InDelta(t, 93010, f.Quote().Ticker.Index, 0)
	require.InDelta(t, 1, f.Quote().Ticker.Prices[0].BidPrice, 0)
}
