package guard

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/lnmarkets"
	"github.com/axisor/axisor/pkg/lnmarkets/stream"
	"github.com/axisor/axisor/pkg/marginguard"
)

// clockEvery is how often the clocks are compared at least; they drift by seconds a day.
const clockEvery = 10 * time.Minute

// market is the exchange as the runner sees it: prices, clock and accounts.
type market struct {
	o       Options
	client  lnmarkets.Options
	limiter lnmarkets.Limiter
	// keys are the limiters of single keys, for an exchange that counts by key, and
	// pauses what other processes heard of them.
	keys   lnmarkets.PerKey
	pauses keyPauses
	public *lnmarkets.Client
	// writer sends without waiting for the limiter: its callers have waited
	// already, in Ready, where waiting costs no freshness.
	writer *lnmarkets.Client
	// offset is how far the exchange's clock is ahead, in nanoseconds, as it was at
	// measured, in milliseconds of Unix time; zero means never.
	offset, measured atomic.Int64
	// stream is nil when prices come from the ticker alone.
	stream *stream.Follower
}

func newMarket(o Options) (*market, error) {
	m := &market{o: o}
	m.keys.Make = func(id string) lnmarkets.Limiter { return keyed{limiter(o), o, id} }
	m.client = lnmarkets.Options{
		BaseURL: o.BaseURL, Network: o.Network, HTTP: transport(o), Timeout: o.Timeout, Limiter: lnmarkets.NewRateLimiter(0, 0),
		Now: o.Now, Sleep: o.Sleep, Logger: o.Log, Version: o.Version,
	}
	var err error
	if m.writer, err = lnmarkets.New(m.client); err != nil {
		return nil, err
	}
	m.limiter = limiterFor(o, m.writer.BaseURL())
	m.client.Limiter = m.limiter
	if m.stream, err = followed(o); err != nil {
		return nil, err
	}
	m.public, err = lnmarkets.New(m.client)
	return m, err
}

// transport is one pool of connections for all clients of a run.
func transport(o Options) *http.Client {
	if o.HTTP != nil {
		return o.HTTP
	}
	t, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return &http.Client{}
	}
	t = t.Clone()
	t.MaxIdleConnsPerHost = max(2*o.Concurrency, 2)
	return &http.Client{Transport: t}
}

// Offset implements marginguard.Prices. The offset corrects the timestamps of
// the signed requests that follow.
func (m *market) Offset(ctx context.Context) (time.Duration, error) {
	got, err := m.public.Time(ctx)
	if err != nil {
		return 0, fault(err)
	}
	m.offset.Store(int64(got.Offset))
	m.measured.Store(m.o.Now().UnixMilli())
	return got.Offset, nil
}

// checkClock measures the offset when that was not done lately: what goes on without a
// run must know how old a price is, too.
func (m *market) checkClock(ctx context.Context) error {
	last := m.measured.Load()
	if last != 0 && m.o.Now().Sub(time.UnixMilli(last)).Abs() < clockEvery {
		return nil
	}
	_, err := marginguard.CheckClock(ctx, m, m.o.Log)
	return err
}

// Ticker implements marginguard.Prices: what the stream tells, if that is young
// and complete, else the exchange's answer.
func (m *market) Ticker(ctx context.Context) (marginguard.Market, error) {
	if got, ok := m.streamed(); ok {
		return got, nil
	}
	t, err := m.public.WithOffset(time.Duration(m.offset.Load())).Ticker(ctx)
	if err != nil {
		return marginguard.Market{}, fault(err)
	}
	got := marketOf(t)
	got.ReadAt = t.AsOf
	return got, nil
}

// Connect implements marginguard.Connector: it opens the stored credentials.
func (m *market) Connect(ctx context.Context, t marginguard.Target) (marginguard.Exchange, error) {
	mainnet := lnmarkets.Mainnet("", m.writer.BaseURL())
	auth, err := credentials(m.o.Keyring, admin.AccountPlace(t.AccountID, t.UserID), t.Credentials, mainnet)
	if err != nil {
		return nil, fmt.Errorf("open credentials of account %s: %w", t.AccountID, err)
	}
	offset := time.Duration(m.offset.Load())
	paced, err := m.limiterOf(ctx, auth)
	if err != nil {
		return nil, err
	}
	reader, err := m.public.WithCredentials(auth)
	if err != nil {
		return nil, err
	}
	writer, err := m.writer.WithCredentials(auth)
	if err != nil {
		return nil, err
	}
	return &account{
		reader: reader.WithOffset(offset).WithLimiter(paced), limiter: paced,
		writer: writer.WithOffset(offset).WithLimiter(lnmarkets.Unpaced{Of: paced}),
		step:   m.o.step, cross: t.Config.Cross, crossOpen: slices.ContainsFunc(t.Open, func(i marginguard.Intent) bool { return marginguard.IsCross(i.TradeID) }),
	}, nil
}

// limiterOf is the limiter that paces an account. When the exchange counts by key, each
// key has one of its own, and accounts with the same key share it. Its id is a keyed
// hash, because pauses are stored by it.
func (m *market) limiterOf(ctx context.Context, auth lnmarkets.Credentials) (lnmarkets.Limiter, error) {
	if !m.o.LimitPerKey {
		return m.limiter, nil
	}
	tag, err := m.o.Keyring.Tag("rate limit of an api key", auth.Key)
	if err != nil {
		return nil, err
	}
	id := "key " + tag
	l := m.keys.For(id)
	left, err := m.pauses.of(ctx, m.o.DB, id)
	if k, ok := l.(keyed); ok && err == nil && left > 0 {
		k.RateLimiter.Pause(ctx, lnmarkets.Private, left)
	}
	return l, err
}

// account is one account on the exchange.
type account struct {
	reader, writer *lnmarkets.Client
	limiter        lnmarkets.Limiter
	// cross is the user's choice, crossOpen a deposit whose outcome is not known:
	// the position is read for both.
	cross, crossOpen bool
	step             func(Step)
}

// Positions implements marginguard.Exchange.
func (a *account) Positions(ctx context.Context) ([]marginguard.Position, error) {
	trades, err := a.reader.RunningTrades(ctx)
	if err != nil {
		return nil, fault(err)
	}
	out := make([]marginguard.Position, 0, len(trades))
	for _, t := range trades {
		out = append(out, isolated(t))
	}
	if !a.cross && !a.crossOpen {
		return out, nil
	}
	position, err := a.crossPosition(ctx)
	return append(out, position), err
}

// crossPosition reads the cross position. When it cannot be read, the isolated
// trades are protected all the same, unless a deposit waits for its outcome.
func (a *account) crossPosition(ctx context.Context) (marginguard.Position, error) {
	p, err := a.reader.CrossPosition(ctx)
	if err != nil {
		if a.crossOpen || ctx.Err() != nil {
			return marginguard.Position{}, fault(err)
		}
		return marginguard.Position{ID: marginguard.CrossID("unread"), Unreadable: "the cross position cannot be read: " + err.Error()}, nil
	}
	return cross(p), nil
}

func isolated(t lnmarkets.Trade) marginguard.Position {
	return marginguard.Position{
		ID: t.ID, Unreadable: marginguard.Clip(t.Unreadable), Side: t.Side, Quantity: t.Quantity, Margin: t.Margin, EntryMargin: t.EntryMargin,
		Price: t.Price, Liquidation: t.Liquidation, Leverage: t.Leverage, PL: t.PL,
		SumFundingFees: t.SumFundingFees, SumCashInMargin: t.SumCashInMargin, SumCashInPL: t.SumCashInPL,
	}
}

func cross(p lnmarkets.CrossPosition) marginguard.Position {
	c := p.Position()
	return marginguard.Position{
		ID: marginguard.CrossID(p.ID), Side: c.Side(), Quantity: c.Size(), Margin: p.Margin, EntryMargin: p.RunningMargin,
		Reserve: p.MaintenanceMargin, Price: p.EntryPrice, Liquidation: p.Liquidation, Leverage: float64(p.Leverage),
		SumFundingFees: p.FundingFees,
	}
}

// Balance implements marginguard.Exchange.
func (a *account) Balance(ctx context.Context) (int64, error) {
	got, err := a.reader.Account(ctx)
	return got.BalanceSats, fault(err)
}

// Ready implements marginguard.Exchange.
func (a *account) Ready(ctx context.Context) error { return a.limiter.Wait(ctx, lnmarkets.Private) }

// AddMargin implements marginguard.Exchange.
func (a *account) AddMargin(ctx context.Context, tradeID string, sats int64) error {
	_, err := a.AddMarginSeen(ctx, tradeID, sats)
	return err
}

// AddMarginSeen implements marginguard.Witness.
func (a *account) AddMarginSeen(ctx context.Context, tradeID string, sats int64) (*marginguard.Answer, error) {
	a.step(BeforePost)
	defer a.step(Posted)
	var got marginguard.Answer
	var err error
	if marginguard.IsCross(tradeID) {
		var p lnmarkets.CrossPosition
		p, err = a.writer.CrossDeposit(ctx, sats)
		got.Position = cross(p)
	} else {
		var t lnmarkets.Trade
		t, err = a.writer.AddMargin(ctx, tradeID, sats)
		got.Position, got.Ended = isolated(t), !t.IsRunning()
	}
	switch {
	case err == nil:
		return &got, nil
	case !lnmarkets.IsAmbiguous(err):
		return nil, refusal(err)
	}
	return nil, fault(err)
}

// Ended implements marginguard.Witness. The cross position never ends.
func (a *account) Ended(ctx context.Context, tradeID string) (*marginguard.Position, error) {
	if marginguard.IsCross(tradeID) {
		return nil, nil
	}
	t, found, err := a.reader.ClosedTrade(ctx, tradeID)
	if err != nil || !found {
		return nil, fault(err)
	}
	return new(isolated(t)), nil
}

// Closed implements marginguard.Archive.
func (a *account) Closed(ctx context.Context, ids map[string]bool) (map[string]marginguard.Closing, error) {
	trades, err := a.reader.NewestClosed(ctx, func(id string) bool { return ids[marginguard.CanonicalID(id)] })
	if err != nil {
		return nil, fault(err)
	}
	out := make(map[string]marginguard.Closing, len(trades))
	for _, t := range trades {
		out[marginguard.CanonicalID(t.ID)] = marginguard.Closing{Position: isolated(t), ExitPrice: t.ExitPrice, ClosedAt: t.ClosedAt}
	}
	return out, nil
}

// fault classifies the error of a call whose outcome, if it was a write, is open.
func fault(err error) error {
	if err == nil {
		return nil
	}
	out := &marginguard.ExchangeError{Fault: marginguard.Unavailable, Err: err}
	var api *lnmarkets.APIError
	var garbled *lnmarkets.ResponseError
	var paused *lnmarkets.PausedError
	switch {
	case errors.As(err, &api):
		out.Status, out.RetryAfter = api.Status, api.RetryAfter
		switch {
		case lnmarkets.IsAmbiguous(err):
		case errors.Is(err, lnmarkets.ErrUnauthorized), errors.Is(err, lnmarkets.ErrForbidden):
			out.Fault = marginguard.Denied
		case errors.Is(err, lnmarkets.ErrRateLimited):
			out.Fault = marginguard.Limited
		case api.Status >= 400 && api.Status < 500:
			out.Fault = marginguard.Refused
		}
	case errors.As(err, &garbled):
		out.Status, out.Fault = garbled.Status, marginguard.Garbled
	case errors.As(err, &paused):
		out.Fault, out.RetryAfter = marginguard.Limited, paused.Left
	}
	return out
}

// refusal classifies the error of a write that certainly did not happen.
func refusal(err error) error {
	var out *marginguard.ExchangeError
	if errors.As(fault(err), &out) && (out.Fault == marginguard.Unavailable || out.Fault == marginguard.Garbled) {
		out.Fault = marginguard.Refused
	}
	return out
}
