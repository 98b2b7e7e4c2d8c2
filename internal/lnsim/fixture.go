package lnsim

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/axisor/axisor/pkg/lnmarkets/futures"
)

// ErrFixture is returned for a fixture that the exchange could not hold.
var ErrFixture = errors.New("invalid exchange fixture")

// change runs a mutation alone and keeps its result.
func (s *Sim) change(f func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := f(); err != nil {
		return err
	}
	return s.save()
}

// AddAccount adds an account, or sets the name, balance and fee tier of the one
// with this id. Id and username are made up when empty.
func (s *Sim) AddAccount(a Account) (Account, error) {
	err := s.change(func() (err error) { a, err = s.putAccount(a); return err })
	return a, err
}

func (s *Sim) putAccount(a Account) (Account, error) {
	if _, ok := futures.FeeRate(a.FeeTier); !ok || a.Balance < 0 {
		return a, fmt.Errorf("fee tier is 0 to 3 and a balance is not negative: %w", ErrFixture)
	}
	if a.ID == "" {
		a.ID = s.newID()
	}
	if a.Username == "" {
		a.Username = "trader-" + a.ID[:min(len(a.ID), 8)]
	}
	if old, ok := s.accounts[a.ID]; ok {
		old.Username, old.Balance, old.FeeTier = a.Username, a.Balance, a.FeeTier
		return old.copy(), nil
	}
	a.Cross.ID = s.newID()
	a.Cross.Leverage = max(a.Cross.Leverage, 1)
	a.Cross.UpdatedAt = s.clock()
	kept := a
	s.st.Accounts = append(s.st.Accounts, &kept)
	s.accounts[a.ID] = &kept
	return a, nil
}

// AddKey adds an API key to an account. Parts left empty are made up in the
// shape of real ones; no scopes means all of them.
func (s *Sim) AddKey(k Key) (Key, error) {
	err := s.change(func() (err error) { k, err = s.putKey(k); return err })
	return k, err
}

func (s *Sim) putKey(k Key) (Key, error) {
	if _, ok := s.accounts[k.AccountID]; !ok {
		return k, fmt.Errorf("account %q does not exist: %w", k.AccountID, ErrFixture)
	}
	for _, scope := range k.Scopes {
		if !slices.Contains(Scopes(), scope) {
			return k, fmt.Errorf("scope %q does not exist: %w", scope, ErrFixture)
		}
	}
	if k.Scopes == nil {
		k.Scopes = Scopes()
	}
	if k.Key == "" {
		k.Key = randomText(32)
	}
	if k.Secret == "" {
		k.Secret = randomText(64)
	}
	if k.Passphrase == "" {
		k.Passphrase = strings.ToLower(randomText(9)[:10])
	}
	kept := k
	s.st.Keys[k.Key] = &kept
	return k, nil
}

// randomText is base64 of n random bytes, as the exchange's keys are.
func randomText(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return base64.StdEncoding.EncodeToString(b)
}

// TradeSpec describes a running trade to put into the exchange.
type TradeSpec struct {
	// ID is made up when empty.
	ID        string       `json:"id"`
	AccountID string       `json:"account_id"`
	Side      futures.Side `json:"side"`
	// Quantity is in US dollars.
	Quantity int64 `json:"quantity"`
	// Price is the entry price; the last price when zero.
	Price float64 `json:"price"`
	// Leverage, or Margin in satoshis: one of the two.
	Leverage float64 `json:"leverage"`
	Margin   int64   `json:"margin"`
}

// OpenTrade puts a running trade into the exchange as if it had been opened
// before. The balance is not touched.
func (s *Sim) OpenTrade(spec TradeSpec) (Trade, error) {
	var t Trade
	err := s.change(func() (err error) { t, err = s.putTrade(spec); return err })
	return t, err
}

func (s *Sim) putTrade(spec TradeSpec) (Trade, error) {
	a, ok := s.accounts[spec.AccountID]
	if !ok {
		return Trade{}, fmt.Errorf("account %q does not exist: %w", spec.AccountID, ErrFixture)
	}
	if spec.Price == 0 {
		spec.Price = s.st.LastPrice
	}
	p := futures.Position{Side: spec.Side, Quantity: spec.Quantity, Price: spec.Price, Margin: spec.Margin}
	if p.Margin == 0 && spec.Leverage > 0 {
		p.Margin = futures.MarginFor(p.Quantity, p.Price, spec.Leverage)
	}
	if !p.Side.Valid() || p.Quantity < 1 || p.Quantity > futures.MaxQuantity || !onTick(p.Price) || p.Margin < 1 {
		return Trade{}, fmt.Errorf("trade needs a side, a quantity of 1 to 500000, a price on the 0.5 tick and a margin: %w", ErrFixture)
	}
	if spec.Leverage == 0 {
		spec.Leverage = p.Leverage()
	}
	if _, ok := s.trades[spec.ID]; ok {
		return Trade{}, fmt.Errorf("trade %q exists: %w", spec.ID, ErrFixture)
	}
	now := s.clock()
	t := s.draft(a, p, spec.Leverage, now)
	t.Type = "market"
	if spec.ID != "" {
		t.ID = spec.ID
	}
	s.fill(a, t, now)
	if liq := t.Liquidation; liq > 0 && ((t.Side == futures.Buy) == (s.st.LastPrice <= liq)) {
		return Trade{}, fmt.Errorf("trade would be liquidated at the present price %v: %w", s.st.LastPrice, ErrFixture)
	}
	s.keep(t)
	return *t, nil
}

// Market is a change of the market. Zero and nil fields keep what is, except
// that a ladder lasts only until the next change.
type Market struct {
	LastPrice float64  `json:"last_price"`
	Index     float64  `json:"index"`
	Spread    *float64 `json:"spread"`
	Ladder    []Level  `json:"prices"`
}

// SetPrice moves the last price and the index, and everything that hangs on
// them: limits fill, positions are stopped or liquidated.
func (s *Sim) SetPrice(price float64) error { return s.SetMarket(Market{LastPrice: price}) }

// SetMarket is SetPrice with the rest of the ticker.
func (s *Sim) SetMarket(m Market) error {
	if m.LastPrice == 0 {
		s.mu.Lock()
		m.LastPrice = s.st.LastPrice
		s.mu.Unlock()
	}
	if m.Index == 0 {
		m.Index = m.LastPrice
	}
	if !onTick(m.LastPrice) || m.Index < 0 || (m.Spread != nil && *m.Spread < 0) {
		return fmt.Errorf("price %v is not a positive multiple of 0.5: %w", m.LastPrice, ErrFixture)
	}
	defer s.stirred()
	return s.change(func() error {
		s.st.Index = m.Index
		if m.Spread != nil {
			s.st.Spread = *m.Spread
		}
		s.st.Ladder = m.Ladder
		s.move(m.LastPrice)
		return nil
	})
}

// SetFundingRate sets the rate the ticker announces.
func (s *Sim) SetFundingRate(rate float64) error {
	return s.change(func() error { s.st.FundingRate = rate; return nil })
}

// SettleFunding settles funding now, at the announced rate and the last price.
func (s *Sim) SettleFunding() (Settlement, error) {
	var x Settlement
	err := s.change(func() error { x = s.fund(s.st.FundingRate); return nil })
	return x, err
}

// SetSkew moves the exchange's clock away from the machine's.
func (s *Sim) SetSkew(d time.Duration) error {
	return s.change(func() error { s.st.SkewMs = d.Milliseconds(); return nil })
}

// SetCandles replaces a price series, oldest first.
func (s *Sim) SetCandles(resolution string, list []Candle) error {
	return s.change(func() error { s.st.Candles[resolution] = list; return nil })
}

// SetQuirks replaces the quirks. They do not survive a restart.
func (s *Sim) SetQuirks(q Quirks) error {
	if err := q.validate(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quirks = q
	return nil
}

// Account returns a copy of an account.
func (s *Sim) Account(id string) (Account, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.accounts[id]
	if !ok {
		return Account{}, false
	}
	return a.copy(), true
}

// Trade returns a copy of a trade.
func (s *Sim) Trade(id string) (Trade, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.trades[id]
	if !ok {
		return Trade{}, false
	}
	return *t, true
}

// Trades returns copies of an account's trades, oldest first.
func (s *Sim) Trades(accountID string) []Trade {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []Trade{}
	for _, t := range s.byOwner[accountID] {
		list = append(list, *t)
	}
	return list
}

// AddMarginByHand does what the owner of a trade does on the exchange's own pages:
// it moves sats from the balance into the running trade.
func (s *Sim) AddMarginByHand(id string, sats int64) error {
	return s.change(func() error {
		t, ok := s.trades[id]
		if !ok || t.Status != StatusRunning {
			return fmt.Errorf("trade %s is not running: %w", id, ErrFixture)
		}
		after, err := t.position().AddMargin(sats)
		if err != nil {
			return err
		}
		s.accounts[t.AccountID].Balance -= sats
		t.apply(after.Position)
		return nil
	})
}

// CloseByHand closes a running trade at the last price.
func (s *Sim) CloseByHand(id string) error {
	return s.change(func() error {
		t, ok := s.trades[id]
		if !ok || t.Status != StatusRunning {
			return fmt.Errorf("trade %s is not running: %w", id, ErrFixture)
		}
		s.settle(s.accounts[t.AccountID], t, s.st.LastPrice, s.clock())
		return nil
	})
}
