package lnsim

import (
	"time"

	"github.com/axisor/axisor/pkg/lnmarkets/futures"
)

// move changes the last price and carries out what follows: limits that are
// reached, liquidations, stops. Callers hold mu.
func (s *Sim) move(price float64) {
	before := s.st.LastPrice
	s.st.LastPrice = price
	now := s.clock()
	for _, a := range s.st.Accounts {
		for _, t := range s.byOwner[a.ID] {
			if t.Status == StatusOpen && between(t.Price, before, price) {
				s.fill(a, t, now)
			}
			if t.Status == StatusRunning {
				s.react(a, t, now)
			}
		}
		s.moveCross(a, before, price, now)
	}
}

// between reports whether a level lies on the way from one price to another.
func between(level, from, to float64) bool {
	return min(from, to) <= level && level <= max(from, to)
}

// react liquidates or stops a running trade if the last price says so. On a
// jump over both, liquidation wins: nobody was there to trade at the stop.
func (s *Sim) react(a *Account, t *Trade, now time.Time) {
	last := s.st.LastPrice
	trail(t, last)
	long := t.Side == futures.Buy
	switch {
	case t.Liquidation > 0 && ((long && last <= t.Liquidation) || (!long && last >= t.Liquidation)):
		s.liquidate(a, t, now)
	case t.Stoploss > 0 && ((long && last <= t.Stoploss) || (!long && last >= t.Stoploss)),
		t.Takeprofit > 0 && ((long && last >= t.Takeprofit) || (!long && last <= t.Takeprofit)):
		s.settle(a, t, last, now)
	}
}

// trail pulls a trailing stop behind the price.
func trail(t *Trade, last float64) {
	if t.TrailingDistance <= 0 {
		return
	}
	if t.Side == futures.Buy {
		t.Stoploss = max(t.Stoploss, futures.RoundTick(last*(1-t.TrailingDistance)))
		return
	}
	if level := futures.RoundTick(last * (1 + t.TrailingDistance)); t.Stoploss == 0 || level < t.Stoploss {
		t.Stoploss = level
	}
}

// fill turns an open trade into a running one at its own price and charges the
// opening fee out of the reserve.
func (s *Sim) fill(a *Account, t *Trade, now time.Time) {
	t.Status, t.FilledAt = StatusRunning, &now
	t.OpeningFee = futures.Fee(t.Quantity, t.Price, a.rate())
	t.MaintenanceMargin -= t.OpeningFee
}

// settle closes a running trade at a price and pays out what is left.
func (s *Sim) settle(a *Account, t *Trade, price float64, now time.Time) {
	t.PL = t.position().PLSats(price)
	s.end(a, t, price, now)
}

// liquidate closes a running trade with the loss of its whole margin.
func (s *Sim) liquidate(a *Account, t *Trade, now time.Time) {
	t.PL = -t.Margin
	t.Liquidated = true
	s.end(a, t, t.Liquidation, now)
}

func (s *Sim) end(a *Account, t *Trade, price float64, now time.Time) {
	t.ClosingFee = min(futures.Fee(t.Quantity, price, a.rate()), max(t.MaintenanceMargin, 0))
	t.MaintenanceMargin -= t.ClosingFee
	t.Status, t.ExitPrice, t.ClosedAt = StatusClosed, price, &now
	a.Balance += max(t.Margin+t.PL+t.MaintenanceMargin, 0)
}

// fund settles funding for every position at the last price. A payer pays from
// the margin, a receiver gets it on the balance. Callers hold mu.
func (s *Sim) fund(rate float64) Settlement {
	now := s.clock()
	x := Settlement{ID: s.newID(), Time: now, FundingRate: rate, FixingPrice: s.st.LastPrice}
	s.st.Settlements = append(s.st.Settlements, x)
	for _, a := range s.st.Accounts {
		for _, t := range s.byOwner[a.ID] {
			if t.Status != StatusRunning {
				continue
			}
			fee := futures.Funding(t.Side, t.Quantity, x.FixingPrice, rate)
			t.SumFundingFees += fee
			a.FundingFees = append(a.FundingFees, FundingFee{SettlementID: x.ID, TradeID: t.ID, Fee: fee, Time: now})
			if fee < 0 {
				a.Balance -= fee
				continue
			}
			p := t.position()
			p.Margin = max(p.Margin-fee, 0)
			t.apply(p)
			s.react(a, t, now)
		}
		s.fundCross(a, x, now)
	}
	return x
}

func (s *Sim) fundCross(a *Account, x Settlement, now time.Time) {
	if a.Cross.Quantity == 0 {
		return
	}
	p := a.Cross.position()
	fee := futures.Funding(p.Side(), p.Size(), x.FixingPrice, x.FundingRate)
	a.Cross.FundingFees += fee
	a.FundingFees = append(a.FundingFees, FundingFee{SettlementID: x.ID, Fee: fee, Time: now})
	if fee < 0 {
		a.Balance -= fee
	} else {
		a.Cross.Margin -= fee
	}
	a.Cross.UpdatedAt = now
	s.liquidateCross(a, now)
}

// moveCross fills resting cross orders and liquidates the position.
func (s *Sim) moveCross(a *Account, before, price float64, now time.Time) {
	for _, o := range a.Orders {
		if !o.open() || !between(o.Price, before, price) {
			continue
		}
		if s.fillCross(a, o, o.Price, now) != nil {
			o.CanceledAt = &now
		}
	}
	s.liquidateCross(a, now)
}

func (s *Sim) liquidateCross(a *Account, now time.Time) {
	p := a.Cross.position()
	liq, ok := p.Liquidation()
	if !ok || (p.Quantity > 0 && s.st.LastPrice > liq) || (p.Quantity < 0 && s.st.LastPrice < liq) {
		return
	}
	side := futures.Sell
	if p.Quantity < 0 {
		side = futures.Buy
	}
	a.Orders = append(a.Orders, &Order{
		ID: s.newID(), Type: "liquidation", Side: side, Quantity: p.Size(), Price: liq, CreatedAt: now, FilledAt: &now,
	})
	a.Cross.Quantity, a.Cross.EntryPrice, a.Cross.Margin, a.Cross.UpdatedAt = 0, 0, 0, now
}
