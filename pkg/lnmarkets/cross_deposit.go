package lnmarkets

import (
	"context"
	"fmt"
	"net/http"
)

// CrossDeposit moves amountSats from the balance into the cross account. It
// needs the permission futures:cross:write.
//
// It is sent once and never again: when IsAmbiguous says that the outcome is
// unknown, read the cross position back before anything else.
func (c *Client) CrossDeposit(ctx context.Context, amountSats int64) (CrossPosition, error) {
	if amountSats <= 0 || amountSats > maxExact {
		return CrossPosition{}, fmt.Errorf("cross deposit: amount of %d sats: %w", amountSats, ErrInput)
	}
	input := struct {
		Amount int64 `json:"amount"`
	}{amountSats}
	return c.cross(ctx, call{method: http.MethodPost, route: "/futures/cross/deposit", bucket: Private, input: input})
}
