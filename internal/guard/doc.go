// Package guard puts the margin guard together: the pure decisions and the
// runner of pkg/marginguard, the tables of pkg/store, the exchange of
// pkg/lnmarkets and the keys of pkg/crypto. It translates between them and
// decides nothing itself; it knows no command, flag or configuration file.
package guard

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/lnmarkets"
	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/store"
)

// headroom is the part of the exchange's rate limits that is used: our clock
// and theirs do not tick together.
const headroom = 0.9

// Options is what a guard is made of.
type Options struct {
	DB      *store.DB
	Keyring *crypto.Keyring

	BaseURL, Network string
	// StreamURL, when not empty, is where a guard that runs all the time
	// follows the price.
	StreamURL             string
	Timeout               time.Duration
	PrivateRPS, PublicRPS float64
	LimitPerKey           bool // the exchange counts by key, not by address
	HTTP                  *http.Client
	Reading               marginguard.Reading
	Caps                  marginguard.Caps
	// WarnAt is the percentage of the way from entry to liquidation at which a
	// position is told to be near its trigger; zero tells of none.
	WarnAt      float64
	Concurrency int
	// SurgeFactor is how many times the largest run of the last week one may add
	// before that is a surge; zero means never. A surge is told, unless SurgeStops:
	// then it ends the run after sharing out what may be added.
	SurgeFactor float64
	SurgeStops  bool
	UserTimeout time.Duration
	// ShardSize is how many users a job of a worker is for; zero means 200.
	ShardSize            int
	Actor, Host, Version string
	PID                  int
	Alerts               Alerts
	// ReadOnly is a guard for dry runs only: it shares no rate limit with other
	// processes, because that is kept in a row.
	ReadOnly bool
	// Sleep waits between the tries of a read; nil means really waiting.
	Sleep lnmarkets.SleepFunc
	// Step hears of every step of an addition, before and after it. It is there
	// to end the process at each of them; nil means nobody listens.
	Step func(Step)
	Now  func() time.Time
	Log  *slog.Logger
}

// Step is a moment in the course of an addition.
type Step string

// The steps in their order.
const (
	BeforePlan   Step = "before_plan"
	Planned      Step = "planned"
	BeforeSent   Step = "before_sent"
	MarkedSent   Step = "marked_sent"
	BeforePost   Step = "before_post"
	Posted       Step = "posted"
	BeforeSettle Step = "before_settle"
	Settled      Step = "settled"
)

// Steps lists them.
func Steps() []Step {
	return []Step{BeforePlan, Planned, BeforeSent, MarkedSent, BeforePost, Posted, BeforeSettle, Settled}
}

func (o Options) step(s Step) {
	if o.Step != nil {
		o.Step(s)
	}
}

// Guard runs the margin guard on a database and an exchange.
type Guard struct {
	o      Options
	market *market
	runner *marginguard.Runner
	// starting is the monitor being told of a start.
	starting sync.WaitGroup
}

// New puts a guard together. It connects to nothing.
func New(o Options) (*Guard, error) {
	if o.DB == nil || o.Keyring == nil || o.Now == nil {
		return nil, errors.New("guard: database, keyring and clock are required")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Concurrency = max(o.Concurrency, 1)
	if o.ShardSize <= 0 {
		o.ShardSize = shardSize
	}
	if o.limitedTogether() {
		o.Concurrency = min(o.Concurrency, max(int(perSecond*o.PrivateRPS), 2))
	}
	m, err := newMarket(o)
	if err != nil {
		return nil, err
	}
	g := &Guard{o: o, market: m}
	g.runner, err = g.assemble(parts{})
	return g, err
}

// parts are what a runner is put together from; what is not named is the usual.
type parts struct {
	source      marginguard.Source
	recorder    marginguard.Recorder
	intents     marginguard.Intents
	lock        marginguard.Locker
	observer    marginguard.Observer
	concurrency int
	userTimeout time.Duration
}

// assemble makes a runner.
func (g *Guard) assemble(p parts) (*marginguard.Runner, error) {
	o := g.o
	if p.source == nil {
		p.source = source{db: o.DB, now: o.Now}
	}
	if p.recorder == nil {
		p.recorder = recorder{g}
	}
	if p.intents == nil {
		p.intents = intents{o}
	}
	if p.lock == nil {
		p.lock = recorder{g}
	}
	if p.concurrency == 0 {
		p.concurrency = o.Concurrency
	}
	if p.userTimeout == 0 {
		p.userTimeout = o.UserTimeout
	}
	return marginguard.New(marginguard.Options{
		Source: p.source, Intents: p.intents, Recorder: p.recorder, Locker: p.lock,
		Switch: controls{o.DB}, Prices: g.market, Accounts: g.market, Breakers: breakers{o}, Observer: p.observer, Journal: journal{o},
		Reading: o.Reading, Caps: o.Caps, WarnAt: o.WarnAt, Concurrency: p.concurrency, UserTimeout: p.userTimeout, CallTimeout: o.Timeout,
		Now: o.Now, Sleep: o.Sleep, Log: o.Log,
	})
}

// limitedTogether reports whether all accounts share one rate limit.
func (o Options) limitedTogether() bool { return !o.LimitPerKey && o.PrivateRPS > 0 }

// perSecond is how many users may be under way for each request a second of a
// shared limit. More would not be faster: they would wait for each other between
// reading a position and adding to it, until what they had read is too old.
const perSecond = 2

// BaseURL is the address of the exchange.
func (g *Guard) BaseURL() string { return g.market.public.BaseURL() }

// limiter makes the buckets of the configured rates inside this process.
func limiter(o Options) *lnmarkets.RateLimiter {
	return lnmarkets.NewRateLimiter(o.PrivateRPS*headroom, o.PublicRPS*headroom)
}

// limiterFor shares the buckets with other processes when the exchange counts
// by address.
func limiterFor(o Options, address string) lnmarkets.Limiter {
	if o.LimitPerKey || o.ReadOnly {
		return limiter(o)
	}
	return newShared(o.DB, o.Log, address, o.PrivateRPS*headroom, o.PublicRPS*headroom)
}

// Open opens one account on the exchange outside of a run.
func Open(ctx context.Context, o Options, t marginguard.Target) (marginguard.Exchange, error) {
	m, err := newMarket(o)
	if err != nil {
		return nil, err
	}
	return m.Connect(ctx, t)
}
