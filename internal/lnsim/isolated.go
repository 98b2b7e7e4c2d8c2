package lnsim

import (
	"slices"
	"time"

	"github.com/axisor/axisor/pkg/lnmarkets/futures"
)

// maxPositions is how many live trades an account may have.
const maxPositions = 100

func (s *Sim) with(c *call, status string) []*Trade {
	var list []*Trade
	for _, t := range slices.Backward(s.byOwner[c.account.ID]) {
		if t.Status == status {
			list = append(list, t)
		}
	}
	return list
}

func (s *Sim) runningTrades(c *call) (any, error) { return s.tradesOf(s.with(c, StatusRunning)), nil }
func (s *Sim) openTrades(c *call) (any, error)    { return s.tradesOf(s.with(c, StatusOpen)), nil }
func (s *Sim) closedTrades(c *call) (any, error)  { return s.ended(c, StatusClosed) }
func (s *Sim) canceledTrades(c *call) (any, error) {
	return s.ended(c, StatusCanceled)
}

// ended lists trades that are over, the last to end first.
func (s *Sim) ended(c *call, status string) (any, error) {
	list := s.with(c, status)
	slices.SortStableFunc(list, func(a, b *Trade) int { return b.ClosedAt.Compare(*a.ClosedAt) })
	entries := make([]entry, len(list))
	for i, t := range list {
		entries[i] = entry{id: t.ID, time: *t.ClosedAt, view: s.trade(t)}
	}
	return paginate(c, entries)
}

func (s *Sim) isolatedFundingFees(c *call) (any, error) {
	only := c.query.Get("tradeId")
	return fundingFees(c, func(f FundingFee) bool { return f.TradeID != "" && (only == "" || f.TradeID == only) })
}

func fundingFees(c *call, keep func(FundingFee) bool) (any, error) {
	var entries []entry
	for _, f := range slices.Backward(c.account.FundingFees) {
		if !keep(f) {
			continue
		}
		view := map[string]any{"time": stamp(f.Time), "settlementId": f.SettlementID, "tradeId": nil, "fee": f.Fee}
		if f.TradeID != "" {
			view["tradeId"] = f.TradeID
		}
		entries = append(entries, entry{id: f.SettlementID + f.TradeID, time: f.Time, view: view})
	}
	return paginate(c, entries)
}

type newTradeInput struct {
	Type       string       `json:"type"`
	Side       futures.Side `json:"side"`
	Quantity   *float64     `json:"quantity"`
	Margin     *float64     `json:"margin"`
	Leverage   float64      `json:"leverage"`
	Price      *float64     `json:"price"`
	Stoploss   float64      `json:"stoploss"`
	Takeprofit float64      `json:"takeprofit"`
	ClientID   *string      `json:"clientId"`
}

// order checks a new trade and turns it into a position, still without an
// owner. last is the market price.
func (i newTradeInput) order(last float64) (futures.Position, error) {
	p := futures.Position{Side: i.Side, Price: last}
	switch {
	case !i.Side.Valid():
		return p, invalid("side must be buy or sell")
	case i.Type != "market" && i.Type != "limit":
		return p, invalid("type must be market or limit")
	case (i.Type == "limit") != (i.Price != nil):
		return p, invalid("price belongs to limit trades, and only to them")
	case i.Price != nil && !onTick(*i.Price):
		return p, invalid("price must be a multiple of 0.5")
	case (i.Quantity == nil) == (i.Margin == nil):
		return p, invalid("exactly one of quantity and margin is required")
	case i.Leverage < futures.MinLeverage || i.Leverage > futures.MaxLeverage:
		return p, errLeverage
	case i.ClientID != nil && (len(*i.ClientID) < 1 || len(*i.ClientID) > 64):
		return p, invalid("clientId must have 1 to 64 characters")
	}
	if i.Price != nil {
		p.Price = *i.Price
	}
	var err error
	if i.Quantity != nil {
		p.Quantity, err = positiveWhole(*i.Quantity)
		p.Margin = futures.MarginFor(p.Quantity, p.Price, i.Leverage)
	} else if p.Margin, err = positiveWhole(*i.Margin); err == nil {
		p.Quantity = futures.QuantityFor(p.Margin, p.Price, i.Leverage)
	}
	if err != nil || p.Quantity < 1 || p.Quantity > futures.MaxQuantity || p.Margin < 1 {
		return p, invalid("quantity must be an integer between 1 and 500000")
	}
	return p, nil
}

func (s *Sim) newTrade(c *call) (any, error) {
	var in newTradeInput
	if err := decode(c, &in); err != nil {
		return nil, err
	}
	p, err := in.order(s.st.LastPrice)
	if err != nil {
		return nil, err
	}
	if len(s.with(c, StatusRunning))+len(s.with(c, StatusOpen)) >= maxPositions {
		return nil, invalid("Too many open positions")
	}
	t := s.draft(c.account, p, in.Leverage, c.now)
	t.Type = in.Type
	if in.ClientID != nil {
		t.ClientID = *in.ClientID
	}
	if err := checkStops(t, in.Stoploss, in.Takeprofit, p.Price); err != nil {
		return nil, err
	}
	t.Stoploss, t.Takeprofit = in.Stoploss, in.Takeprofit
	if c.account.Balance < t.Margin+t.MaintenanceMargin {
		return nil, errBalance
	}
	c.account.Balance -= t.Margin + t.MaintenanceMargin
	s.keep(t)
	if t.Type == "market" {
		s.fill(c.account, t, c.now)
	}
	return s.trade(t), nil
}

// draft is an open trade with its margin, reserve and liquidation price.
func (s *Sim) draft(a *Account, p futures.Position, leverage float64, now time.Time) *Trade {
	t := &Trade{
		ID: s.newID(), AccountID: a.ID, Side: p.Side, Quantity: p.Quantity,
		EntryPrice: p.Price, EntryMargin: p.Margin, CreatedAt: now, Status: StatusOpen,
	}
	t.apply(p)
	// The leverage that was asked for, not the one that rounding the margin to
	// whole satoshis makes of it.
	t.Leverage = leverage
	opening, closing := p.Reserve()
	t.MaintenanceMargin = opening + closing
	return t
}

// keep files a trade. Callers hold mu.
func (s *Sim) keep(t *Trade) {
	s.st.Trades = append(s.st.Trades, t)
	s.trades[t.ID] = t
	s.byOwner[t.AccountID] = append(s.byOwner[t.AccountID], t)
}
