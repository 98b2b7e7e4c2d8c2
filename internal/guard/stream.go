package guard

import (
	"context"
	"time"

	"github.com/axisor/axisor/pkg/lnmarkets"
	"github.com/axisor/axisor/pkg/lnmarkets/stream"
	"github.com/axisor/axisor/pkg/marginguard"
)

// How old what the stream told may be to be used: the last price, and the index
// and ladder beside it. Older than that, the ticker is asked, as without a stream.
const (
	maxStreamAge = 5 * time.Second
	maxLadderAge = 10 * time.Second
	// ahead is how far the time of a price may lie in the future.
	ahead = 2 * time.Second
)

// breath is the shortest pause between two rounds, however the market moves.
const breath = time.Second

// followed makes the follower of the market, when one is wanted.
func followed(o Options) (*stream.Follower, error) {
	if o.StreamURL == "" {
		return nil, nil
	}
	return stream.New(stream.Options{URL: o.StreamURL, HTTP: o.HTTP, Now: o.Now, Logger: o.Log})
}

// follow follows the market until the returned function is called.
func (g *Guard) follow(ctx context.Context) (end func()) {
	f := g.market.stream
	if f == nil {
		return func() {}
	}
	ctx, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.Run(ctx)
	}()
	return func() {
		stop()
		<-done
	}
}

// streamed is the market as the stream tells it, unless that is too old or not
// complete. Its age is that of the price itself, not that of its arrival: a
// message may have been on the way for long.
func (m *market) streamed() (marginguard.Market, bool) {
	if m.stream == nil {
		return marginguard.Market{}, false
	}
	q, now := m.stream.Quote(), m.o.Now()
	made := q.LastTime.Add(-time.Duration(m.offset.Load()))
	switch {
	case q.LastAt.IsZero() || q.TickerAt.IsZero() || made.After(now.Add(ahead)),
		now.Sub(made) > maxStreamAge, now.Sub(q.LastAt) > maxStreamAge, now.Sub(q.TickerAt) > maxLadderAge:
		return marginguard.Market{}, false
	}
	out := marketOf(q.Ticker)
	out.LastPrice, out.ReadAt = q.LastPrice, q.LastAt
	if made.Before(out.ReadAt) {
		out.ReadAt = made
	}
	return out, true
}

func marketOf(t lnmarkets.Ticker) marginguard.Market {
	out := marginguard.Market{LastPrice: t.LastPrice, Index: t.Index}
	for _, p := range t.Prices {
		out.Levels = append(out.Levels, marginguard.Level{
			MinSize: float64(p.MinSize), MaxSize: float64(p.MaxSize), Bid: p.BidPrice, Ask: p.AskPrice,
		})
	}
	return out
}

// bounds are the nearest triggers that the market has not reached; zero means none.
type bounds struct{ below, above float64 }

// crossed waits for d, or until the market reaches one of the bounds.
func (g *Guard) crossed(ctx context.Context, d time.Duration, b bounds) error {
	if err := pause(ctx, min(d, breath)); err != nil || d <= breath {
		return err
	}
	t := time.NewTimer(d - breath)
	defer t.Stop()
	for {
		changed := g.market.stream.Changed()
		if m, ok := g.market.streamed(); ok {
			low, high := m.Extremes()
			if b.below > 0 && low <= b.below*(1+lookahead) || b.above > 0 && high >= b.above*(1-lookahead) {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
			return nil
		case <-changed:
		}
	}
}
