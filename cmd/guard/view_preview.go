package guard

import (
	"encoding/json"
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
	WayLeft          *way     `json:"way_left"`
}

// way is how much of the way from entry to liquidation is left, in percent and in every reading: a number to machines,
// to people a bar with the trigger on it.
type way struct{ left, trigger float64 }

// MarshalJSON writes what is left.
func (w way) MarshalJSON() ([]byte, error) { return json.Marshal(w.left) }

// bar is full at the entry price and empty at liquidation.
func (w way) bar(columns int) string {
	return chart.Gauge{Value: &w.left, Max: 100, Mark: &w.trigger}.Line(columns)
}

// wayOf is the way of a position that has an end of it.
func wayOf(v marginguard.Verdict) *way {
	whole := v.Entry - v.Liquidation
	if whole == 0 || v.Trigger <= 0 {
		return nil
	}
	left := func(price float64) float64 { return hundredth(100 * (price - v.Liquidation) / whole) }
	return &way{left: left(v.Price), trigger: left(v.Trigger)}
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
		d.Columns = slices.Insert(d.Columns, 7, output.Column{Field: "way_left", Header: "WAY LEFT", Format: func(v any) string { return v.(way).bar(8) }, Drop: 1})
	}
	return d
}

func positionViewOf(i marginguard.Item, who map[string]string, reading marginguard.Reading) positionView {
	v := positionView{
		User: name(who, i.UserID), UserID: i.UserID, AccountID: text(i.AccountID), TradeID: text(i.TradeID),
		Side: text(string(i.Side)), Reading: string(reading), Verdict: text(string(i.Decision)), AmountSats: i.Amount,
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
	v.WayLeft = wayOf(i.Verdict)
	// A position without a liquidation price has no distance to it.
	if i.Trigger > 0 {
		v.Distance, v.DistanceAfter = new(hundredth(i.Distance)), new(hundredth(i.DistanceAfter))
	}
	return v
}

// dollars and percent keep the digits of a column below each other.
func dollars(v any) string { return fmt.Sprintf("%.1f", v) }
func percent(v any) string { return fmt.Sprintf("%.2f", v) }

func tenth(x float64) float64     { return math.Round(x*10) / 10 }
func hundredth(x float64) float64 { return math.Round(x*100) / 100 }

func verdictRole(v any) int {
	switch marginguard.Decision(v.(string)) {
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
