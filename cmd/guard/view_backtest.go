package guard

import (
	"fmt"
	"time"

	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/pkg/marginguard"
)

// backtestView is what a configuration would have done. Four of its figures
// only count together.
type backtestView struct {
	Reading             string        `json:"reading"`
	Threshold           float64       `json:"threshold"`
	Add                 float64       `json:"add"`
	RestoreTo           *float64      `json:"restore_to"`
	Candles             int           `json:"candles"`
	From                output.Time   `json:"from"`
	To                  output.Time   `json:"to"`
	Positions           int           `json:"positions"`
	LiquidationsWithout int           `json:"liquidations_without"`
	Liquidations        int           `json:"liquidations"`
	Avoided             int           `json:"liquidations_avoided"`
	Adds                int           `json:"adds"`
	AddedSats           int64         `json:"added_sats"`
	LostAnyway          int64         `json:"extra_lost_sats"`
	Idle                int64         `json:"idle_sats"`
	SatDays             int64         `json:"sat_days"`
	Unserved            int           `json:"unserved_looks"`
	Outcomes            []outcomeView `json:"outcomes"`
}

// outcomeView is what became of one position.
type outcomeView struct {
	Side         string       `json:"side"`
	OpenedAt     output.Time  `json:"opened_at"`
	Entry        float64      `json:"entry_price"`
	MarginSats   int64        `json:"margin_sats"`
	Adds         int          `json:"adds"`
	AddedSats    int64        `json:"added_sats"`
	Additions    []addView    `json:"additions"`
	LiquidatedAt *output.Time `json:"liquidated_at"`
	WithoutAt    *output.Time `json:"liquidated_without_at"`
}

// addView is one addition.
type addView struct {
	At    output.Time `json:"at"`
	Price float64     `json:"price"`
	Sats  int64       `json:"sats"`
}

func backtestDesc() output.Desc {
	return output.Desc{Noun: "backtests", Columns: []output.Column{
		{Field: "reading"},
		{Field: "threshold", Header: "THRESHOLD %"},
		{Field: "positions", Drop: 1},
		{Field: "liquidations_without", Header: "LIQUIDATED UNGUARDED"},
		{Field: "liquidations", Header: "LIQUIDATED"},
		{Field: "liquidations_avoided", Header: "AVOIDED"},
		{Field: "adds", Drop: 2},
		{Field: "added_sats", Header: "ADDED SATS"},
		{Field: "extra_lost_sats", Header: "LOST ANYWAY"},
		{Field: "idle_sats", Header: "IDLE"},
	}}
}

func backtestViewOf(b marginguard.Backtest, r marginguard.Report, candles []marginguard.Candle) backtestView {
	v := backtestView{
		Reading: string(b.Reading), Threshold: b.Config.Threshold, Add: b.Config.AddPercent, Candles: len(candles),
		From: output.At(candles[0].At), To: output.At(candles[len(candles)-1].At), Positions: r.Positions,
		LiquidationsWithout: r.LiquidationsWithout, Liquidations: r.Liquidations, Avoided: r.Avoided, Adds: r.Adds,
		AddedSats: r.AddedSats, LostAnyway: r.LostAnyway, Idle: r.Idle, SatDays: int64(r.SatDays), Unserved: r.Short,
		Outcomes: []outcomeView{},
	}
	if b.Config.RestoreTo > 0 {
		v.RestoreTo = &b.Config.RestoreTo
	}
	for _, o := range r.Outcomes {
		x := outcomeView{
			Side: string(o.Opening.Side), OpenedAt: output.At(o.Opening.At), Entry: o.Entry, MarginSats: o.Margin,
			Adds: o.Adds, AddedSats: o.AddedSats, Additions: []addView{},
		}
		for _, a := range o.Additions {
			x.Additions = append(x.Additions, addView{At: output.At(a.At), Price: a.Price, Sats: a.Sats})
		}
		if !o.LiquidatedAt.IsZero() {
			x.LiquidatedAt = new(output.At(o.LiquidatedAt))
		}
		if !o.WithoutAt.IsZero() {
			x.WithoutAt = new(output.At(o.WithoutAt))
		}
		v.Outcomes = append(v.Outcomes, x)
	}
	return v
}

func describeBacktest(d *output.Doc, v backtestView) {
	d.Field("reading", v.Reading)
	d.Field("threshold %", v.Threshold)
	if v.RestoreTo != nil {
		d.Field("restores to %", *v.RestoreTo)
	} else {
		d.Field("adds %", v.Add)
	}
	d.Field("prices", fmt.Sprintf("%d, %s", v.Candles, period(time.Time(v.From), time.Time(v.To))))
	d.Field("positions", v.Positions)
	d.Section("result")
	d.Field("liquidated without the guard", v.LiquidationsWithout)
	d.Field("liquidated with it", v.Liquidations)
	d.Field("liquidations avoided", v.Avoided)
	d.Field("sats added", v.AddedSats)
	d.Field("extra sats lost in positions liquidated anyway", v.LostAnyway)
	d.Field("idle sats, added without need", v.Idle)
	d.Field("sats times days bound", v.SatDays)
	if v.LostAnyway > 0 {
		d.Line(streams.Warn, "warning: %d sats were added and lost; a guard that cannot add enough makes a liquidation dearer", v.LostAnyway)
	}
}
