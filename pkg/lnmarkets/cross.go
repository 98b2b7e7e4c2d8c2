package lnmarkets

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/axisor/axisor/pkg/lnmarkets/futures"
)

// CrossPosition is the one cross-margin position of an account. Amounts are
// satoshis, prices US dollars per bitcoin.
type CrossPosition struct {
	ID string
	// Quantity is signed, in US dollars: above zero long, below short, zero flat.
	Quantity int64
	// Leverage is a whole number; collateral does not change it.
	Leverage int64
	// Margin is the collateral held in the cross account.
	Margin            int64
	RunningMargin     int64
	MaintenanceMargin int64
	// EntryPrice and Liquidation are zero when flat.
	EntryPrice, Liquidation float64
	TotalPL                 int64
	FundingFees             int64
	TradingFees             int64
	UpdatedAt               time.Time
}

// Position is what the formulas of package futures need of the position.
func (p CrossPosition) Position() futures.CrossPosition {
	return futures.CrossPosition{Quantity: p.Quantity, EntryPrice: p.EntryPrice, Leverage: p.Leverage, Margin: p.Margin}
}

type wireCross struct {
	ID                string  `json:"id"`
	Quantity          *whole  `json:"quantity"`
	Leverage          whole   `json:"leverage"`
	Margin            *whole  `json:"margin"`
	RunningMargin     whole   `json:"runningMargin"`
	MaintenanceMargin whole   `json:"maintenanceMargin"`
	EntryPrice        float64 `json:"entryPrice"`
	Liquidation       float64 `json:"liquidation"`
	TotalPL           whole   `json:"totalPl"`
	FundingFees       whole   `json:"fundingFees"`
	TradingFees       whole   `json:"tradingFees"`
	UpdatedAt         moment  `json:"updatedAt"`
}

// CrossPosition reads the cross position, which exists even when it is flat. It
// needs the permission futures:cross:read.
func (c *Client) CrossPosition(ctx context.Context) (CrossPosition, error) {
	return c.cross(ctx, call{method: http.MethodGet, route: "/futures/cross/position", bucket: Private})
}

func (c *Client) cross(ctx context.Context, k call) (CrossPosition, error) {
	var p CrossPosition
	err := c.do(ctx, k, func(body []byte) error {
		var wire wireCross
		if err := unmarshal(body, &wire); err != nil {
			return err
		}
		if wire.Quantity == nil || wire.Margin == nil {
			return errors.New("field quantity or margin is missing")
		}
		p = CrossPosition{
			ID: wire.ID, Quantity: int64(*wire.Quantity), Leverage: int64(wire.Leverage), Margin: int64(*wire.Margin),
			RunningMargin: int64(wire.RunningMargin), MaintenanceMargin: int64(wire.MaintenanceMargin),
			EntryPrice: wire.EntryPrice, Liquidation: priceOrNone(wire.Liquidation), TotalPL: int64(wire.TotalPL),
			FundingFees: int64(wire.FundingFees), TradingFees: int64(wire.TradingFees), UpdatedAt: time.Time(wire.UpdatedAt),
		}
		return nil
	})
	return p, err
}
