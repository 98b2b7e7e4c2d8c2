package stream

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/axisor/axisor/pkg/exactjson"
	"github.com/axisor/axisor/pkg/lnmarkets"
	"github.com/axisor/axisor/pkg/lnmarkets/futures"
)

// frame is a message of the exchange: an answer to a call, or a push.
type frame struct {
	ID     *int   `json:"id"`
	Method string `json:"method"`
	Error  *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
	Params struct {
		Topic string          `json:"topic"`
		Data  json.RawMessage `json:"data"`
	} `json:"params"`
}

// take handles one message. An error ends the connection; a message that makes
// no sense does so only when many in a row do.
func (f *Follower) take(text []byte) error {
	nonsense, err := f.read(text)
	switch {
	case err != nil:
		return err
	case nonsense == nil:
		f.faults = 0
		return nil
	}
	f.faults++
	f.o.Logger.Debug("message of the price stream not understood", "error", nonsense.Error())
	if f.faults >= maxNonsense {
		return fmt.Errorf("%d messages in a row make no sense: %w", f.faults, nonsense)
	}
	return nil
}

func (f *Follower) read(text []byte) (nonsense, fatal error) {
	var m frame
	if err := exactjson.Unmarshal(text, &m); err != nil {
		return errors.New("not JSON-RPC"), nil
	}
	switch {
	case m.Error != nil && m.ID != nil && *m.ID == 1:
		return nil, fmt.Errorf("subscription refused: %s (%d)", m.Error.Message, m.Error.Code)
	case m.ID != nil && *m.ID == 1:
		f.subscribed = true
		return nil, nil
	case m.Method != "subscription":
		return nil, nil // an answer, or something that was not asked for
	}
	switch m.Params.Topic {
	case topicLast:
		return f.last(m.Params.Data), nil
	case topicTicker:
		t, err := lnmarkets.DecodeTicker(m.Params.Data)
		if err == nil {
			f.tell(func(q *Quote) { q.Ticker, q.TickerAt = t, f.o.Now() })
		}
		return err, nil
	}
	return nil, nil
}

// last takes a price. Its time comes in milliseconds.
func (f *Follower) last(data []byte) error {
	var got struct {
		Time      float64 `json:"time"`
		LastPrice float64 `json:"lastPrice"`
	}
	if err := exactjson.Unmarshal(data, &got); err != nil {
		return errors.New("the last price is not an object")
	}
	if !(got.LastPrice > 0 && got.LastPrice < futures.MaxPrice) || !(got.Time > 0 && got.Time < 1e14) {
		return errors.New("the last price or its time makes no sense")
	}
	made := time.UnixMilli(int64(got.Time)).UTC()
	f.tell(func(q *Quote) {
		// A message that overtook another one tells nothing new.
		if made.Before(q.LastTime) {
			return
		}
		q.LastPrice, q.LastTime, q.LastAt = got.LastPrice, made, f.o.Now()
	})
	return nil
}

func (f *Follower) tell(change func(*Quote)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.quote)
	close(f.changed)
	f.changed = make(chan struct{})
}
