package lnsim

import (
	"math"

	"github.com/axisor/axisor/pkg/exactjson"
	"github.com/axisor/axisor/pkg/lnmarkets/futures"
)

// decode reads a JSON object into out. Fields of the wrong type are a 400;
// unknown fields are ignored.
func decode(c *call, out any) error {
	if len(c.body) == 0 {
		return invalid("Invalid request")
	}
	if err := exactjson.Unmarshal(c.body, out); err != nil {
		return invalid("Invalid request")
	}
	return nil
}

// amountInput is the body of every call that moves an amount.
type amountInput struct {
	ID     string   `json:"id"`
	Amount *float64 `json:"amount"`
}

func (i amountInput) sats() (int64, error) {
	if i.Amount == nil {
		return 0, errAmount
	}
	return positiveWhole(*i.Amount)
}

func positiveWhole(f float64) (int64, error) {
	if f != math.Trunc(f) || f < 1 || f > 1<<53 {
		return 0, errAmount
	}
	return int64(f), nil
}

// onTick reports whether a price is one the exchange can quote.
func onTick(price float64) bool {
	return price > 0 && price < futures.MaxPrice && price == futures.RoundTick(price)
}

// ownTrade finds a trade of the caller. Whose it is otherwise is not told.
func (s *Sim) ownTrade(c *call, id string) (*Trade, error) {
	if t, ok := s.trades[id]; ok && t.AccountID == c.account.ID {
		return t, nil
	}
	return nil, errNotOwned
}

func (s *Sim) ownRunning(c *call, id string) (*Trade, error) {
	t, err := s.ownTrade(c, id)
	if err != nil {
		return nil, err
	}
	if t.Status != StatusRunning {
		return nil, errNotRunning
	}
	return t, nil
}
