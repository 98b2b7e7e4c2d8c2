package lnsim

import (
	"slices"
	"time"

	"github.com/axisor/axisor/pkg/lnmarkets/futures"
)

// state is everything that survives a restart.
type state struct {
	LastPrice   float64             `json:"last_price"`
	Index       float64             `json:"index"`
	Spread      float64             `json:"spread"`
	Ladder      []Level             `json:"ladder,omitempty"`
	FundingRate float64             `json:"funding_rate"`
	SkewMs      int64               `json:"skew_ms"`
	Accounts    []*Account          `json:"accounts"`
	Keys        map[string]*Key     `json:"keys"`
	Trades      []*Trade            `json:"trades"`
	Settlements []Settlement        `json:"settlements,omitempty"`
	Candles     map[string][]Candle `json:"candles,omitempty"`
}

func newState() *state {
	return &state{FundingRate: 0.0001, Keys: map[string]*Key{}, Candles: map[string][]Candle{}}
}

// Level is one step of the price ladder; a nil price means there is none.
type Level struct {
	MinSize  int64    `json:"min_size"`
	MaxSize  int64    `json:"max_size"`
	BidPrice *float64 `json:"bid_price"`
	AskPrice *float64 `json:"ask_price"`
}

// Account is one user of the exchange. Amounts are satoshis.
type Account struct {
	ID          string       `json:"id"`
	Username    string       `json:"username"`
	Balance     int64        `json:"balance"`
	FeeTier     int          `json:"fee_tier"`
	Cross       Cross        `json:"cross"`
	Orders      []*Order     `json:"orders,omitempty"`
	Transfers   []Transfer   `json:"transfers,omitempty"`
	FundingFees []FundingFee `json:"funding_fees,omitempty"`
}

// copy is an account that later changes do not reach.
func (a *Account) copy() Account {
	out := *a
	out.Orders = nil
	for _, o := range a.Orders {
		same := *o
		out.Orders = append(out.Orders, &same)
	}
	out.Transfers = slices.Clone(a.Transfers)
	out.FundingFees = slices.Clone(a.FundingFees)
	return out
}

// rate is the account's trading fee.
func (a *Account) rate() float64 {
	rate, ok := futures.FeeRate(a.FeeTier)
	if !ok {
		rate, _ = futures.FeeRate(0)
	}
	return rate
}

// Key is one API key. The values are made up and guard nothing, which is why
// they are plain text here.
type Key struct {
	AccountID  string   `json:"account_id"`
	Key        string   `json:"key"`
	Secret     string   `json:"secret"`
	Passphrase string   `json:"passphrase"`
	Scopes     []string `json:"scopes"`
}

// Trade is an isolated trade. Amounts are satoshis, prices US dollars per
// bitcoin, quantity US dollars.
type Trade struct {
	ID                string       `json:"id"`
	AccountID         string       `json:"account_id"`
	ClientID          string       `json:"client_id,omitempty"`
	Type              string       `json:"type"`
	Side              futures.Side `json:"side"`
	Quantity          int64        `json:"quantity"`
	Margin            int64        `json:"margin"`
	Leverage          float64      `json:"leverage"`
	Price             float64      `json:"price"`
	Liquidation       float64      `json:"liquidation"`
	Stoploss          float64      `json:"stoploss"`
	TrailingDistance  float64      `json:"trailing_distance,omitempty"`
	Takeprofit        float64      `json:"takeprofit"`
	ExitPrice         float64      `json:"exit_price"`
	PL                int64        `json:"pl"`
	OpeningFee        int64        `json:"opening_fee"`
	ClosingFee        int64        `json:"closing_fee"`
	MaintenanceMargin int64        `json:"maintenance_margin"`
	EntryPrice        float64      `json:"entry_price"`
	EntryMargin       int64        `json:"entry_margin"`
	SumFundingFees    int64        `json:"sum_funding_fees"`
	SumCashInPL       int64        `json:"sum_cash_in_pl"`
	SumCashInMargin   int64        `json:"sum_cash_in_margin"`
	CreatedAt         time.Time    `json:"created_at"`
	FilledAt          *time.Time   `json:"filled_at"`
	ClosedAt          *time.Time   `json:"closed_at"`
	// Status is open, running, closed or canceled.
	Status string `json:"status"`
	// Liquidated says why a closed trade was closed.
	Liquidated bool `json:"liquidated,omitempty"`
}

// Values of Trade.Status.
const (
	StatusOpen     = "open"
	StatusRunning  = "running"
	StatusClosed   = "closed"
	StatusCanceled = "canceled"
)

// position is what the arithmetic needs.
func (t *Trade) position() futures.Position {
	return futures.Position{Side: t.Side, Quantity: t.Quantity, Price: t.Price, Margin: t.Margin}
}

// apply takes over a position and what follows from it. A liquidation of zero
// means none.
func (t *Trade) apply(p futures.Position) {
	t.Price, t.Margin = p.Price, p.Margin
	if p.Margin > 0 {
		t.Leverage = p.Leverage()
	}
	t.Liquidation = 0
	if liq, ok := p.Liquidation(); ok {
		t.Liquidation = liq
	}
}

// Cross is the cross-margin position of an account; flat when Quantity is zero.
type Cross struct {
	ID          string    `json:"id"`
	Quantity    int64     `json:"quantity"`
	Leverage    int64     `json:"leverage"`
	Margin      int64     `json:"margin"`
	EntryPrice  float64   `json:"entry_price"`
	TradingFees int64     `json:"trading_fees"`
	FundingFees int64     `json:"funding_fees"`
	UpdatedAt   time.Time `json:"updated_at"`
}

func (c Cross) position() futures.CrossPosition {
	return futures.CrossPosition{Quantity: c.Quantity, EntryPrice: c.EntryPrice, Leverage: c.Leverage, Margin: c.Margin}
}

// Order is a cross order.
type Order struct {
	ID         string       `json:"id"`
	Type       string       `json:"type"`
	Side       futures.Side `json:"side"`
	Quantity   int64        `json:"quantity"`
	Price      float64      `json:"price"`
	TradingFee int64        `json:"trading_fee"`
	CreatedAt  time.Time    `json:"created_at"`
	FilledAt   *time.Time   `json:"filled_at"`
	CanceledAt *time.Time   `json:"canceled_at"`
}

func (o *Order) open() bool { return o.FilledAt == nil && o.CanceledAt == nil }

// Transfer is a movement between balance and cross account; withdrawals are
// negative.
type Transfer struct {
	ID     string    `json:"id"`
	Amount int64     `json:"amount"`
	Time   time.Time `json:"time"`
}

// FundingFee is what one position paid (positive) or received at a settlement.
type FundingFee struct {
	SettlementID string    `json:"settlement_id"`
	TradeID      string    `json:"trade_id,omitempty"`
	Fee          int64     `json:"fee"`
	Time         time.Time `json:"time"`
}

// Settlement is one funding event.
type Settlement struct {
	ID          string    `json:"id"`
	Time        time.Time `json:"time"`
	FundingRate float64   `json:"funding_rate"`
	FixingPrice float64   `json:"fixing_price"`
}

// Candle is one bar of a price series.
type Candle struct {
	Time   time.Time `json:"time"`
	Open   float64   `json:"open"`
	High   float64   `json:"high"`
	Low    float64   `json:"low"`
	Close  float64   `json:"close"`
	Volume int64     `json:"volume"`
}

// Scopes lists every permission a key can have.
func Scopes() []string {
	return []string{
		"account:read", "account:deposits:read", "account:deposits:write", "account:withdrawals:read",
		"account:withdrawals:write", "account:notifications:read", "account:notifications:write",
		"futures:isolated:read", "futures:isolated:write", "futures:cross:read", "futures:cross:write",
		"synthetic-usd:read", "synthetic-usd:write",
	}
}
