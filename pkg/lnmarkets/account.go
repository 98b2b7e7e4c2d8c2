package lnmarkets

import (
	"context"
	"errors"
	"net/http"
)

// Account is the owner of the key.
type Account struct {
	// ID is the user's id at the exchange.
	ID       string
	Username string
	// BalanceSats is the free balance: margin in trades is not part of it.
	BalanceSats int64
	// FeeTier is an index into the fee table of package futures.
	FeeTier int
	// SyntheticUSDBalance is passed on as it came; its unit is not documented.
	SyntheticUSDBalance float64
}

// Account reads balance and fee tier. It needs the permission account:read.
func (c *Client) Account(ctx context.Context) (Account, error) {
	var a Account
	k := call{method: http.MethodGet, route: "/account", bucket: Private}
	err := c.do(ctx, k, func(body []byte) error {
		var wire struct {
			ID        string  `json:"id"`
			Username  string  `json:"username"`
			Balance   *whole  `json:"balance"`
			FeeTier   whole   `json:"feeTier"`
			Synthetic float64 `json:"syntheticUsdBalance"`
		}
		if err := unmarshal(body, &wire); err != nil {
			return err
		}
		if wire.Balance == nil {
			return errors.New("field balance is missing")
		}
		a = Account{
			ID: wire.ID, Username: wire.Username, BalanceSats: int64(*wire.Balance),
			FeeTier: int(wire.FeeTier), SyntheticUSDBalance: wire.Synthetic,
		}
		return nil
	})
	return a, err
}
