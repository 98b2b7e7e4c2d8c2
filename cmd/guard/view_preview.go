package guard

import (
	"fmt"
	"math"
	"slices"

	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/pkg/chart"
	"github.com/axisor/axisor/pkg/marginguard"
)

// positionView is a position and the decision about it.
type positionView struct {
	User             string   `json:"user"`
	UserID           string   `json:"user_id"`
	AccountID        *string  `json:"account_id"`
	TradeID          *string  `json:"trade_id"`
	Side             *string  `json:"side"`
	Quantity         *int64   `json:"quantity"`
	EntryPrice       *float64 `json:"entry_price"`
	Price            *float64 `json:"price"`
	TriggerPrice     *float64 `json:"trigger_price"`
	TriggerPrices    triggers `json:"trigger_prices"`
	FiresAtEntry     bool     `json:"fires_at_entry"`
	Liquidation      *float64 `json:"liquidation"`
	Distance         *float64 `json:"distance"`
	WayLeft          *float64 `json:"way_left"` // percent of the way from entry to liquidation, in every reading
	Threshold        *float64 `json:"threshold"`
	Reading          string   `json:"reading"`
	Verdict          *string  `json:"verdict"`
	AmountSats       int64    `json:"amount_sats"`
	MarginBefore     *int64   `json:"margin_before"`
	MarginAfter      *int64   `json:"margin_after"`
	LeverageBefore   *float64 `json:"leverage_before"`
	LeverageAfter    *float64 `json:"leverage_after"`
	LiquidationAfter *float64 `json:"liquidation_after"`
	DistanceAfter    *float64 `json:"distance_after"`
	Reason           string   `json:"reason"`
}

// triggers is the trigger price under each reading, null where nothing liquidates the position.
type triggers struct {
	Remaining *float64 `json:"remaining"`
	Price     *float64 `json:"price"`
	Travelled *float64 `json:"travelled"`
}

func triggersOf(v marginguard.Verdict) triggers {
	under := func(r marginguard.Reading) *float64 {
		x, ok := v.TriggerUnder(r)
		if !ok {
			return nil
		}
		return new(tenth(x))
	}
	return triggers{under(marginguard.Remaining), under(marginguard.Price), under(marginguard.Travelled)}
}

// positionDesc has a bar of the way left only where it is seen: on a terminal.
func positionDesc(terminal bool) output.Desc {
	d := output.Desc{Noun: "guarded positions", ID: "trade_id", Columns: []output.Column{
		{Field: "user"},
		{Field: "trade_id", Header: "TRADE", Drop: 2},
		{Field: "side", Format: sideWord},
		{Field: "price", Format: dollars},
		{Field: "trigger_price", Header: "TRIGGER", Format: dollars},
		{Field: "liquidation", Drop: 3, Format: dollars},
		{Field: "distance", Header: "DISTANCE %", Format: percent},
		{Field: "verdict", Role: verdictRole},
		{Field: "amount_sats", Header: "ADD SATS"},
		{Field: "reason", Header: "WHY", Drop: 4},
	}}
	if terminal {
		d.Columns = slices.Insert(d.Columns, 7, output.Column{Field: "way_left", Header: "WAY LEFT", Format: wayBar, Drop: 1})
	}
	return d
}

// wayBar is full at the entry price and empty at liquidation.
func wayBar(v any) string {
	left, ok := v.(float64)
	if !ok {
		return ""
	}
	return chart.Gauge{Value: &left, Max: 100}.Line(8)
}

func positionViewOf(i marginguard.Item, who map[string]string, reading marginguard.Reading) positionView {
	v := positionView{
		User: name(who, i.UserID), UserID: i.UserID, AccountID: text(i.AccountID), TradeID: text(i.TradeID),
		Side: text(string(i.Side)), Reading: string(reading), Verdict: text(string(i.Word)), AmountSats: i.Amount,
		Reason: i.Reason,
	}
	if i.TradeID == "" {
		return v
	}
	v.TriggerPrices, v.FiresAtEntry = triggersOf(i.Verdict), i.FiresAtEntry(reading)
	v.MarginBefore, v.MarginAfter = new(i.MarginBefore), new(i.MarginAfter)
	v.EntryPrice, v.Price, v.TriggerPrice = price(i.Entry), price(i.Price), price(tenth(i.Trigger))
	v.Liquidation, v.LiquidationAfter = price(i.Liquidation), price(i.LiquidationAfter)
	v.LeverageBefore, v.LeverageAfter = price(hundredth(i.LeverageBefore)), price(hundredth(i.LeverageAfter))
	if i.Quantity > 0 {
		v.Quantity, v.Threshold = new(i.Quantity), new(i.Threshold)
	}
	// A position without a liquidation price has no distance to it.
	if i.Trigger > 0 {
		v.Distance, v.DistanceAfter = new(hundredth(i.Distance)), new(hundredth(i.DistanceAfter))
		v.WayLeft = wayLeft(i.Verdict, i.Price)
	}
	return v
}

// wayLeft is how much of the way from entry to liquidation is left at a price, in percent.
func wayLeft(v marginguard.Verdict, at float64) *float64 {
	if way := v.Entry - v.Liquidation; way != 0 {
		return new(hundredth(100 * (at - v.Liquidation) / way))
	}
	return nil
}

// dollars and percent keep the digits of a column below each other.
func dollars(v any) string { return fmt.Sprintf("%.1f", v) }
func percent(v any) string { return fmt.Sprintf("%.2f", v) }

func tenth(x float64) float64     { return math.Round(x*10) / 10 }
func hundredth(x float64) float64 { return math.Round(x*100) / 100 }

func verdictRole(v any) int {
	switch marginguard.Word(v.(string)) {
	case marginguard.Add:
		return int(streams.Warn)
	case marginguard.OK, marginguard.NotSelected, marginguard.NoLiquidation:
		return int(streams.Muted)
	default:
		return int(streams.Bad)
	}
}

func statusRole(v any) int {
	switch marginguard.Status(v.(string)) {
	case marginguard.StatusApplied, marginguard.StatusPlanned, marginguard.StatusOK:
		return int(streams.Good)
	case marginguard.StatusSkipped:
		return int(streams.Warn)
	default:
		return int(streams.Bad)
	}
}
