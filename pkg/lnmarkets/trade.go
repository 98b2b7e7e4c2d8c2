package lnmarkets

import (
	"errors"
	"fmt"
	"time"

	"github.com/axisor/axisor/pkg/lnmarkets/futures"
)

// Trade is an isolated trade. Amounts are satoshis, prices US dollars per
// bitcoin.
type Trade struct {
	ID string
	// ClientID is the caller's own mark, empty when none was given.
	ClientID string
	// Type is market or limit.
	Type string
	Side futures.Side
	// Quantity is the size in contracts of one US dollar.
	Quantity int64
	// Margin is the present collateral, fee reserve excluded.
	Margin int64
	// EntryMargin is the margin at creation; zero when not told.
	EntryMargin int64
	// MaintenanceMargin is what is left of the fee reserve.
	MaintenanceMargin int64
	// Leverage as the exchange states it.
	Leverage float64
	// Price is the reference entry price, the one all formulas use.
	Price float64
	// EntryPrice is the original fill price; zero when not told.
	EntryPrice float64
	// Liquidation is the liquidation price; zero when there is none.
	Liquidation float64
	// Stoploss and Takeprofit are zero when not set.
	Stoploss, Takeprofit float64
	// ExitPrice is zero until the trade is closed.
	ExitPrice float64
	// PL is profit or loss without fees.
	PL int64
	// OpeningFee and ClosingFee are zero until charged.
	OpeningFee, ClosingFee int64
	// SumFundingFees, SumCashInPL and SumCashInMargin are totals over the life
	// of the trade; they explain changes of Margin that nobody asked for.
	SumFundingFees, SumCashInPL, SumCashInMargin int64
	// CreatedAt, FilledAt and ClosedAt are zero when it has not happened.
	CreatedAt, FilledAt, ClosedAt time.Time
	// State flags as the exchange states them.
	Open, Running, Closed, Canceled bool
	// Unreadable is why nothing of the trade but its id, if that, is known; empty for
	// one that was read. Only RunningTrades returns such a trade.
	Unreadable string
}

// IsRunning reports whether the trade is a live position. Older answers set
// open beside running, so running alone decides, unless the trade has ended.
func (t Trade) IsRunning() bool { return t.Running && !t.Closed && !t.Canceled }

// HasLiquidation reports whether any price liquidates the trade.
func (t Trade) HasLiquidation() bool { return t.Liquidation > 0 }

// Position is what the formulas of package futures need of the trade.
func (t Trade) Position() futures.Position {
	return futures.Position{Side: t.Side, Quantity: t.Quantity, Price: t.Price, Margin: t.Margin}
}

// wireTrade is the JSON of a trade. Pointers mark fields that must be there.
type wireTrade struct {
	ID                string       `json:"id"`
	ClientID          string       `json:"clientId"`
	Type              string       `json:"type"`
	Side              futures.Side `json:"side"`
	Quantity          whole        `json:"quantity"`
	Margin            *whole       `json:"margin"`
	EntryMargin       whole        `json:"entryMargin"`
	MaintenanceMargin whole        `json:"maintenanceMargin"`
	Leverage          float64      `json:"leverage"`
	Price             float64      `json:"price"`
	EntryPrice        float64      `json:"entryPrice"`
	Liquidation       float64      `json:"liquidation"`
	Stoploss          float64      `json:"stoploss"`
	Takeprofit        float64      `json:"takeprofit"`
	ExitPrice         float64      `json:"exitPrice"`
	PL                whole        `json:"pl"`
	OpeningFee        whole        `json:"openingFee"`
	ClosingFee        whole        `json:"closingFee"`
	SumFundingFees    whole        `json:"sumFundingFees"`
	SumCashInPL       whole        `json:"sumCashInPl"`
	SumCashInMargin   whole        `json:"sumCashInMargin"`
	CreatedAt         moment       `json:"createdAt"`
	FilledAt          moment       `json:"filledAt"`
	ClosedAt          moment       `json:"closedAt"`
	Open              bool         `json:"open"`
	Running           *bool        `json:"running"`
	Closed            bool         `json:"closed"`
	Canceled          bool         `json:"canceled"`
}

// trade checks the fields that money depends on and converts the rest.
func (w wireTrade) trade() (Trade, error) {
	switch {
	case w.ID == "":
		return Trade{}, errors.New("trade without an id")
	case !w.Side.Valid():
		return Trade{}, fmt.Errorf("trade %q: side %q is unknown", w.ID, w.Side)
	case w.Quantity <= 0:
		return Trade{}, fmt.Errorf("trade %q: quantity %d is not positive", w.ID, w.Quantity)
	case w.Margin == nil || *w.Margin < 0:
		return Trade{}, fmt.Errorf("trade %q: margin is missing or negative", w.ID)
	case !(w.Price > 0) || w.Price >= futures.MaxPrice:
		return Trade{}, fmt.Errorf("trade %q: price %v is not a price", w.ID, w.Price)
	case w.Running == nil:
		return Trade{}, fmt.Errorf("trade %q: field running is missing", w.ID)
	}
	return Trade{
		ID: w.ID, ClientID: w.ClientID, Type: w.Type, Side: w.Side, Quantity: int64(w.Quantity),
		Margin: int64(*w.Margin), EntryMargin: int64(w.EntryMargin), MaintenanceMargin: int64(w.MaintenanceMargin),
		Leverage: w.Leverage, Price: w.Price, EntryPrice: w.EntryPrice, Liquidation: priceOrNone(w.Liquidation),
		Stoploss: w.Stoploss, Takeprofit: w.Takeprofit, ExitPrice: w.ExitPrice,
		PL: int64(w.PL), OpeningFee: int64(w.OpeningFee), ClosingFee: int64(w.ClosingFee),
		SumFundingFees: int64(w.SumFundingFees), SumCashInPL: int64(w.SumCashInPL), SumCashInMargin: int64(w.SumCashInMargin),
		CreatedAt: time.Time(w.CreatedAt), FilledAt: time.Time(w.FilledAt), ClosedAt: time.Time(w.ClosedAt),
		Open: w.Open, Running: *w.Running, Closed: w.Closed, Canceled: w.Canceled,
	}, nil
}

// priceOrNone turns the ways of saying "no liquidation" into zero: null, zero,
// a negative number, or a price no market will see.
func priceOrNone(price float64) float64 {
	if price <= 0 || price >= futures.MaxPrice {
		return 0
	}
	return price
}
