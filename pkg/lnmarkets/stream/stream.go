// Package stream follows the market on the exchange's Stream API, a WebSocket
// that speaks JSON-RPC. It owns the connection: subscribing, noticing silence
// and nonsense, connecting again with growing pauses. It sends no credentials:
// prices are public.
//
// It only ever tells what it heard and when; how old a price may be to act on is
// its reader's business. It must not know about users, positions or margin.
package stream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/axisor/axisor/pkg/lnmarkets"
)

// The topics that are followed.
const (
	topicLast   = "futures/inverse/btc_usd/lastPrice"
	topicTicker = "futures/inverse/btc_usd/ticker"
)

// Limits of a connection: the size of a frame, the time to connect, the pause
// after which a sign of life is asked for, the silence that ends a connection,
// and how many frames in a row may make no sense.
const (
	maxFrame    = 256 << 10
	connectTime = 10 * time.Second
	maxNonsense = 10
)

// Options say how to follow the market. URL and Now are required.
type Options struct {
	URL  string
	HTTP *http.Client
	Now  func() time.Time
	// Ping is how often a sign of life is asked for, Silence how long none may
	// come; 10 and 25 seconds when zero.
	Ping, Silence time.Duration
	// Pause is the first pause before connecting again, doubled each time up to
	// MaxPause; 1 and 30 seconds when zero.
	Pause, MaxPause time.Duration
	Logger          *slog.Logger
}

// Quote is what was last heard of the market. A zero time means never.
type Quote struct {
	LastPrice float64
	// LastAt is when the last price was received, LastTime when the exchange
	// says it was made.
	LastAt, LastTime time.Time
	Ticker           lnmarkets.Ticker
	TickerAt         time.Time
}

// Follower follows the market until its context ends. It is safe for
// concurrent use.
type Follower struct {
	o Options

	mu      sync.Mutex
	quote   Quote
	changed chan struct{}
	// Of the connection:
	faults     int
	subscribed bool
}

// New makes a follower. It does not connect; Run does.
func New(o Options) (*Follower, error) {
	if o.URL == "" || o.Now == nil {
		return nil, fmt.Errorf("stream: address and clock are required: %w", lnmarkets.ErrOptions)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	for _, d := range []struct {
		to    *time.Duration
		usual time.Duration
	}{{&o.Ping, 10 * time.Second}, {&o.Silence, 25 * time.Second}, {&o.Pause, time.Second}, {&o.MaxPause, 30 * time.Second}} {
		if *d.to <= 0 {
			*d.to = d.usual
		}
	}
	return &Follower{o: o, changed: make(chan struct{})}, nil
}

// Quote is what was last heard.
func (f *Follower) Quote() Quote {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.quote
}

// Changed is closed when the next price arrives.
func (f *Follower) Changed() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.changed
}

// Run connects, and again whenever the connection ends, until ctx ends.
func (f *Follower) Run(ctx context.Context) {
	wait := f.o.Pause
	for ctx.Err() == nil {
		heard := f.Quote().LastAt
		err := f.follow(ctx)
		if ctx.Err() != nil {
			return
		}
		if f.Quote().LastAt.After(heard) {
			wait = f.o.Pause
		}
		// Half of the pause is chance, so that many do not come back at once.
		pause := wait/2 + rand.N(wait/2+1) //nolint:gosec // spreads returns; nobody gains by guessing it
		f.o.Logger.WarnContext(ctx, "price stream interrupted", "error", err.Error(), "again_in", pause.Round(time.Millisecond).String())
		t := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
		wait = min(2*wait, f.o.MaxPause)
	}
}

// follow is one connection.
func (f *Follower) follow(ctx context.Context) error {
	brief, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	conn, answer, err := websocket.Dial(brief, f.o.URL, &websocket.DialOptions{HTTPClient: f.o.HTTP})
	if answer != nil && answer.Body != nil {
		_ = answer.Body.Close()
	}
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(maxFrame)
	if err := f.say(brief, conn, 1, "subscribe", map[string]any{"topics": []string{topicLast, topicTicker}}); err != nil {
		return err
	}
	alive, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	go f.keepAlive(alive, conn, stop)
	f.faults, f.subscribed = 0, false
	began := f.o.Now()
	for {
		frame, err := f.hear(alive, conn)
		if err != nil {
			if cause := context.Cause(alive); cause != nil {
				return cause
			}
			return err
		}
		if err := f.take(frame); err != nil {
			return err
		}
		// Signs of life without prices are silence, too.
		limit := f.o.Silence
		if f.subscribed {
			limit *= patience
		}
		if last := f.Quote().LastAt; last.After(began) {
			began = last
		}
		if f.o.Now().Sub(began) > limit {
			return errSilence
		}
	}
}

// patience is how many silences may pass without a price on a connection that
// is subscribed: a market may stand still.
const patience = 4

// say sends one call.
func (f *Follower) say(ctx context.Context, conn *websocket.Conn, id int, method string, params any) error {
	text, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": id, "method": method, "params": params})
	if err != nil {
		return err
	}
	if err := conn.Write(ctx, websocket.MessageText, text); err != nil {
		return fmt.Errorf("send %s: %w", method, err)
	}
	return nil
}

// keepAlive asks for signs of life.
func (f *Follower) keepAlive(ctx context.Context, conn *websocket.Conn, stop context.CancelCauseFunc) {
	t := time.NewTicker(f.o.Ping)
	defer t.Stop()
	for id := 2; ; id++ {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			brief, cancel := context.WithTimeout(ctx, f.o.Silence)
			err := f.say(brief, conn, id, "ping", map[string]any{})
			cancel()
			if err != nil {
				stop(err)
				return
			}
		}
	}
}

// errSilence is a connection that nothing comes from any more.
var errSilence = errors.New("nothing was heard for too long")

func (f *Follower) hear(ctx context.Context, conn *websocket.Conn) ([]byte, error) {
	limited, cancel := context.WithTimeoutCause(ctx, f.o.Silence, errSilence)
	defer cancel()
	_, frame, err := conn.Read(limited)
	if err != nil && context.Cause(limited) != nil {
		return nil, context.Cause(limited)
	}
	return frame, err
}
