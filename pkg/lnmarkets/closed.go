package lnmarkets

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"github.com/axisor/axisor/pkg/exactjson"
)

// ClosedPage is how many of the newest closed trades NewestClosed looks through.
const ClosedPage = closedPage

// NewestClosed looks through the newest ClosedPage closed trades, with one request,
// for those that wanted says yes to. What is wrong with another one is nobody's
// business here. It needs the permission futures:isolated:read.
func (c *Client) NewestClosed(ctx context.Context, wanted func(id string) bool) ([]Trade, error) {
	k := call{
		method: http.MethodGet, route: "/futures/isolated/trades/closed", bucket: Private,
		query: url.Values{"limit": {strconv.Itoa(ClosedPage)}},
	}
	var out []Trade
	err := c.do(ctx, k, func(body []byte) error {
		var page struct {
			Data []json.RawMessage `json:"data"`
		}
		if err := unmarshal(body, &page); err != nil {
			return err
		}
		out = nil
		for _, raw := range page.Data {
			var wire wireTrade
			err := exactjson.Unmarshal(raw, &wire)
			if !wanted(wire.ID) {
				continue
			}
			if err != nil {
				return err
			}
			t, err := wire.trade()
			if err != nil {
				return err
			}
			out = append(out, t)
		}
		return nil
	})
	return out, err
}
