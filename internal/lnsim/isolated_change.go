package lnsim

import (
	"errors"
	"math"

	"github.com/axisor/axisor/pkg/lnmarkets/futures"
)

func (s *Sim) addMargin(c *call) (any, error) {
	var in amountInput
	if err := decode(c, &in); err != nil {
		return nil, err
	}
	amount, err := in.sats()
	if err != nil {
		return nil, err
	}
	t, err := s.ownRunning(c, in.ID)
	if err != nil {
		return nil, err
	}
	if c.account.Balance < amount {
		return nil, errBalance
	}
	after, err := t.position().AddMargin(amount)
	if err != nil {
		return nil, errLeverage
	}
	c.account.Balance -= amount
	t.apply(after.Position)
	return s.trade(t), nil
}

func (s *Sim) cashIn(c *call) (any, error) {
	var in amountInput
	if err := decode(c, &in); err != nil {
		return nil, err
	}
	amount, err := in.sats()
	if err != nil {
		return nil, err
	}
	t, err := s.ownRunning(c, in.ID)
	if err != nil {
		return nil, err
	}
	after, err := t.position().CashIn(s.st.LastPrice, amount)
	if errors.Is(err, futures.ErrAmount) {
		return nil, errAmount
	}
	if err != nil || float64(after.Margin)+after.PL(s.st.LastPrice) <= 0 {
		return nil, errLeverage
	}
	t.apply(after.Position)
	t.SumCashInPL += after.FromPLSats
	t.SumCashInMargin += after.FromMarginSats
	c.account.Balance += amount
	if overtaken(t) {
		t.Stoploss, t.TrailingDistance = 0, 0
	}
	return s.trade(t), nil
}

// overtaken reports whether liquidation now comes before the stop.
func overtaken(t *Trade) bool {
	if t.Stoploss == 0 || t.Liquidation == 0 {
		return false
	}
	if t.Side == futures.Buy {
		return t.Stoploss <= t.Liquidation
	}
	return t.Stoploss >= t.Liquidation
}

type idInput struct {
	ID string `json:"id"`
}

func (s *Sim) closeTrade(c *call) (any, error) {
	var in idInput
	if err := decode(c, &in); err != nil {
		return nil, err
	}
	t, err := s.ownRunning(c, in.ID)
	if err != nil {
		return nil, err
	}
	s.settle(c.account, t, s.st.LastPrice, c.now)
	return s.trade(t), nil
}

func (s *Sim) cancelTrade(c *call) (any, error) {
	var in idInput
	if err := decode(c, &in); err != nil {
		return nil, err
	}
	t, err := s.ownTrade(c, in.ID)
	if err != nil {
		return nil, err
	}
	if t.Status != StatusOpen {
		return nil, errNotOpen
	}
	s.cancel(c, t)
	return s.trade(t), nil
}

func (s *Sim) cancelAllTrades(c *call) (any, error) {
	list := s.with(c, StatusOpen)
	for _, t := range list {
		s.cancel(c, t)
	}
	return s.tradesOf(list), nil
}

// cancel gives back margin and reserve.
func (s *Sim) cancel(c *call, t *Trade) {
	c.account.Balance += t.Margin + t.MaintenanceMargin
	now := c.now
	t.Status, t.ClosedAt = StatusCanceled, &now
}

// checkStops refuses stops off the tick or on the wrong side of a price. Zero
// means not set.
func checkStops(t *Trade, stoploss, takeprofit, price float64) error {
	for _, v := range []float64{stoploss, takeprofit} {
		if v != 0 && !onTick(v) {
			return invalid("stoploss and takeprofit must be multiples of 0.5")
		}
	}
	// Seen from a short, above and below change places.
	direction := 1.0
	if t.Side == futures.Sell {
		direction = -1
	}
	if stoploss != 0 {
		if (price-stoploss)*direction <= 0 {
			return invalid("stoploss is on the wrong side of the price")
		}
		if t.Liquidation > 0 && (stoploss-t.Liquidation)*direction <= 0 {
			return invalid("stoploss is beyond the liquidation price")
		}
	}
	if takeprofit != 0 && (takeprofit-price)*direction <= 0 {
		return invalid("takeprofit is on the wrong side of the price")
	}
	return nil
}

type stopInput struct {
	ID    string  `json:"id"`
	Value float64 `json:"value"`
	Mode  string  `json:"mode"`
}

// stopTarget finds the trade a stop is for and the price it is compared with.
func (s *Sim) stopTarget(c *call, id string) (*Trade, float64, error) {
	t, err := s.ownTrade(c, id)
	if err != nil {
		return nil, 0, err
	}
	switch t.Status {
	case StatusRunning:
		return t, s.st.LastPrice, nil
	case StatusOpen:
		return t, t.Price, nil
	default:
		return nil, 0, errNotRunning
	}
}

func (s *Sim) setStoploss(c *call) (any, error) {
	var in stopInput
	if err := decode(c, &in); err != nil {
		return nil, err
	}
	t, price, err := s.stopTarget(c, in.ID)
	if err != nil {
		return nil, err
	}
	value, distance := in.Value, 0.0
	switch in.Mode {
	case "", "fixed":
	case "trailing":
		// A trailing stop is given as a distance, a fraction of the price.
		if !(in.Value >= 0.001 && in.Value <= 10) {
			return nil, invalid("trailing distance must be between 0.001 and 10")
		}
		distance = in.Value
		value = futures.RoundTick(price * (1 - distance))
		if t.Side == futures.Sell {
			value = futures.RoundTick(price * (1 + distance))
		}
		value = math.Max(value, 0)
	default:
		return nil, invalid("mode must be fixed or trailing")
	}
	if value == 0 {
		return nil, invalid("value must be positive")
	}
	if err := checkStops(t, value, 0, price); err != nil {
		return nil, err
	}
	t.Stoploss, t.TrailingDistance = value, distance
	return s.trade(t), nil
}

func (s *Sim) setTakeprofit(c *call) (any, error) {
	var in stopInput
	if err := decode(c, &in); err != nil {
		return nil, err
	}
	t, price, err := s.stopTarget(c, in.ID)
	if err != nil {
		return nil, err
	}
	if in.Value == 0 {
		return nil, invalid("value must be positive")
	}
	if err := checkStops(t, 0, in.Value, price); err != nil {
		return nil, err
	}
	t.Takeprofit = in.Value
	return s.trade(t), nil
}

func (s *Sim) removeStoploss(c *call) (any, error) {
	t, _, err := s.stopTarget(c, c.query.Get("id"))
	if err != nil {
		return nil, err
	}
	t.Stoploss, t.TrailingDistance = 0, 0
	return s.trade(t), nil
}

func (s *Sim) removeTakeprofit(c *call) (any, error) {
	t, _, err := s.stopTarget(c, c.query.Get("id"))
	if err != nil {
		return nil, err
	}
	t.Takeprofit = 0
	return s.trade(t), nil
}
