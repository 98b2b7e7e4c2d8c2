// Package lnsim is a simulated LN Markets exchange, API version 3. It owns a
// small market in memory (accounts, keys, trades, one price) and speaks the
// exchange's HTTP dialect well enough for the official SDK: it verifies
// signatures over the bytes it received, keeps the exchange's arithmetic, and
// fails on demand in the ways the real one fails.
//
// It serves tests and `axisor dev exchange`. It must not know about the
// database, the guard or the command line, and nothing but its arithmetic is
// shared with the client it is there to test: signatures are verified by code
// of its own.
package lnsim

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// Options say how the simulated exchange behaves. The zero value works.
type Options struct {
	// Now is the clock of the machine; the exchange's clock is this plus the
	// skew. nil means the real one.
	Now func() time.Time
	// NewID makes ids of accounts, trades and orders. nil means random UUIDs.
	NewID func() string
	// Price is the first last price; 100000 when zero.
	Price float64
	// Window is how far a timestamp may be off; 30 s when zero.
	Window time.Duration
	// StateFile keeps the state across restarts when it is not empty.
	StateFile string
	// Limits turn on rate limiting.
	Limits Limits
	// Quirks choose between answers that the real exchange may give.
	Quirks Quirks
	// Logger receives one debug line per request; nil means silence.
	Logger *slog.Logger
}

// Validate refuses what the exchange could not work with.
func (o Options) Validate() error {
	if o.Price != 0 && !onTick(o.Price) {
		return fmt.Errorf("price %v is not a positive multiple of 0.5: %w", o.Price, ErrFixture)
	}
	if o.Window < 0 {
		return fmt.Errorf("window %s is negative: %w", o.Window, ErrFixture)
	}
	return o.Quirks.validate()
}

// Quirks are the points where the real exchange's answer is not known for
// certain, or is known to vary.
type Quirks struct {
	// NoLiquidation is how a trade without a liquidation price says so: cap
	// (100000000, the default), null or zero.
	NoLiquidation string `json:"no_liquidation,omitempty"`
	// ZeroExitPrice answers 0 instead of null for a trade that is not closed.
	ZeroExitPrice bool `json:"zero_exit_price,omitempty"`
	// EmptyLadder answers an empty prices list.
	EmptyLadder bool `json:"empty_ladder,omitempty"`
}

func (q Quirks) validate() error {
	if !slices.Contains([]string{"", "cap", "null", "zero"}, q.NoLiquidation) {
		return fmt.Errorf("no_liquidation %q is not one of cap, null, zero: %w", q.NoLiquidation, ErrFixture)
	}
	return nil
}

// Sim is the simulated exchange. All methods may be called concurrently.
type Sim struct {
	now    func() time.Time
	newID  func() string
	window time.Duration
	file   string
	log    *slog.Logger
	routes map[string]map[string]route

	mu       sync.Mutex
	st       *state
	accounts map[string]*Account
	trades   map[string]*Trade
	byOwner  map[string][]*Trade
	quirks   Quirks
	limits   *limiter
	faults   []*Fault
	requests []*Request
	served   int

	streams streams
}

// New makes an exchange in memory. It takes the options as they are and ignores
// StateFile; Open checks them and keeps the state.
func New(o Options) *Sim {
	s := &Sim{
		now: o.Now, newID: o.NewID, window: o.Window, log: o.Logger, quirks: o.Quirks,
		limits: newLimiter(o.Limits), st: newState(),
	}
	s.index()
	s.streams.open, s.streams.moved = map[*websocket.Conn]context.CancelFunc{}, make(chan struct{})
	if s.now == nil {
		s.now = time.Now //nolint:forbidigo // a market has a clock of its own; tests pass theirs
	}
	if s.newID == nil {
		s.newID = randomID
	}
	if s.window == 0 {
		s.window = 30 * time.Second
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.st.LastPrice = 100000
	if o.Price > 0 {
		s.st.LastPrice = o.Price
	}
	s.st.Index = s.st.LastPrice
	s.routes = s.table()
	return s
}

// Open is New with the state of Options.StateFile, which is created when it
// does not exist and rewritten after every change.
func Open(o Options) (*Sim, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	s := New(o)
	s.file = o.StateFile
	if s.file == "" {
		return s, nil
	}
	found, err := s.load()
	if err != nil {
		return nil, err
	}
	if !found {
		if err := s.save(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Handler serves the exchange under /v3, its stream under /stream/v1 and its
// control under /sim.
func (s *Sim) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/sim/", s.control())
	mux.HandleFunc("GET /stream/v1", s.serveStream)
	mux.Handle("/", http.HandlerFunc(s.serve))
	return mux
}

// index builds the look-up tables of the state. Callers hold mu, or are alone.
func (s *Sim) index() {
	s.accounts, s.trades, s.byOwner = map[string]*Account{}, map[string]*Trade{}, map[string][]*Trade{}
	for _, a := range s.st.Accounts {
		s.accounts[a.ID] = a
	}
	for _, t := range s.st.Trades {
		s.trades[t.ID] = t
		s.byOwner[t.AccountID] = append(s.byOwner[t.AccountID], t)
	}
}

// clock is the exchange's time. Callers hold mu.
func (s *Sim) clock() time.Time {
	return s.now().Add(time.Duration(s.st.SkewMs) * time.Millisecond).UTC().Truncate(time.Millisecond)
}

// randomID is a version 4 UUID. crypto/rand does not fail on supported systems.
func randomID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
