package guard

import (
	"fmt"
	"strings"

	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/pkg/models"
)

// explainView is everything there is to know about one user's protection.
type explainView struct {
	User           string         `json:"user"`
	UserID         string         `json:"user_id"`
	Reading        string         `json:"reading"`
	Price          float64        `json:"price"`
	DisabledReason *string        `json:"disabled_reason"`
	Config         *configView    `json:"config"`
	Positions      []positionView `json:"positions"`
	OpenAdditions  []intentView   `json:"open_additions"`
	LastAdditions  []intentView   `json:"last_additions"`
	Ended          []endView      `json:"ended"`
	Warnings       []string       `json:"warnings"`
}

// endView is a guarded position that is not running any more.
type endView struct {
	TradeID     string       `json:"trade_id"`
	Side        *string      `json:"side"`
	How         string       `json:"how"`
	ExitPrice   *float64     `json:"exit_price"`
	Liquidation *float64     `json:"liquidation"`
	Margin      *int64       `json:"margin"`
	Profit      *int64       `json:"profit"`
	ClosedAt    *output.Time `json:"closed_at"`
	ToldAt      output.Time  `json:"told_at"`
	Reason      string       `json:"reason"`
}

func endDesc() output.Desc {
	return output.Desc{Noun: "positions", ID: "trade_id", Columns: []output.Column{
		{Field: "told_at", Header: "FOUND"},
		{Field: "trade_id", Header: "TRADE"},
		{Field: "side", Format: sideWord, Drop: 1},
		{Field: "how"},
		{Field: "profit", Header: "RESULT SATS"},
		{Field: "reason", Header: "WHY"},
	}}
}

func endViewOf(e models.GuardEvent) endView {
	return endView{
		TradeID: e.TradeID, Side: text(e.Side), How: strings.TrimPrefix(e.Code, "position_"), ExitPrice: e.Price, Liquidation: e.Liquidation,
		Margin: e.Margin, Profit: e.Profit, ClosedAt: output.AtPtr(e.ClosedAt), ToldAt: output.At(models.Deref(e.ToldAt)), Reason: e.Message,
	}
}

func explainDesc() output.Desc { return output.Desc{Noun: "explanations", ID: "user_id"} }

func describeExplain(d *output.Doc, v explainView, terminal bool) {
	d.Field("user", v.User)
	d.Field("price", v.Price)
	d.Field("reading", v.Reading)
	if v.Config != nil {
		d.Field("configuration", sentence(*v.Config, "is"))
	}
	if v.DisabledReason != nil {
		d.Field("switched off", *v.DisabledReason)
	}
	for _, x := range v.Positions {
		d.Section("position")
		if x.TradeID != nil {
			d.Field("trade", *x.TradeID)
			describePosition(d, x, terminal)
		}
		if x.Verdict != nil {
			d.Field("verdict", *x.Verdict)
		}
		d.Field("why", x.Reason)
	}
	describeRows(d, "additions without a known outcome", intentDesc(), v.OpenAdditions)
	describeRows(d, "last additions", intentDesc(), v.LastAdditions)
	describeRows(d, "positions that ended", endDesc(), v.Ended)
	for _, w := range v.Warnings {
		d.Line(streams.Warn, "warning: %s", w)
	}
}

// describeRows is a section with a table; without rows there is none.
func describeRows[T any](d *output.Doc, title string, desc output.Desc, list []T) {
	if len(list) == 0 {
		return
	}
	d.Section(title)
	output.TableOf(d, desc, list)
}

func describePosition(d *output.Doc, x positionView, terminal bool) {
	d.Field("side", sideWord(models.Deref(x.Side)))
	for _, f := range []struct {
		name string
		v    *float64
	}{
		{"entry", x.EntryPrice},
		{"liquidation", x.Liquidation},
		{"price", x.Price},
		{"trigger", x.TriggerPrice},
		{"trigger, remaining", x.TriggerPrices.Remaining},
		{"trigger, price", x.TriggerPrices.Price},
		{"trigger, travelled", x.TriggerPrices.Travelled},
		{"distance %", x.Distance},
		{"threshold %", x.Threshold},
		{"leverage", x.LeverageBefore},
	} {
		if f.v != nil {
			d.Field(f.name, *f.v)
		}
	}
	if w := x.WayLeft; w != nil {
		said := fmt.Sprintf("%.2f %%", w.left)
		if terminal {
			said = w.bar(20) + " " + said
		}
		d.Field("way left", said)
	}
	if x.MarginBefore != nil {
		d.Field("margin", *x.MarginBefore)
	}
	if x.AmountSats == 0 {
		return
	}
	d.Field("would add", x.AmountSats)
	d.Field("margin after", models.Deref(x.MarginAfter))
	d.Field("leverage after", models.Deref(x.LeverageAfter))
	d.Field("liquidation after", models.Deref(x.LiquidationAfter))
	d.Field("distance after %", models.Deref(x.DistanceAfter))
}
