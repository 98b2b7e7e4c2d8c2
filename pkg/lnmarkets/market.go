package lnmarkets

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/axisor/axisor/pkg/lnmarkets/futures"
)

// ServerTime is the exchange's clock seen from here.
type ServerTime struct {
	// Server is what the exchange said.
	Server time.Time
	// Offset is how far the exchange's clock is ahead of ours, measured against
	// the middle of the call. Negative when it is behind.
	Offset time.Duration
	// RoundTrip is how long the call took; the offset is uncertain by half of it.
	RoundTrip time.Duration
}

// Time asks the exchange for its clock. It is public. What a cache answers is
// taken forward by the age that the cache gives.
func (c *Client) Time(ctx context.Context) (ServerTime, error) {
	var got ServerTime
	var heard answer
	k := call{method: http.MethodGet, route: "/time", bucket: Public, heard: func(a answer) { heard = a }}
	err := c.retry(ctx, func() error {
		// Waiting for the rate limit would look like a slow network, so the
		// clock is read on this side of it.
		if err := c.limiter.Wait(ctx, k.bucket); err != nil {
			return err
		}
		started := c.now()
		return c.exchange(ctx, k, nil, func(body []byte) error {
			ended := c.now()
			var wire struct {
				Time moment `json:"time"`
			}
			if err := unmarshal(body, &wire); err != nil {
				return err
			}
			server := time.Time(wire.Time)
			if server.IsZero() {
				return errors.New("field time is missing")
			}
			server = server.Add(cacheAge(heard.header))
			trip := ended.Sub(started)
			got = ServerTime{Server: server, Offset: server.Sub(started.Add(trip / 2)), RoundTrip: trip}
			return nil
		})
	})
	return got, err
}

// Ticker is the state of the market.
type Ticker struct {
	// Index is the spot-like index in US dollars per bitcoin.
	Index float64
	// LastPrice is the reference for profit, liquidation and stops.
	LastPrice float64
	// FundingRate is the next funding rate as a fraction.
	FundingRate float64
	// FundingTime is when it applies; zero when not told.
	FundingTime time.Time
	// Prices is the ladder by size, possibly empty.
	Prices []PriceLevel
	// AsOf is the moment, on the local clock, that an answer is of: when it was asked
	// for, or earlier when it says so itself. Zero for what came another way.
	AsOf time.Time
}

// PriceLevel is one step of the ladder.
type PriceLevel struct {
	// MinSize and MaxSize bound the order size, in US dollars.
	MinSize, MaxSize int64
	// BidPrice and AskPrice are zero when there is none.
	BidPrice, AskPrice float64
}

// PriceFor is the price that decides over a position of this side and quantity:
// the worse of the last price and the ladder's price for that size, because
// either can liquidate it.
func (t Ticker) PriceFor(side futures.Side, quantity int64) float64 {
	price := t.LastPrice
	for i, level := range t.Prices {
		if quantity > level.MaxSize && i < len(t.Prices)-1 {
			continue
		}
		if side == futures.Buy && level.BidPrice > 0 {
			price = min(price, level.BidPrice)
		}
		if side == futures.Sell && level.AskPrice > 0 {
			price = max(price, level.AskPrice)
		}
		break
	}
	return price
}

type wireTicker struct {
	Index       float64 `json:"index"`
	LastPrice   float64 `json:"lastPrice"`
	FundingRate float64 `json:"fundingRate"`
	FundingTime moment  `json:"fundingTime"`
	Prices      []struct {
		MinSize  whole   `json:"minSize"`
		MaxSize  whole   `json:"maxSize"`
		BidPrice float64 `json:"bidPrice"`
		AskPrice float64 `json:"askPrice"`
	} `json:"prices"`
}

// Ticker asks for the state of the market. It is public. A client without the right
// offset, see WithOffset, takes an answer for older or younger than it is.
func (c *Client) Ticker(ctx context.Context) (Ticker, error) {
	var t Ticker
	var asOf time.Time
	k := call{method: http.MethodGet, route: "/futures/ticker", bucket: Public, heard: func(a answer) { asOf = a.asOf(c.offset) }}
	err := c.do(ctx, k, func(body []byte) (err error) {
		t, err = DecodeTicker(body)
		t.AsOf = asOf
		return err
	})
	return t, err
}

// DecodeTicker reads the state of the market as the exchange writes it.
func DecodeTicker(body []byte) (Ticker, error) {
	var wire wireTicker
	if err := unmarshal(body, &wire); err != nil {
		return Ticker{}, err
	}
	if wire.LastPrice <= 0 || wire.LastPrice >= futures.MaxPrice {
		return Ticker{}, errors.New("field lastPrice is missing or not a price")
	}
	t := Ticker{
		Index: wire.Index, LastPrice: wire.LastPrice,
		FundingRate: wire.FundingRate, FundingTime: time.Time(wire.FundingTime),
	}
	for _, p := range wire.Prices {
		t.Prices = append(t.Prices, PriceLevel{
			MinSize: int64(p.MinSize), MaxSize: int64(p.MaxSize), BidPrice: p.BidPrice, AskPrice: p.AskPrice,
		})
	}
	return t, nil
}
