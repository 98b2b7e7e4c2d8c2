package lnsim

import (
	"time"

	"github.com/axisor/axisor/pkg/lnmarkets/futures"
)

// wireTrade is a trade as the exchange writes it. uid is in nobody's contract:
// clients must ignore what they do not know.
type wireTrade struct {
	ID                string       `json:"id"`
	UID               string       `json:"uid"`
	Type              string       `json:"type"`
	Side              futures.Side `json:"side"`
	Quantity          int64        `json:"quantity"`
	Margin            int64        `json:"margin"`
	Leverage          float64      `json:"leverage"`
	Price             float64      `json:"price"`
	Liquidation       *float64     `json:"liquidation"`
	Stoploss          float64      `json:"stoploss"`
	TrailingDistance  float64      `json:"stoplossTrailingDistance"`
	Takeprofit        float64      `json:"takeprofit"`
	ExitPrice         *float64     `json:"exitPrice"`
	PL                int64        `json:"pl"`
	OpeningFee        int64        `json:"openingFee"`
	ClosingFee        int64        `json:"closingFee"`
	MaintenanceMargin int64        `json:"maintenanceMargin"`
	EntryPrice        float64      `json:"entryPrice"`
	EntryMargin       int64        `json:"entryMargin"`
	SumFundingFees    int64        `json:"sumFundingFees"`
	SumCashInPL       int64        `json:"sumCashInPl"`
	SumCashInMargin   int64        `json:"sumCashInMargin"`
	CreatedAt         string       `json:"createdAt"`
	FilledAt          *string      `json:"filledAt"`
	ClosedAt          *string      `json:"closedAt"`
	Open              bool         `json:"open"`
	Running           bool         `json:"running"`
	Canceled          bool         `json:"canceled"`
	Closed            bool         `json:"closed"`
	ClientID          *string      `json:"clientId"`
}

// trade renders a trade at the present price. Callers hold mu.
func (s *Sim) trade(t *Trade) wireTrade {
	w := wireTrade{
		ID: t.ID, UID: t.AccountID, Type: t.Type, Side: t.Side, Quantity: t.Quantity, Margin: t.Margin,
		Leverage: t.Leverage, Price: t.Price, Liquidation: s.liquidation(t.Liquidation),
		Stoploss: t.Stoploss, TrailingDistance: t.TrailingDistance, Takeprofit: t.Takeprofit,
		PL: t.PL, OpeningFee: t.OpeningFee, ClosingFee: t.ClosingFee, MaintenanceMargin: t.MaintenanceMargin,
		EntryPrice: t.EntryPrice, EntryMargin: t.EntryMargin, SumFundingFees: t.SumFundingFees,
		SumCashInPL: t.SumCashInPL, SumCashInMargin: t.SumCashInMargin,
		CreatedAt: stamp(t.CreatedAt), FilledAt: stampOrNil(t.FilledAt), ClosedAt: stampOrNil(t.ClosedAt),
		Open: t.Status == StatusOpen, Running: t.Status == StatusRunning,
		Canceled: t.Status == StatusCanceled, Closed: t.Status == StatusClosed,
	}
	if t.Status == StatusRunning {
		w.PL = t.position().PLSats(s.st.LastPrice)
	}
	if t.ExitPrice > 0 || s.quirks.ZeroExitPrice {
		exit := t.ExitPrice
		w.ExitPrice = &exit
	}
	if t.ClientID != "" {
		id := t.ClientID
		w.ClientID = &id
	}
	return w
}

// liquidation renders "none" the way the quirks ask for.
func (s *Sim) liquidation(price float64) *float64 {
	if price == 0 {
		switch s.quirks.NoLiquidation {
		case "null":
			return nil
		case "zero":
			return new(float64)
		}
		price = futures.MaxPrice
	}
	return &price
}

func (s *Sim) tradesOf(list []*Trade) []wireTrade {
	out := make([]wireTrade, len(list))
	for i, t := range list {
		out[i] = s.trade(t)
	}
	return out
}

type wireCross struct {
	ID                string   `json:"id"`
	UID               string   `json:"uid"`
	Quantity          int64    `json:"quantity"`
	Leverage          int64    `json:"leverage"`
	Margin            int64    `json:"margin"`
	EntryPrice        *float64 `json:"entryPrice"`
	RunningMargin     int64    `json:"runningMargin"`
	InitialMargin     int64    `json:"initialMargin"`
	MaintenanceMargin int64    `json:"maintenanceMargin"`
	Liquidation       *float64 `json:"liquidation"`
	TotalPL           int64    `json:"totalPl"`
	DeltaPL           int64    `json:"deltaPl"`
	TradingFees       int64    `json:"tradingFees"`
	FundingFees       int64    `json:"fundingFees"`
	UpdatedAt         string   `json:"updatedAt"`
}

// cross renders a cross position at the present price. Callers hold mu.
func (s *Sim) cross(a *Account) wireCross {
	p := a.Cross.position()
	w := wireCross{
		ID: a.Cross.ID, UID: a.ID, Quantity: p.Quantity, Leverage: p.Leverage, Margin: p.Margin,
		RunningMargin: p.RunningMargin(), MaintenanceMargin: p.MaintenanceMargin(),
		TotalPL: p.PLSats(s.st.LastPrice), DeltaPL: p.PLSats(s.st.LastPrice),
		TradingFees: a.Cross.TradingFees, FundingFees: a.Cross.FundingFees, UpdatedAt: stamp(a.Cross.UpdatedAt),
	}
	if p.Quantity != 0 {
		entry := p.EntryPrice
		liq, _ := p.Liquidation()
		w.EntryPrice, w.Liquidation = &entry, s.liquidation(liq)
	}
	return w
}

type wireOrder struct {
	ID         string       `json:"id"`
	UID        string       `json:"uid"`
	Type       string       `json:"type"`
	Side       futures.Side `json:"side"`
	Quantity   int64        `json:"quantity"`
	Price      float64      `json:"price"`
	TradingFee int64        `json:"tradingFee"`
	CreatedAt  string       `json:"createdAt"`
	FilledAt   *string      `json:"filledAt"`
	CanceledAt *string      `json:"canceledAt"`
	Open       bool         `json:"open"`
	Filled     bool         `json:"filled"`
	Canceled   bool         `json:"canceled"`
}

func orderOf(a *Account, o *Order) wireOrder {
	return wireOrder{
		ID: o.ID, UID: a.ID, Type: o.Type, Side: o.Side, Quantity: o.Quantity, Price: o.Price, TradingFee: o.TradingFee,
		CreatedAt: stamp(o.CreatedAt), FilledAt: stampOrNil(o.FilledAt), CanceledAt: stampOrNil(o.CanceledAt),
		Open: o.open(), Filled: o.FilledAt != nil, Canceled: o.CanceledAt != nil,
	}
}

// stamp writes a time as the exchange does: UTC, milliseconds, Z.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func stampOrNil(t *time.Time) *string {
	if t == nil {
		return nil
	}
	s := stamp(*t)
	return &s
}
