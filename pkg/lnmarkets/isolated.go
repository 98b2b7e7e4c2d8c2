package lnmarkets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/axisor/axisor/pkg/exactjson"
)

// RunningTrades lists the live isolated trades of the key's owner. It needs the
// permission futures:isolated:read. A trade that cannot be understood comes with what
// makes it Unreadable, so that it fails itself only; when none can, the list fails.
func (c *Client) RunningTrades(ctx context.Context) ([]Trade, error) {
	var trades []Trade
	k := call{method: http.MethodGet, route: "/futures/isolated/trades/running", bucket: Private}
	err := c.do(ctx, k, func(body []byte) error {
		var wire []json.RawMessage
		if err := unmarshal(body, &wire); err != nil {
			return err
		}
		if wire == nil {
			return errors.New("null instead of a list")
		}
		trades = make([]Trade, 0, len(wire))
		var unreadable error
		failed := 0
		for _, raw := range wire {
			t, err := runningTrade(raw)
			switch {
			case err != nil:
				failed, unreadable = failed+1, err
			case !t.IsRunning():
				continue
			}
			trades = append(trades, t)
		}
		if failed > 0 && failed == len(wire) {
			return unreadable
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return trades, nil
}

// runningTrade reads one element of the list. When it cannot, the trade holds its id,
// if there is one, and why.
func runningTrade(raw json.RawMessage) (Trade, error) {
	var w wireTrade
	err := unmarshal(raw, &w)
	if err == nil {
		var t Trade
		if t, err = w.trade(); err == nil {
			return t, nil
		}
	}
	var named struct {
		ID string `json:"id"`
	}
	if unmarshal(raw, &named) != nil {
		named.ID = ""
	}
	return Trade{ID: named.ID, Unreadable: err.Error()}, err
}

// How many of the newest closed trades are looked through for one.
const (
	closedPage  = 100
	closedPages = 3
)

// ClosedTrade finds one of the newest closed trades by its id; found is false
// when it is not among them. It needs the permission futures:isolated:read.
func (c *Client) ClosedTrade(ctx context.Context, id string) (trade Trade, found bool, err error) {
	query := url.Values{"limit": {strconv.Itoa(closedPage)}}
	for range closedPages {
		var next string
		k := call{method: http.MethodGet, route: "/futures/isolated/trades/closed", bucket: Private, query: query}
		err := c.do(ctx, k, func(body []byte) (err error) {
			trade, found, next, err = pickTrade(body, id)
			return err
		})
		if err != nil || found || next == "" {
			return trade, found, err
		}
		query.Set("cursor", next)
	}
	return Trade{}, false, nil
}

// pickTrade reads the one trade of a page that is asked for; what is wrong with
// another one is nobody's business here.
func pickTrade(body []byte, id string) (trade Trade, found bool, next string, err error) {
	var page struct {
		Data       []json.RawMessage `json:"data"`
		NextCursor string            `json:"nextCursor"`
	}
	if err := unmarshal(body, &page); err != nil {
		return Trade{}, false, "", err
	}
	for _, raw := range page.Data {
		var wire wireTrade
		if err := exactjson.Unmarshal(raw, &wire); wire.ID != id {
			continue
		} else if err != nil {
			return Trade{}, false, "", err
		}
		trade, err = wire.trade()
		return trade, err == nil, "", err
	}
	return Trade{}, false, page.NextCursor, nil
}

// amountInput is the body of every call that moves an amount into or out of a
// trade. The order of the fields is the order on the wire.
type amountInput struct {
	ID     string `json:"id"`
	Amount int64  `json:"amount"`
}

// AddMargin moves amountSats from the balance into a running trade and returns
// the trade as it is then. It needs the permission futures:isolated:write.
//
// It is sent once and never again: when IsAmbiguous says that the outcome is
// unknown, read the running trades back before anything else.
func (c *Client) AddMargin(ctx context.Context, id string, amountSats int64) (Trade, error) {
	if id == "" {
		return Trade{}, fmt.Errorf("add margin: trade id is empty: %w", ErrInput)
	}
	if amountSats <= 0 || amountSats > maxExact {
		return Trade{}, fmt.Errorf("add margin: amount of %d sats: %w", amountSats, ErrInput)
	}
	return c.tradeWrite(ctx, "/futures/isolated/trade/add-margin", id, amountInput{ID: id, Amount: amountSats})
}

// tradeWrite posts an input about one trade and decodes the trade in the
// answer.
func (c *Client) tradeWrite(ctx context.Context, route, id string, input any) (Trade, error) {
	var trade Trade
	k := call{method: http.MethodPost, route: route, bucket: Private, input: input}
	err := c.do(ctx, k, func(body []byte) error {
		var wire wireTrade
		if err := unmarshal(body, &wire); err != nil {
			return err
		}
		t, err := wire.trade()
		if err != nil {
			return err
		}
		if t.ID != id {
			return fmt.Errorf("answer is about trade %q", t.ID)
		}
		trade = t
		return nil
	})
	return trade, err
}
