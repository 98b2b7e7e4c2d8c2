package lnsim

import (
	"slices"
	"time"
)

func (s *Sim) ping(*call) (any, error) { return "pong", nil }

func (s *Sim) time(c *call) (any, error) { return map[string]string{"time": stamp(c.now)}, nil }

// wireTicker has one field too many on purpose: clients must ignore it.
type wireTicker struct {
	Index       float64     `json:"index"`
	LastPrice   float64     `json:"lastPrice"`
	FundingRate float64     `json:"fundingRate"`
	FundingTime string      `json:"fundingTime"`
	Prices      []wireLevel `json:"prices"`
	Simulated   bool        `json:"simulated"`
}

type wireLevel struct {
	MinSize  int64    `json:"minSize"`
	MaxSize  int64    `json:"maxSize"`
	BidPrice *float64 `json:"bidPrice"`
	AskPrice *float64 `json:"askPrice"`
}

func (s *Sim) ticker(c *call) (any, error) {
	w := wireTicker{
		Index: s.st.Index, LastPrice: s.st.LastPrice, FundingRate: s.st.FundingRate,
		FundingTime: stamp(nextFunding(c.now)), Prices: []wireLevel{}, Simulated: true,
	}
	for _, l := range s.ladder() {
		w.Prices = append(w.Prices, wireLevel(l))
	}
	return w, nil
}

// ladder is the ladder that was set, or one step around the last price.
// Callers hold mu.
func (s *Sim) ladder() []Level {
	if s.quirks.EmptyLadder {
		return nil
	}
	if s.st.Ladder != nil {
		return s.st.Ladder
	}
	bid, ask := s.st.LastPrice-s.st.Spread/2, s.st.LastPrice+s.st.Spread/2
	return []Level{{MinSize: 0, MaxSize: 500000, BidPrice: &bid, AskPrice: &ask}}
}

// nextFunding is the next of 00:00, 08:00 and 16:00 UTC.
func nextFunding(now time.Time) time.Time {
	const step = 8 * time.Hour
	return now.UTC().Truncate(step).Add(step)
}

func (s *Sim) candles(c *call) (any, error) {
	if c.query.Get("from") == "" {
		return nil, invalid("from is required")
	}
	resolution := c.query.Get("range")
	if resolution == "" {
		resolution = "1m"
	}
	known := []string{"1m", "3m", "5m", "10m", "15m", "30m", "45m", "1h", "2h", "3h", "4h", "1d", "1w", "1month", "3months"}
	if !slices.Contains(known, resolution) {
		return nil, invalid("range is not valid")
	}
	var entries []entry
	for _, k := range slices.Backward(s.st.Candles[resolution]) {
		entries = append(entries, entry{id: stamp(k.Time), time: k.Time, view: map[string]any{
			"time": stamp(k.Time), "open": k.Open, "high": k.High, "low": k.Low, "close": k.Close, "volume": k.Volume,
		}})
	}
	return paginate(c, entries)
}

func (s *Sim) settlements(c *call) (any, error) {
	var entries []entry
	for _, x := range slices.Backward(s.st.Settlements) {
		entries = append(entries, entry{id: x.ID, time: x.Time, view: map[string]any{
			"id": x.ID, "time": stamp(x.Time), "fundingRate": x.FundingRate, "fixingPrice": x.FixingPrice,
		}})
	}
	return paginate(c, entries)
}

// leaderboard is empty: nobody here competes.
func (s *Sim) leaderboard(*call) (any, error) {
	none := []any{}
	return map[string]any{"daily": none, "weekly": none, "monthly": none, "all-time": none}, nil
}

func (s *Sim) getAccount(c *call) (any, error) {
	a := c.account
	return map[string]any{
		"id": a.ID, "username": a.Username, "email": nil, "balance": a.Balance, "syntheticUsdBalance": 0,
		"feeTier": a.FeeTier, "linkingPublicKey": nil, "simulated": true,
	}, nil
}
