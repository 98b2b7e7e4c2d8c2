package lnsim

import (
	"slices"
	"time"

	"github.com/axisor/axisor/pkg/lnmarkets/futures"
)

func (s *Sim) crossPosition(c *call) (any, error) { return s.cross(c.account), nil }

func (s *Sim) crossDeposit(c *call) (any, error) {
	amount, err := crossAmount(c)
	if err != nil {
		return nil, err
	}
	if c.account.Balance < amount {
		return nil, errBalance
	}
	s.transfer(c, amount)
	return s.cross(c.account), nil
}

func (s *Sim) crossWithdraw(c *call) (any, error) {
	amount, err := crossAmount(c)
	if err != nil {
		return nil, err
	}
	if !free(c.account.Cross, amount) {
		return nil, errBalance
	}
	s.transfer(c, -amount)
	return s.cross(c.account), nil
}

func crossAmount(c *call) (int64, error) {
	var in amountInput
	if err := decode(c, &in); err != nil {
		return 0, err
	}
	return in.sats()
}

// transfer moves an amount from the balance into the cross account.
func (s *Sim) transfer(c *call, amount int64) {
	a := c.account
	a.Balance -= amount
	a.Cross.Margin += amount
	a.Cross.UpdatedAt = c.now
	a.Transfers = append(a.Transfers, Transfer{ID: s.newID(), Amount: amount, Time: c.now})
}

// free reports whether a cross account can do without an amount: what the
// position binds and its maintenance margin must stay.
func free(x Cross, amount int64) bool {
	p := x.position()
	return p.Margin-amount >= p.RunningMargin()+p.MaintenanceMargin()
}

func (s *Sim) crossLeverage(c *call) (any, error) {
	var in struct {
		Leverage float64 `json:"leverage"`
	}
	if err := decode(c, &in); err != nil {
		return nil, err
	}
	leverage, err := positiveWhole(in.Leverage)
	if err != nil || leverage > futures.MaxLeverage {
		return nil, errLeverage
	}
	changed := c.account.Cross
	changed.Leverage, changed.UpdatedAt = leverage, c.now
	if !free(changed, 0) {
		return nil, errBalance
	}
	c.account.Cross = changed
	return s.cross(c.account), nil
}

func (s *Sim) crossTransfers(c *call) (any, error) {
	var entries []entry
	for _, x := range slices.Backward(c.account.Transfers) {
		entries = append(entries, entry{id: x.ID, time: x.Time, view: map[string]any{
			"id": x.ID, "uid": c.account.ID, "amount": x.Amount, "time": stamp(x.Time),
		}})
	}
	return paginate(c, entries)
}

func (s *Sim) crossFundingFees(c *call) (any, error) {
	return fundingFees(c, func(f FundingFee) bool { return f.TradeID == "" })
}

type crossOrderInput struct {
	Type     string       `json:"type"`
	Side     futures.Side `json:"side"`
	Quantity float64      `json:"quantity"`
	Price    *float64     `json:"price"`
}

func (s *Sim) crossOrder(c *call) (any, error) {
	var in crossOrderInput
	if err := decode(c, &in); err != nil {
		return nil, err
	}
	quantity, err := positiveWhole(in.Quantity)
	switch {
	case err != nil || quantity > futures.MaxQuantity:
		return nil, invalid("quantity must be an integer between 1 and 500000")
	case !in.Side.Valid():
		return nil, invalid("side must be buy or sell")
	case in.Type != "market" && in.Type != "limit":
		return nil, invalid("type must be market or limit")
	case (in.Type == "limit") != (in.Price != nil):
		return nil, invalid("price belongs to limit orders, and only to them")
	case in.Price != nil && !onTick(*in.Price):
		return nil, invalid("price must be a multiple of 0.5")
	}
	o := &Order{ID: s.newID(), Type: in.Type, Side: in.Side, Quantity: quantity, Price: s.st.LastPrice, CreatedAt: c.now}
	if in.Price != nil {
		o.Price = *in.Price
	} else if err := s.fillCross(c.account, o, s.st.LastPrice, c.now); err != nil {
		return nil, err
	}
	c.account.Orders = append(c.account.Orders, o)
	return orderOf(c.account, o), nil
}

func (s *Sim) crossClose(c *call) (any, error) {
	p := c.account.Cross.position()
	if p.Quantity == 0 {
		return nil, invalid("Position is not running")
	}
	o := &Order{ID: s.newID(), Type: "market", Side: futures.Sell, Quantity: p.Size(), CreatedAt: c.now}
	if p.Quantity < 0 {
		o.Side = futures.Buy
	}
	if err := s.fillCross(c.account, o, s.st.LastPrice, c.now); err != nil {
		return nil, err
	}
	c.account.Orders = append(c.account.Orders, o)
	return orderOf(c.account, o), nil
}

// fillCross trades an order at a price: it closes what is open on the other
// side first, realising its profit or loss, and opens the rest.
func (s *Sim) fillCross(a *Account, o *Order, price float64, now time.Time) error {
	x := a.Cross
	signed := o.Quantity
	if o.Side == futures.Sell {
		signed = -signed
	}
	fee := futures.Fee(o.Quantity, price, a.rate())
	p := x.position()
	if closing := min(p.Size(), o.Quantity); p.Quantity != 0 && p.Side() != o.Side {
		part := futures.Position{Side: p.Side(), Quantity: closing, Price: x.EntryPrice}
		x.Margin += part.PLSats(price)
		if o.Quantity > p.Size() {
			x.EntryPrice = futures.RoundTick(price)
		}
	} else {
		x.EntryPrice = futures.CrossEntry(p.Size(), x.EntryPrice, o.Quantity, price)
	}
	x.Quantity += signed
	if x.Quantity == 0 {
		x.EntryPrice = 0
	}
	x.Margin -= fee
	x.TradingFees += fee
	x.UpdatedAt = now
	grows := x.position().Size() > p.Size()
	if x.Margin < 0 || (grows && !free(x, 0)) {
		return errBalance
	}
	a.Cross = x
	o.Price, o.TradingFee, o.FilledAt = price, fee, &now
	return nil
}

func (s *Sim) crossCancel(c *call) (any, error) {
	var in idInput
	if err := decode(c, &in); err != nil {
		return nil, err
	}
	for _, o := range c.account.Orders {
		if o.ID == in.ID && o.open() {
			now := c.now
			o.CanceledAt = &now
			return orderOf(c.account, o), nil
		}
	}
	return nil, errNotOpen
}

func (s *Sim) crossCancelAll(c *call) (any, error) {
	out := []wireOrder{}
	for _, o := range c.account.Orders {
		if o.open() {
			now := c.now
			o.CanceledAt = &now
			out = append(out, orderOf(c.account, o))
		}
	}
	return out, nil
}

func (s *Sim) crossOpenOrders(c *call) (any, error) {
	out := []wireOrder{}
	for _, o := range slices.Backward(c.account.Orders) {
		if o.open() {
			out = append(out, orderOf(c.account, o))
		}
	}
	return out, nil
}

func (s *Sim) crossFilledOrders(c *call) (any, error) {
	var entries []entry
	for _, o := range slices.Backward(c.account.Orders) {
		if o.FilledAt != nil {
			entries = append(entries, entry{id: o.ID, time: *o.FilledAt, view: orderOf(c.account, o)})
		}
	}
	return paginate(c, entries)
}
